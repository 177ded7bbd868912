"""Candidates from Hyperscan: one automaton for all patterns, compiled once and kept in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import hyperscan

from runback.rules import cache
from runback.rules.candidates import Candidate, PatternRefused


class HyperscanEngine:
    """`keep`: the compiled database stays in the cache. Raises `PatternRefused`."""

    def __init__(self, patterns: Sequence[str], *, keep: bool = False) -> None:
        expressions = [pattern.encode() for pattern in patterns]
        self._database = _kept(expressions) if keep else _compile(expressions)

    def candidates(self, data: bytes) -> list[Candidate]:
        found: list[Candidate] = []
        # Every end of a match is reported, for `a.*` each following byte. One candidate a line is enough.
        reported: dict[int, tuple[int, int]] = {}  # by pattern: the line that the newest ended in

        def report(pattern: int, start: int, end: int, flags: int, context: object) -> None:
            first, last = reported.get(pattern, (0, -1))
            # An end behind the newline may be told before the one in the line that it crosses from.
            if not first <= end <= last:
                found.append(Candidate(end, pattern))
                newline = data.find(b"\n", end)
                reported[pattern] = (data.rfind(b"\n", 0, end) + 1, newline if newline >= 0 else len(data))

        self._database.scan(data, match_event_handler=report)
        return found


def _kept(expressions: list[bytes]) -> hyperscan.Database:
    version = hyperscan.__version__.encode()  # type: ignore[attr-defined]  # not in its stubs
    name = "hyperscan-" + cache.key(version, _processor(), *expressions)
    kept = cache.read(name)
    if kept is not None:
        try:
            database = hyperscan.loadb(kept, mode=hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except hyperscan.HyperscanError:
            pass  # of another processor or library: compile again
        else:
            return database
    database = _compile(expressions)
    cache.write(name, hyperscan.dumpb(database))
    return database


def _processor() -> bytes:
    """What the database depends on: one compiled for newer instructions is refused by an older processor."""
    try:
        with Path("/proc/cpuinfo").open("rb") as file:
            return next((line for line in file if line.startswith(b"flags")), b"")
    except OSError:
        import platform

        return platform.processor().encode()


def _compile(expressions: list[bytes]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=expressions, ids=list(range(len(expressions))), flags=hyperscan.HS_FLAG_MULTILINE
        )
    except hyperscan.error:
        _name_refused(expressions)
        raise
    return database


def _name_refused(expressions: list[bytes]) -> None:
    """Raises `PatternRefused` for the first pattern that does not compile alone."""
    for index, expression in enumerate(expressions):
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        try:
            database.compile(expressions=[expression], ids=[0], flags=hyperscan.HS_FLAG_MULTILINE)
        except hyperscan.error as error:
            raise PatternRefused(index, str(error)) from error
