"""scan on what is large or broken, as a process: its memory stays flat and it ends in one plain line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = 120  # MB, the goal
SCAN = [sys.executable, "-m", "runback", "scan"]
# Runs scan in its own process and then says what it took at most (`ru_maxrss` would hold its parent's too).
MEASURED = """
import re, sys
from runback.cli import main
code = main(["scan", "-"])
with open("/proc/self/status") as status:
    print("PEAK", int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) // 1024)
sys.exit(code)
"""
LINE = b"[01234] collecting package 5 of 12: done in 0.25 s, nothing to say\n"
END = b"write x: No space left on device\nExited with code exit status 1\n"


def peak(pieces: Iterator[bytes]) -> tuple[int, str]:
    """The peak of memory in MB of a scan of these bytes from a pipe, and what it wrote."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak memory of one process is read from /proc")
    command = [sys.executable, "-c", MEASURED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for piece in pieces:
            process.stdin.write(piece)
        process.stdin.close()
        output = process.stdout.read().decode()
        assert process.wait() == 1
    return int(output.rsplit("PEAK", 1)[1]), output


def lines(megabytes: int) -> Iterator[bytes]:
    block = LINE * (1_000_000 // len(LINE) + 1)
    for _ in range(megabytes):
        yield block
    yield END


def endless_line(megabytes: int, piece: bytes) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield piece * (1_000_000 // len(piece))
    yield b"\n" + END


def instances(megabytes: int) -> Iterator[bytes]:
    carried = b"   2026-03-03T15:00:00.00+0000 [APP/PROC/WEB/%d] OUT " + LINE
    block = b"".join(carried % (n % 3) for n in range(9_000))
    for _ in range(megabytes):
        yield block
    yield b"   2026-03-03T15:00:00.00+0000 [APP/PROC/WEB/0] ERR write x: No space left on device\n"


@pytest.mark.parametrize(
    ("megabytes", "kind"),
    [
        (60, "lines"),
        (30, "endless line"),
        (10, "endless line with colours"),
        (20, "instances"),
        pytest.param(1000, "lines", marks=pytest.mark.long),
        pytest.param(1000, "endless line", marks=pytest.mark.long),
        pytest.param(300, "instances", marks=pytest.mark.long),
    ],
)
def test_memory_stays_flat(megabytes: int, kind: str) -> None:
    pieces = {
        "lines": lines(megabytes),
        "endless line": endless_line(megabytes, b"x" * 1000),
        "endless line with colours": endless_line(megabytes, b"\x1b[31mred\x1b[0m text\rover "),
        "instances": instances(megabytes),
    }[kind]
    memory, output = peak(pieces)
    assert memory <= MEMORY
    assert "No space left on device" in output or "disk" in output.lower()


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(LINE * 100 + END)
    with subprocess.Popen([*SCAN, str(log)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read().decode()
        process.wait()
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"write x: No sp\x00ace\nnul \x00 here\n" * 20 + END, 1),
        (("naïve\n" * 20).encode("latin-1") + "naïve ✓\n".encode() + END, 1),
        ((LINE * 3 + END).decode().encode("utf-16"), 1),
        (b"\xef\xbb\xbf" + LINE + END, 1),
        (LINE * 50, 0),
        (bytes(range(256)) * 100, 3),
        (b"", 3),
    ],
    ids=["nul bytes", "mixed encodings", "utf-16", "byte order mark", "healthy", "binary", "empty"],
)
def test_odd_inputs(data: bytes, code: int) -> None:
    done = subprocess.run([*SCAN, "-"], input=data, capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") <= 3
