"""JUnit and TestNG under Maven (Surefire, Failsafe) and Gradle: the first test that failed, and its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.logs.parsers.sides import sides
from runback.model import Scalar

# apache/maven-surefire, maven-surefire-common, WrappedReportEntry and ConsoleReporter; gradle/gradle,
# testing-base, TestExceptionFormatter and AbstractTestLogger
_NAME = (
    re.compile(
        r"(?:\[ERROR\] +)?(?P<test>\S+?)\((?P<class>[\w.$]+)\)\s+Time elapsed: .*<<< (?:FAILURE|ERROR)!"
    ),
    re.compile(r"(?:\[ERROR\] +)?(?P<test>\S.*?)\s+(?:-- )?Time elapsed: .*<<< (?:FAILURE|ERROR)!"),
    re.compile(r"(?P<class>[\w.$]+) > (?P<test>.+) FAILED$"),
    re.compile(r"(?P<test>[\w$]+(?:\.[\w$]+){2,}) FAILED$"),
)
_FRAME = re.compile(r"\s+at (?P<method>[\w.$<>]+)\((?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<number>\d+)\)")
_GRADLE_PLACE = re.compile(r" at (?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<number>\d+)$")
_LIBRARY = re.compile(
    r"\s+at (?:org\.(?:junit|testng|hamcrest|assertj|mockito|opentest4j)|junit\.|java\.|jdk\.|sun\.)"
)
_TOTAL = re.compile(
    r"(?:\[(?:ERROR|WARNING)\] +)?Tests run: (?P<total>\d+), Failures: (?P<failures>\d+), "
    r"Errors: (?P<errors>\d+), Skipped: \d+\s*$"
)
_COMPLETED = re.compile(r"(?P<total>\d+) tests? completed, (?P<failures>\d+) failed")


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    heading = next((match for name in _NAME if (match := name.match(lines[window.at]))), None)
    error = window.next(window.at)
    if heading is None or error is None or lines[window.at].lstrip("[ERO] ").startswith("Tests run:"):
        return
    parts = heading.groupdict()
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values["test"] = f"{parts['class']}.{parts['test']}" if parts.get("class") else parts["test"]
    values |= {"error": lines[error].strip(), **sides([lines[error]])}
    if place := _GRADLE_PLACE.search(lines[error]):
        values |= {"file": place["file"], "number": int(place["number"])}
    last = _rest(window, error, values)
    if not _is_ignored(window, last):
        yield Parsed(error, values, first=window.at, last=last)


def _rest(window: Window, error: int, values: dict[str, Scalar]) -> int:
    """Fills in the place and the counts; the last line of all failures of this run."""
    last = error
    for at in range(error, len(window.lines)):
        line = window.lines[at]
        frame = _FRAME.match(line) if values["number"] is None and not _LIBRARY.match(line) else None
        if frame is not None:
            values |= {"file": frame["file"], "number": int(frame["number"])}
        if at - last <= 1 and line.startswith((" ", "\t")):
            last = at
        if total := _TOTAL.match(line) or _COMPLETED.match(line):
            counts = total.groupdict()
            values["failed"] = int(counts["failures"]) + int(counts.get("errors") or 0)
            values["total"] = int(counts["total"])
            return at
    return last


def _is_ignored(window: Window, last: int) -> bool:
    """Whether Gradle only warns of the failures whose sum is on this line (`ignoreFailures`), and went on."""
    following = window.next(last) if _COMPLETED.match(window.lines[last]) else None
    return following is not None and window.lines[following].startswith("There were failing tests.")


PARSER = Parser(columns=COLUMNS, parse=_parse)
