"""Inputs of any make become plain text, or a plain refusal."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
from io import BytesIO

import pytest
import zstandard

from runback.errors import InputError
from runback.logs.chunks import chunks
from runback.logs.clean import cleaner
from runback.logs.sources import plain

TEXT = b"first\nsecond\n"


def read(data: bytes) -> bytes:
    return plain(BytesIO(data), "x.log").read()


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        gzip.compress(TEXT),
        bz2.compress(TEXT),
        gzip.compress(bz2.compress(TEXT)),
        lzma.compress(TEXT),
        zstandard.compress(TEXT),
        zstandard.compress(TEXT[:6]) + zstandard.compress(TEXT[6:]),
        TEXT.decode().encode("utf-16"),
        TEXT.decode().encode("utf-16-le"),
        TEXT.decode().encode("utf-16-be"),
        json.dumps(
            [{"message": "first\nsec", "time": "x", "type": "out"}, {"message": "ond\n", "type": "err"}]
        ).encode(),
    ],
    ids=[
        "plain",
        "gz",
        "bz2",
        "bz2 in gz",
        "xz",
        "zst",
        "two frames of zst",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "CircleCI",
    ],
)
def test_the_same_text_from_every_wrapping(data: bytes) -> None:
    assert read(data) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_long_log_of_two_bytes_a_character_is_read_whole(encoding: str) -> None:
    text = "✓ build → dist\n" * 200_000
    assert read(text.encode(encoding)) == text.encode()


def test_envelopes_of_log_cache_read_like_cf_logs() -> None:
    def envelope(nanoseconds: int, text: str) -> dict[str, object]:
        payload = base64.b64encode(text.encode()).decode()
        return {
            "timestamp": str(nanoseconds),
            "instance_id": "0",
            "tags": {"source_type": "APP/PROC/WEB"},
            "log": {"payload": payload, "type": "ERR"},
        }

    batch = [envelope(1_772_550_001_500_000_000, "second"), envelope(1_772_550_000_000_000_000, "first")]
    assert read(json.dumps({"envelopes": {"batch": batch}}).encode()) == (
        b"   2026-03-03T15:00:00.00+0000 [APP/PROC/WEB/0] ERR first\n"
        b"   2026-03-03T15:00:01.50+0000 [APP/PROC/WEB/0] ERR second\n"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x.log is empty"),
        (bytes(range(256)) * 20, "x.log is not text"),
        (b"\x7fELF\x02\x01\x01" + bytes(4000), "x.log is not text"),
        (gzip.compress(TEXT * 1000)[:-20], "x.log is damaged"),
        (lzma.compress(TEXT * 1000)[:-20], "x.log is damaged"),
        (b"\xfd7zXZ\0" + b"nonsense" * 20, "x.log is damaged"),
        (b"PK\x03\x04" + bytes(range(128)) * 20, "x.log is a zip archive"),
        (gzip.compress(b""), "x.log is empty"),
        (gzip.compress(TEXT * 1000)[:30] + b"\xff" * 30, "x.log is damaged"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 20, "x.log is damaged"),
        (zstandard.compress(TEXT * 1000)[:-5], "x.log is damaged: it breaks off"),
    ],
    # gzip writes the time of day into its bytes: as names they would differ between two workers.
    ids=[
        "empty",
        "every byte",
        "a program",
        "gz cut off",
        "xz cut off",
        "xz of nonsense",
        "zip",
        "gz of nothing",
        "gz overwritten",
        "zst of nonsense",
        "zst cut off",
    ],
)
def test_what_is_no_log_is_refused_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read(data)
    assert "\n" not in str(refused.value)
    assert refused.value.advice


def test_a_log_that_was_rotated_while_it_was_written_begins_with_nul_bytes() -> None:
    assert read(b"\x00" * 50_000 + TEXT).lstrip(b"\x00") == TEXT


@pytest.mark.parametrize(
    "data",
    [
        b"a line of a log with a \x00 nul in it\n" * 10,
        "naïve\n".encode("latin-1") + "naïve\n".encode(),
        b'[{"message": cut off',
    ],
)
def test_odd_text_stays_as_it_is(data: bytes) -> None:
    assert read(data) == data


@pytest.mark.parametrize(
    "prefix",
    [
        "   2026-03-03T15:00:00.00+0000 [APP/PROC/WEB/0] OUT ",
        "2026-03-03T15:00:00.1234567Z ",
        "09:38:02.638: [APP/PROC/WEB.0] ",
        "test\tRun tests\t2026-03-03T15:00:00.1234567Z ",
        "backend-1  | ",
        "2026-03-03T15:00:00.1234567Z backend_1 | ",
        "[2026-03-03T15:00:00.123Z] ",
        "[2026-03-03T15:00:00Z] ",
        "15:00:00  ",
        "3:00:00 PM: ",
        "[15:00:00.123] ",
        "2026-03-03T15:00:00.123456Z 00O ",
        "2026-03-03 15:00:00.123456 | ",
        "2026-03-03 15:00:00.123456 | ubuntu-jammy | ",
        "[task 2026-03-03T15:00:00.123Z] ",
        "[15:00:00]W:\t [Step 1/2] ",
        "build\t03-Mar-2026 15:00:00\t",
        'Step #2 - "test": ',
        "15:00:00 ",
        "[pod/web-5d9f/web] ",
        "remote:        ",
        "    ",
        "\t",
        "> ",
        "2026-03-03 15:00:00,123 ",
        "[2026-03-03 15:00:00] ",
        "03/03/2026 15:00:00 ",
        "[00:01:02] ",
        "Mar 03 15:00:00 ip-10-0-1-4 web[1234]: ",
        "[unit tests] ",
        "[0] ",
        "null_resource.build (local-exec): ",
    ],
)
def test_what_carries_a_line_is_taken_away(prefix: str) -> None:
    text = "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'A'\n"
    carried = "".join(prefix + line for line in text.splitlines(keepends=True))
    assert b"".join(chunk.data for chunk in chunks(BytesIO(carried.encode()), cleaner)) == text.encode()


@pytest.mark.parametrize("mark", ["\ufeff", "∩╗┐", "´╗┐"])
def test_each_line_of_a_log_that_githubs_cli_brought_is_freed_of_its_job_and_step(mark: str) -> None:
    carrier, time = "build (20.x)\tRun tests\t", "2026-03-03T15:00:00.1234567Z "
    text = "##[group]Run go test\n" + "ok  \texample.org/a\t0.3s\n" * 9 + "expected:\n  2\nFAIL\n"
    first, *further = text.splitlines(keepends=True)
    timed = [line if line == "  2\n" else time + line for line in further]
    carried = "".join(carrier + line for line in (mark + time + first, *timed)).encode()
    assert b"".join(chunk.data for chunk in chunks(BytesIO(carried), cleaner)) == text.encode()


@pytest.mark.parametrize(
    "text",
    [
        "> portal@1.0.0 build\n> next build\n\n  Linting\nFailed to compile.\n",
        "remote: HTTP Basic: Access denied\nremote: You must use a token.\nfatal: Authentication failed\n",
        "    at one (a.js:1:2)\nError: no flux\n    at two (b.js:1:2)\n",
        "".join(f"2026-03-03 15:00:0{at},123 ERROR Worker failed to boot.\n" for at in range(5)),
        "".join(f"[error] a.scala:{at}: not found\n" for at in range(5)),
        "".join(f"[FAILED] a test {at}\n" for at in range(5)),
    ],
)
def test_what_some_lines_begin_with_is_no_margin(text: str) -> None:
    assert b"".join(chunk.data for chunk in chunks(BytesIO(text.encode()), cleaner)) == text.encode()


def test_a_build_that_codeql_watches_is_read_like_any() -> None:
    stamp = "[2026-03-03 15:00:00] [build-stdout] [2026-03-03 15:00:00] [autobuild] "
    text = f"Created database\n{stamp}[ERROR] COMPILATION ERROR :\n{stamp}\n"
    cleaned = b"".join(chunk.data for chunk in chunks(BytesIO(text.encode()), cleaner))
    assert cleaned == b"Created database\n[ERROR] COMPILATION ERROR :\n\n"


def test_the_times_of_programs_whose_pages_know_them_stay() -> None:
    text = b"".join(
        b"[2026-03-03 15:00:0%d +0000] [7] [ERROR] Worker failed to boot.\n" % at for at in range(9)
    ) + b"".join(b"[15:00:0%d] Starting 'build'...\n" % at for at in range(9))
    for part in (text[: len(text) // 2], text):
        assert b"".join(chunk.data for chunk in chunks(BytesIO(part), cleaner)) == part


def test_times_that_the_program_itself_prints_stay() -> None:
    text = b"plain\nplain\n2026-03-03T15:00:00.1234567Z once\nplain\n"
    assert b"".join(chunk.data for chunk in chunks(BytesIO(text), cleaner)) == text


@pytest.mark.parametrize("escape", ["", "^[", "←"])
def test_colours_whose_escape_was_lost_are_taken_away(escape: str) -> None:
    text = f"{escape}[1m{escape}[31mFAIL{escape}[39m{escape}[22m a[5] rate(x[5m])\n"
    assert (
        b"".join(chunk.data for chunk in chunks(BytesIO(text.encode()), cleaner))
        == b"FAIL a[5] rate(x[5m])\n"
    )


def test_what_github_marks_of_a_linter_stands_as_the_linter_said_it() -> None:
    text = "##[error]  71:9  error  'x' is never used\n##[error]a.ts(6,2): error TS1: no\n##[error]No flux\n"
    read = b"".join(chunk.data for chunk in chunks(BytesIO(text.encode()), cleaner)).decode()
    assert read == "  71:9  error  'x' is never used\na.ts(6,2): error TS1: no\n##[error]No flux\n"


def test_pnpm_of_a_workspace_names_the_project_before_each_line() -> None:
    text = "packages/web lint:   102:9  error  'x' is never used\napps/api test:unit: ok\nsee a/b test: no\n"
    read = b"".join(chunk.data for chunk in chunks(BytesIO(text.encode()), cleaner)).decode()
    assert read == "  102:9  error  'x' is never used\nok\nsee a/b test: no\n"


def test_spaces_of_other_widths_are_spaces() -> None:
    text = "\u2009ERR_PNPM_NO_LOCKFILE\u2009 Cannot\u00a0install\n1\u202f000\n"
    read = b"".join(chunk.data for chunk in chunks(BytesIO(text.encode()), cleaner)).decode()
    assert read == " ERR_PNPM_NO_LOCKFILE  Cannot install\n1 000\n"
