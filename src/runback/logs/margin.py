"""What stands before each line of a log, and no platform's form says so: a time, a label, an indentation."""

from __future__ import annotations

import re

_FEWEST = 3  # lines: fewer may all be one line's continuation
_NEARLY_ALL = 0.9  # of the lines have it
_LABELS = 8  # different ones; more are a program's own words
_INDENT = re.compile(rb"[ \t]*")
_QUOTATION = re.compile(rb"^>(?: |$)", re.MULTILINE)
_TIMES = (
    # with a date: '2026-03-03 15:00:00,123 text', '[2026-03-03T15:00:00+00:00] text', '03/03/2026 …'
    re.compile(
        rb"^\[?(?:\d{4}[-/]\d\d[-/]\d\d|\d\d/\d\d/\d{4})[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?"
        rb"(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?:?(?:[ \t]|$)",
        re.MULTILINE,
    ),
    # AppVeyor, fastlane: '[00:01:02] text', '[15:00:00]: text'
    re.compile(rb"^\[\d\d:\d\d:\d\d\]:?(?: |$)", re.MULTILINE),
    # the journal and syslog: 'Mar 03 15:00:00 host web[123]: text'
    re.compile(
        rb"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]+ (?P<source>[\w./@-]+)(?:\[\d+\])?: ?", re.MULTILINE
    ),
)
# A program that stamps what it logs itself names a level too, and gulp what it does; their lines stay whole.
_LOGGER = re.compile(
    rb"(?:\W*\[[^\]\n]+\])*\W*(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b|.*'"
)
# Branches of a pipeline, programs that run beside each other: '[unit tests] text', '[0] text'
_LABEL = re.compile(rb"^\[(?P<source>\d+|[A-Za-z][\w -]*)\](?: |$)", re.MULTILINE)
_NO_LABEL = re.compile(
    rb"(?:trace|debug|info|notice|warn|warning|error|critical|fatal|fail|failed|ok|pass|passed|skip|skipped"
    rb"|junit\w*|javac|exec|echo|java|pipeline|command|section)$",
    re.IGNORECASE,
)


def margin(text: bytes) -> re.Pattern[bytes] | None:
    """What takes away what stands before every line of the text; None where nothing does."""
    lines = [line for line in text.split(b"\n") if line.strip()]
    if len(lines) < _FEWEST:
        return None
    if all(_QUOTATION.match(line) for line in lines):
        return _QUOTATION
    if (time := _time(lines)) is not None:
        return time
    if _labelled(lines):
        return _LABEL
    return _indent(lines)


def _time(lines: list[bytes]) -> re.Pattern[bytes] | None:
    for time in _TIMES:
        stamped = [line[found.end() :] for line in lines if (found := time.match(line))]
        logged = sum(1 for line in stamped if _LOGGER.match(line))
        if len(stamped) >= _NEARLY_ALL * len(lines) and 2 * logged < len(stamped):
            return time
    return None


def _labelled(lines: list[bytes]) -> bool:
    labels = [found["source"] for line in lines if (found := _LABEL.match(line))]
    different = set(labels)
    return (
        len(labels) >= _NEARLY_ALL * len(lines)
        and len(different) <= _LABELS
        and not any(_NO_LABEL.match(label) for label in different)
    )


def _indent(lines: list[bytes]) -> re.Pattern[bytes] | None:
    common = min(
        (_INDENT.match(line) or [b""])[0] for line in lines
    )  # of indents that agree it is the shortest
    if not common or not all(line.startswith(common) for line in lines):
        return None
    return re.compile(rb"^" + re.escape(common), re.MULTILINE)
