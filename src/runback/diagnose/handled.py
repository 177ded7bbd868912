"""Exceptions that a program took note of and went on: they explain nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from runback.logs.sift import lines_between
from runback.model import Finding, Gap, Log, Table
from runback.rules import Runbook

PARSER = "python_traceback"
NEAR = 500  # lines that a traceback may have
LONG = timedelta(hours=1)  # whoever goes on for so long after an exception does not end for it
_TRACEBACK = b"Traceback (most recent call last):"
_JOINT = (b"During handling of the above exception", b"The above exception was the direct cause")
_WARNING = re.compile(rb"\b(?:WARNING|WARN|NOTICE|INFO|DEBUG|TRACE)\b")
_ERROR = re.compile(rb"\b(?:ERROR|CRITICAL|FATAL|SEVERE|EXCEPTION)\b")


def apart(
    findings: Iterable[Finding], logs: Iterable[Log], runbook: Runbook
) -> tuple[list[Finding], list[Finding]]:
    """The findings that count, and the tracebacks that the program itself logged as a warning or less."""
    known = {log.id: log for log in logs}
    tracebacks = _tracebacks(runbook)
    counted: list[Finding] = []
    passing: list[Finding] = []
    for finding in findings:
        handled = finding.page in tracebacks and is_handled(finding, known)
        (passing if handled else counted).append(finding)
    return counted, passing


def survived(
    findings: Iterable[Finding], crashes: Table | Gap, requests: Table | Gap, runbook: Runbook
) -> tuple[list[Finding], list[Finding]]:
    """The findings that count, and the tracebacks that an app logs again and again since long before it first
    crashed: it crashed for something else. Where requests of it fail they may still be why.
    """
    tracebacks = _tracebacks(runbook)
    rows = () if isinstance(crashes, Gap) else crashes.rows
    first = {row.app: min(one.at for one in rows if one.app == row.app and one.at) for row in rows if row.at}
    answers = ("response", "exception")
    failing = {
        row.app
        for row in (() if isinstance(requests, Gap) else requests.rows)
        if row.cells["kind"] in answers and row.cells["recovered"] is False
    }
    counted: list[Finding] = []
    passing: list[Finding] = []
    for one in findings:
        crashed = first.get(one.app) if one.app not in failing else None
        old = crashed is not None and one.count > 1 and one.at is not None and one.at + LONG < crashed
        (passing if old and one.page in tracebacks else counted).append(one)
    return counted, passing


def _tracebacks(runbook: Runbook) -> set[str]:
    """The pages that read tracebacks."""
    return {page.id for page in runbook.pages if any(one.parser == PARSER for one in page.signatures)}


def is_handled(finding: Finding, logs: Mapping[str, Log]) -> bool:
    """Whether its traceback stands under a log line of a level below error.

    What ends a process or a request is never logged so: the interpreter prints it with no line above, and
    web frameworks log it as an error.
    """
    place = finding.where[0] if finding.where else None
    log = logs.get(place.log) if place is not None and place.log is not None else None
    if log is None or place is None or place.line is None:
        return False
    heading = _heading(lines_between(log.text, place.line - NEAR + 1, place.line))
    return heading is not None and bool(_WARNING.search(heading)) and not _ERROR.search(heading)


def _heading(lines: list[bytes]) -> bytes | None:
    """The line above the traceback that ends in the last of the lines; of several in one, above the first."""
    index = len(lines) - 1
    while index >= 0:
        if lines[index].startswith(_TRACEBACK):
            before = next((one for one in reversed(lines[:index]) if one.strip()), None)
            if before is None or not before.startswith(_JOINT):
                return before
        elif index < len(lines) - 1 and _is_outside(lines[index]):
            return None
        index -= 1
    return None


def _is_outside(line: bytes) -> bool:
    """Whether the line belongs to no traceback: a log line with a time or a level at its start."""
    return bool(re.match(rb"\[?\d{4}-\d\d-\d\d[T ]", line))
