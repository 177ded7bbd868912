"""The lines with which tools say how it ended: what a log without any known cause is judged by.

Some end a run for certain; some take back what stands before them; complaints only count near the end of a
log, for many a passing run prints an error on its way.
"""

from __future__ import annotations

from functools import cache

import msgspec

from runback.logs.chunks import Chunk
from runback.rules.engine import Matcher

_NEAR_END = 60  # lines from the end in which a complaint alone counts as a failure
_FAILED = (
    r"^Exited with code exit status [1-9]",
    r"^CircleCI received exit code [1-9]",
    r"^Too long with no output \(exceeded",
    r"##\[error\]",
    r"^The command .+ exited with [1-9]\d*\.",
    r"^Done\. Your build exited with [1-9]",
    r"^FAILED$",
    r"^FAILED \((?:failures|errors|skipped)",
    r"^=+ .*\b[1-9]\d* (?:failed|errors?)\b.* =+$",
    r"^Tests: .*\b[1-9]\d* failed",
    r"^npm (?:ERR!|error) ",
    r"^error Command failed with exit code [1-9]",
    r"^(?:\[ERROR\] )?BUILD FAILURE",
    r"^BUILD FAILED",
    r"^FAILURE: Build failed with an exception",
    r"^make(?:\[\d+\])?: \*\*\* .*(?:Error|Fehler) \d",
    r"^[1-9]\d* examples?, [1-9]\d* failures?",
    r"^(?:FAIL|panic:|fatal error:|fatal:)(?:\s|$)",
    r"^--- FAIL: ",
    r"\bExited with status [1-9]\d*",
    r"^Received \"killed\" signal",
    r"^Killed$",
)
_PASSED = (
    r"^CircleCI received exit code 0",
    r"^Done\. Your build exited with 0",
    r"^The command .+ exited with 0\.",
)
_COMPLAINTS = (
    r"^(?:\S+: )?(?:[Ee]rror|ERROR|FATAL|Fatal|CRITICAL)\b",
    r"\b(?:ERROR|FATAL|CRITICAL)\b|\[(?:error|crit|alert|emerg)\]",
    r"^[\w.]+(?:Error|Exception)(?::|$)",
    r"[Ee]xit(?:ed)? (?:with )?(?:code|status):? [1-9]",
    r"command not found$",
    r": No such file or directory$",
    r"[Pp]ermission denied",
    r"\bfailed\b",
)


class Verdict(msgspec.Struct, frozen=True):
    """A line that says that it failed; `line` counts from 1."""

    line: int
    text: str


@cache
def _endings() -> Matcher:
    return Matcher((*_FAILED, *_PASSED), keep=True)


@cache
def _complaints() -> Matcher:
    return Matcher(_COMPLAINTS, keep=True)


class Ending:
    """One log under way, and how it ended so far."""

    def __init__(self) -> None:
        self._failed: Verdict | None = None
        self._passed = 0  # the line
        self._complaint: Verdict | None = None

    def feed(self, chunk: Chunk) -> None:
        """Reads on."""
        for hit in _endings().hits_in(chunk):
            if hit.pattern < len(_FAILED):
                self._failed = _verdict(hit.line, hit.text)
            else:
                self._passed = hit.line
        if not chunk.after:  # the last chunk of the log
            self._complain(chunk)

    def _complain(self, chunk: Chunk) -> None:
        lines = chunk.data.rstrip(b"\n").split(b"\n")[-_NEAR_END:]
        first = chunk.first_line + chunk.data.rstrip(b"\n").count(b"\n") + 1 - len(lines)
        for hit in _complaints().hits_in(Chunk(data=b"\n".join(lines), first_line=first)):
            self._complaint = _verdict(hit.line, hit.text)

    def verdict(self) -> Verdict | None:
        """The failure's last line, or None where nothing says that it failed."""
        if self._failed is not None:
            return self._failed if self._passed < self._failed.line else None
        return None if self._passed else self._complaint


def _verdict(line: int, text: bytes) -> Verdict:
    return Verdict(line, text[:500].decode("utf-8", "replace"))
