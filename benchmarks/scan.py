"""How fast the shipped signatures pass over a large log, and that every hit is one of `re`.

    python benchmarks/scan.py [--size 200] [--rounds 3] [--check-mb 5]

Prints one line for each engine: MB for a second of processor time, and the ratio to plain Hyperscan on the
same text. ripgrep (`apt-get install ripgrep`) gets a part of the log, for with so many patterns it is slow.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from runback.diagnose.scan import scan_files
from runback.facts import SCHEMAS
from runback.logs.chunks import chunks
from runback.rules import Runbook, load
from runback.rules.engine import Matcher
from runback.rules.hyperscan_engine import HyperscanEngine
from runback.rules.patterns import shortened
from runback.rules.re2_engine import Re2Engine

PLAIN, WHOLE = "plain hyperscan, count only", "runback scan: all of it"
WORDS = (
    "collecting",
    "installing",
    "building",
    "wheel",
    "package",
    "module",
    "step",
    "cache",
    "ok",
    "done",
    "in",
)


def make_log(path: Path, size: int, failures: list[bytes]) -> None:
    """A log of plausible lines, one in two thousand of which is a line of the pages' own examples."""

    def ordinary(number: int) -> bytes:
        words = " ".join(WORDS[number * factor % len(WORDS)] for factor in range(1, 4 + number % 13))
        return f"[{number:05d}] {words} {number * 2654435761 % 1000003 / 1000003:.6f}\n".encode()

    block: list[bytes] = [
        failures[number // 2000 % len(failures)] + b"\n" if number % 2000 == 1999 else ordinary(number)
        for number in range(50_000)
    ]
    text = b"".join(block)
    with path.open("wb") as file:
        for _ in range(size // len(text) + 1):
            file.write(text)


def processor() -> float:
    """Seconds of processor time of this process and of programs that it ran: neighbours do not disturb it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(work: Callable[[], int], clock: Callable[[], float] = processor) -> tuple[float, int]:
    began = clock()
    found = work()
    return clock() - began, found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", "--size", dest="mb", type=int, default=200, help="size of the log, MB")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the best counts")
    parser.add_argument("--check-mb", type=int, default=1)
    parser.add_argument("--ripgrep-mb", type=int, default=10)
    arguments = parser.parse_args()
    runbook = load(SCHEMAS)
    signatures = [signature.pattern for page in runbook.pages for signature in page.signatures]
    examples = [
        line.encode() for page in runbook.pages for one in page.examples for line in one.log.splitlines()
    ]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "large.log"
        make_log(log, arguments.mb << 20, [line for line in examples if line])
        size = log.stat().st_size / 1e6
        print(f"{len(signatures)} signatures, {size:.0f} MB")
        _check(log, signatures, arguments.check_mb)
        engine = HyperscanEngine([shortened(one) for one in signatures])
        works: dict[str, Callable[[], int]] = {PLAIN: lambda: _plain_hyperscan(log, engine)}
        for name, kind in (("hyperscan", HyperscanEngine), ("re2", Re2Engine)):
            matcher = Matcher(signatures, kind([shortened(one) for one in signatures]))
            works[f"matcher on {name}"] = partial(_hits, log, matcher)
        works[WHOLE] = lambda: _scan(log, runbook)
        best = _best(works, arguments.rounds)
        for name, (seconds, found) in best.items():
            ratio = f", {best[PLAIN][0] / seconds:.2f} × plain" if name != PLAIN else ""
            print(f"{name:<42} {size / seconds:7.0f} MB/s{ratio}, {found} hits")
        _ripgrep(log, signatures, arguments.ripgrep_mb, size / best[WHOLE][0])
    _start()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


def _best(works: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, tuple[float, int]]:
    """Each work's fewest seconds, and what it found. In turn, for a shared machine is slow at times."""
    taken = [{name: timed(work) for name, work in works.items()} for _ in range(rounds)]
    return {name: min(one[name] for one in taken) for name in works}


def _hits(log: Path, matcher: Matcher) -> int:
    with log.open("rb") as stream:
        return sum(1 for _ in matcher.hits(stream))


def _scan(log: Path, runbook: Runbook) -> int:
    """What the command does, reports apart; each cause is counted with its repeats."""
    found = scan_files([str(log)], runbook)
    findings = [cause.finding for cause in found.causes] + [*found.consequences, *found.notices]
    return sum(finding.count for finding in findings)


def _start() -> None:
    """The command from a cold start on a log of 100 kB; the first run fills the cache."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.log"
        make_log(small, 1, [b"KeyError: 'X'"])
        small.write_bytes(small.read_bytes()[:100_000] + b"\nExited with code exit status 1\n")
        command = [sys.executable, "-m", "runback", "scan", str(small)]
        runs = [
            timed(lambda: subprocess.run(command, capture_output=True).returncode, time.perf_counter)[0]
            for _ in range(6)
        ]
    print(f"{'runback scan of 100 kB, process and all':<42} {min(runs[1:]) * 1000:7.0f} ms")


def _plain_hyperscan(log: Path, engine: HyperscanEngine) -> int:
    with log.open("rb") as stream:
        return sum(len(engine.candidates(chunk.data)) for chunk in chunks(stream, lambda _: bytes))


def _check(log: Path, signatures: list[str], megabytes: int) -> None:
    """Hit for hit against `re`, line by line, on the first megabytes."""
    compiled = [re.compile(one.encode()) for one in signatures]
    with log.open("rb") as stream:
        text = stream.read(megabytes << 20)
    began = time.perf_counter()
    truth = [
        (number, index)
        for number, line in enumerate(text.split(b"\n"), 1)
        for index, pattern in enumerate(compiled)
        if pattern.search(line)
    ]
    print(f"{'re, line by line':<42} {megabytes / (time.perf_counter() - began):7.1f} MB/s")
    import io

    for kind in (HyperscanEngine, Re2Engine):
        matcher = Matcher(signatures, kind([shortened(one) for one in signatures]))
        assert [(hit.line, hit.pattern) for hit in matcher.hits(io.BytesIO(text))] == truth
    print(f"{'':<42} hit for hit equal on {megabytes} MB: {len(truth)} hits")


def _ripgrep(log: Path, signatures: list[str], megabytes: int, ours: float) -> None:
    """ripgrep with all patterns, which says how many lines match, but not which pattern."""
    program = shutil.which("rg")
    if program is None:
        print("ripgrep is not installed: not compared (Debian: apt-get install ripgrep)")
        return
    patterns, part = log.with_suffix(".patterns"), log.with_suffix(".part")
    patterns.write_text("\n".join(map(_for_ripgrep, signatures)))
    with log.open("rb") as whole:
        part.write_bytes(whole.read(megabytes << 20))
    command = [program, "--no-config", "-c", "-f", str(patterns), str(part)]
    seconds, lines = timed(lambda: int(subprocess.run(command, capture_output=True, check=True).stdout))
    speed = part.stat().st_size / 1e6 / seconds
    version = subprocess.run(
        [program, "--version"], capture_output=True, check=True, text=True
    ).stdout.split()[1]
    name = f"ripgrep {version} -f -c, {megabytes} MB"
    print(f"{name:<42} {speed:7.1f} MB/s, {lines} lines; scan is {ours / speed:.0f} × as fast")


def _for_ripgrep(pattern: str) -> str:
    """The pattern as Rust's engine wants it: names only once, no escapes without need."""
    return re.sub(r"\\([^\w\s.+*?()|\[\]{}^$\\])", r"\1", re.sub(r"\(\?P<\w+>", "(?:", pattern))


if __name__ == "__main__":
    main()
