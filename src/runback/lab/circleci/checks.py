"""Which recording a check prints: decided by what the commit holds, as the real tool's output was.

`checks.yml` of a world names for each tool the steps that run it, what it prints over clean code, and what
over which change. The recordings themselves come from really running the tools (`runback.lab.recordings`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import yaml

from runback.lab import recordings
from runback.lab.circleci.state import TestResult
from runback.lab.project import Commit, File, read_tree

CHATTER = "DEBUG urllib3.connectionpool:connectionpool.py:544 GET /v1/reports/?page={number} HTTP/1.1 200 0\n"
FAILED_TEST = re.compile(r"^FAILED (?P<file>[^:\s]+)::(?P<name>\S+) - (?P<message>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Played:
    text: str
    green: str  # what the tool prints over clean code
    exit_code: int
    seconds: float
    tests: list[TestResult] = field(default_factory=list)
    memory_mb: int = 0  # that the command needs


@dataclass(frozen=True)
class _Finding:
    change: dict[str, File]  # the tree holds these very files, or …
    outside: str  # … this is so, outside of project and platform
    recording: str
    exit_code: int
    seconds: float  # where it takes another time than the check's
    chatter: int  # lines that the tests of another day would not have printed, after what counts
    passing: str  # of a flaky one: what every second run over the same commit prints, which is green


@dataclass(frozen=True)
class _Check:
    step: re.Pattern[str]
    recording: str
    seconds: float
    memory_mb: int
    findings: tuple[_Finding, ...]


class Checks:
    """The checks of one world, from `folder/checks.yml` and `folder/commits`."""

    def __init__(self, folder: Path) -> None:
        loaded = yaml.load((folder / "checks.yml").read_text(encoding="utf-8"), LOADER)  # noqa: S506 - safe in C
        self._checks = tuple(self._check(folder, one) for one in loaded)
        self._plays: dict[tuple[str, str], int] = {}  # of flaky findings, by check and commit
        self.outside: set[str] = set()  # what is wrong elsewhere: a lock that another job holds …

    def play(self, command: str, commit: Commit) -> Played | None:
        """What the command prints over the commit; None where it is no recorded check."""
        check = self._find(command)
        if check is None:
            return None
        finding = next((one for one in check.findings if self._applies(one, commit)), None)
        if finding is None:
            return _clean(check, check.recording)
        if finding.passing and self._passes_now(check, commit):
            return _clean(check, finding.passing)
        return _found(check, finding)

    def past(self) -> Checks:
        """The checks as they were before anything went wrong elsewhere."""
        then = copy(self)
        then.outside, then._plays = set(), {}
        return then

    def failing(self, command: str) -> Played | None:
        """What the command printed over the first change that it finds fault with, if there is one."""
        check = self._find(command)
        changes = [one for one in check.findings if one.change] if check is not None else []
        return _found(check, changes[0]) if check is not None and changes else None

    def _applies(self, finding: _Finding, commit: Commit) -> bool:
        if finding.outside in self.outside:
            return True
        files = commit.files
        return bool(finding.change) and all(
            _same(files.get(path), one) for path, one in finding.change.items()
        )

    def _passes_now(self, check: _Check, commit: Commit) -> bool:
        """Of the runs over a commit the first fails, the second passes, and so on."""
        key = (check.step.pattern, commit.sha)
        self._plays[key] = self._plays.get(key, 0) + 1
        return self._plays[key] % 2 == 0

    def _find(self, command: str) -> _Check | None:
        return next((check for check in self._checks if check.step.search(command)), None)

    def _check(self, folder: Path, one: dict[str, object]) -> _Check:
        findings = one.get("findings") or []
        assert isinstance(findings, list)  # noqa: S101 - a file of the package, held by a test
        return _Check(
            re.compile(str(one["step"])),
            str(one.get("recording", "")),
            float(str(one.get("seconds", 5))),
            int(str(one.get("memory_mb", 0))),
            tuple(
                _Finding(
                    read_tree(folder / "commits" / str(finding["commit"])) if "commit" in finding else {},
                    str(finding.get("outside", "")),
                    str(finding["recording"]),
                    int(finding["exit_code"]),
                    float(finding.get("seconds", 0)),
                    int(finding.get("chatter", 0)),
                    str(finding.get("passing", "")),
                )
                for finding in findings
            ),
        )


# The C loader of PyYAML is ten times as fast; both are safe.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _clean(check: _Check, recording: str) -> Played:
    text = recordings.read(recording) if recording else ""
    tests = _tests(recording, text) if recording else []
    return Played(text, text, 0, check.seconds, tests, check.memory_mb)


def _found(check: _Check, finding: _Finding) -> Played:
    text = recordings.read(finding.recording)
    text += "".join(CHATTER.format(number=number) for number in range(finding.chatter))
    tests = _tests(finding.recording, text)
    seconds = finding.seconds or check.seconds
    return Played(text, _green(check), finding.exit_code, seconds, tests, check.memory_mb)


def _green(check: _Check) -> str:
    return recordings.read(check.recording) if check.recording else ""


def _same(one: File | None, other: File) -> bool:
    return one is not None and one.content == other.content


def _tests(recording: str, text: str) -> list[TestResult]:
    """The test results that the run left as JUnit XML, or the failed tests that a summary of pytest names."""
    report = recordings.report(recording)
    if report is not None:
        return list(_reported(report))
    return [
        TestResult(
            name=found["name"],
            classname=found["file"].removesuffix(".py").replace("/", "."),
            file=found["file"],
            result="failure",
            message=found["message"],
            run_time=0.02,
        )
        for found in FAILED_TEST.finditer(text)
    ]


def _reported(report: str) -> Iterator[TestResult]:
    for case in ElementTree.fromstring(report).iter("testcase"):  # noqa: S314 - a file of the package
        bad = next((one for one in case if one.tag in ("failure", "error", "skipped")), None)
        yield TestResult(
            name=case.get("name", ""),
            classname=case.get("classname", ""),
            file=case.get("file"),
            result="success" if bad is None else bad.tag,
            message="" if bad is None else bad.get("message", ""),
            run_time=float(case.get("time", "0")),
        )
