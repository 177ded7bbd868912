"""Which finding explains which, and so what the causes are.

A explains B when A's page leads to B's (over any number of pages), both concern the same app, and A is not
later than B. Another app's fault explains only what comes over a connection: that an app which depends on it
cannot reach it, or answers with errors. Nobody's crash stops or crashes somebody else. A cause is a finding
that nothing explains and that reaches a symptom. A page that is called like a symptom leads to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address

from runback.model import Finding, Symptom, Where
from runback.rules.leading import Graph

SLACK = timedelta(seconds=30)  # between the clocks of two sources
OVER = timedelta(minutes=5)  # after its last failure a connection is good again
OVER_A_CONNECTION = ("connect", "serve")  # stages of what the fault of another app can bring about
IN_CI = ("commit", "ci", "build")
OF_A_JOB = ("step-failed", "run-missing")  # symptoms
# A traceback's last line stands at the margin; servers name the level at which they give up.
_ENDS_A_PROGRAM = re.compile(r"[\w.]+(?:Error|Exception|Refused|Timeout)\b|panic: |.*\[emerg\]|.*\bFATAL\b")
HALTED = frozenset({"job-not-run", "commit-not-deployed"})  # what a step that fails leaves undone
HOSTS = ("hostname", "host", "upstream")  # columns that name the host a finding speaks of
Edges = Mapping[str, frozenset[tuple[str, str | None]]]  # app → apps that it depends on, and by which host


class Chains:
    """The findings and symptoms of one diagnosis, and how they hang together."""

    def __init__(
        self, findings: Iterable[Finding], symptoms: Iterable[Symptom], graph: Graph, edges: Edges
    ) -> None:
        self.findings = tuple(sorted(findings, key=_order))
        self.symptoms = tuple(symptoms)
        self._graph = graph
        self._edges = edges

    @cached_property
    def after(self) -> tuple[tuple[int, ...], ...]:
        """For each finding the indexes of those that it explains directly."""
        everything = range(len(self.findings))
        return tuple(
            tuple(other for other in everything if self.explains(self.findings[one], self.findings[other]))
            for one in everything
        )

    @cached_property
    def explained(self) -> frozenset[int]:
        """The findings that another one explains."""
        return frozenset(other for following in self.after for other in following)

    @cached_property
    def reached(self) -> tuple[frozenset[int], ...]:
        """For each finding the indexes of all findings along its chains."""
        return tuple(self._reached_from(one) for one in range(len(self.findings)))

    def _reached_from(self, start: int) -> frozenset[int]:
        """Apps that need each other can go round in a circle: each finding is visited once."""
        found: set[int] = set()
        waiting = [start]
        while waiting:
            following = set(self.after[waiting.pop()]) - found
            found |= following
            waiting += following
        return frozenset(found - {start})

    @cached_property
    def ends(self) -> tuple[frozenset[int], ...]:
        """For each finding the indexes of the symptoms that it reaches, itself or along its chains."""
        direct = [
            frozenset(index for index, symptom in enumerate(self.symptoms) if self.ends_in(finding, symptom))
            for finding in self.findings
        ]
        return tuple(
            direct[one].union(*(direct[other] for other in self.reached[one]))
            for one in range(len(self.findings))
        )

    def depth(self, start: int) -> dict[int, int]:
        """How many steps each finding along the chains of `start` is away from it, on the longest way."""
        steps = {start: 0}
        waiting = [start]
        while waiting:
            one = waiting.pop()
            for other in self.after[one]:
                if other != start and steps.get(other, 0) < steps[one] + 1 < len(self.findings):
                    steps[other] = steps[one] + 1
                    waiting.append(other)
        del steps[start]
        return steps

    def explains(self, one: Finding, other: Finding) -> bool:
        if not self._leads(one, other.page) or self._fails_elsewhere(one):
            return False
        return (
            self._concerns(one, other)
            and _same_job(one.where, other.where)
            and not _later(one, other, lasting=other.count > 1)
            and not _over(one, other)
        )

    def ends_in(self, one: Finding, symptom: Symptom) -> bool:
        if symptom.name != one.page and symptom.name not in self._graph.get(one.page, frozenset()):
            return False
        if self._fails_elsewhere(one):
            return False
        return (
            self._ends(one, symptom)
            and _same_job(one.where, symptom.where)
            and not _later(one, symptom, lasting=symptom.until is not None and not _jobs(symptom.where))
            and not _over(one, symptom)
        )

    def _leads(self, one: Finding, page: str) -> bool:
        """Whether its page leads to the other.

        What makes a step fail keeps its job from deploying too; a connection without which a program does not
        start ends it. Pages cannot say so: an app that has ended is itself one that others cannot reach.
        """
        reached = self._graph.get(one.page, frozenset())
        if page == "crash-loop" and one.stage == "connect":
            return _ended_it(one)
        halted = page in HALTED and page != one.page and "step-failed" in reached
        return page in reached or (halted and bool(_jobs(one.where)))

    def _concerns(self, one: Finding, other: Finding) -> bool:
        if one.app is None:
            return True
        if other.app is None:
            # What an app says reaches the output of a job only by the command that failed for this app.
            return other.stage not in IN_CI or bool(_jobs(one.where))
        if other.stage == "connect" and _knows_no_host(one):
            return False
        if one.app == other.app:
            mine, theirs = host_of(one), host_of(other)
            if mine is None and one.stage != "connect" and _failed_to_connect(other):
                return False  # that an app does not run is why others cannot reach it, not whom it can reach
            return mine is None or theirs is None or _same_host(mine, theirs)
        if other.page in HALTED and _stopped_the_job(one):
            return True
        if other.stage == "connect" and _goes_out(one):
            return False
        return other.stage in OVER_A_CONNECTION and self._depends(other.app, one.app, host_of(other))

    def _ends(self, one: Finding, symptom: Symptom) -> bool:
        if one.app is None:
            return True
        if one.app == symptom.app:
            # Why a connection failed is neither what came of it nor who else answers at the app's address.
            after = self._graph.get("connection-refused", frozenset())
            beside = one.page in after or one.values.get("instead_of") is not None
            return symptom.host is None or not beside
        if symptom.app is None:
            return symptom.name not in OF_A_JOB or bool(_jobs(one.where))
        if symptom.name == "stale-commit":
            return _stopped_the_job(one)
        if symptom.name != "request-failed" or symptom.destination not in (None, one.app):
            return False
        if symptom.destination is not None and _goes_out(one):
            return False
        return self._depends(symptom.app, one.app, None)

    def _fails_elsewhere(self, one: Finding) -> bool:
        """Whether nothing fails on the way that it speaks of, while a log tells of another one: of its app,
        or of one that needs it.
        """
        to = one.values.get("destination")
        return one.values.get("failing") is False and any(
            symptom.destination not in (None, to)
            and symptom.app is not None
            and (symptom.app == one.app or self._depends(symptom.app, str(one.app), None))
            for symptom in self.symptoms
        )

    def _depends(self, app: str, on: str, host: str | None) -> bool:
        """Whether the app needs the other, by this host where both are known."""
        needs = self._edges.get(app, frozenset())
        return any(name == on and (host is None or by is None or by == host) for name, by in needs)


def _failed_to_connect(finding: Finding) -> bool:
    """Whether a log says so; what the platform says of routes and policies is no such line."""
    return finding.stage == "connect" and any(place.log is not None for place in finding.where[:1])


def _ended_it(finding: Finding) -> bool:
    """Whether the line is one with which programs end."""
    return bool(finding.where) and _ENDS_A_PROGRAM.match(finding.where[0].text) is not None


def _stopped_the_job(finding: Finding) -> bool:
    """Whether it made a deploy job stop: then every app that the job deploys may lack the new code."""
    return finding.values.get("job_green") is False


def _goes_out(finding: Finding) -> bool:
    """Whether it speaks of a way from its app: that this one is barred keeps nobody from reaching the app."""
    if finding.stage != "connect" or finding.app is None:
        return False
    return finding.values.get("source") == finding.app or _failed_to_connect(finding)


def _knows_no_host(finding: Finding) -> bool:
    """Whether it has a place for a host and none there: then it says nothing of connections."""
    held = [name for name in HOSTS if name in finding.values]
    return bool(held) and all(finding.values[name] is None for name in held)


def _same_host(one: str, other: str) -> bool:
    """Whether both names may be of one host: a bare name is completed by who asks for it."""
    short, long = sorted((one, other), key=len)
    return short == long or ("." not in short and long.startswith(f"{short}."))


def host_of(finding: Finding) -> str | None:
    """The host that the finding speaks of; a number is none, since nobody knows whose it is."""
    for name in HOSTS:
        host = finding.values.get(name)
        if isinstance(host, str) and host and not _is_number(host):
            return host
    return None


def _is_number(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _same_job(one: tuple[Where, ...], other: tuple[Where, ...]) -> bool:
    """What stands in the output of a job says nothing of what stands in the output of another."""
    first, second = _jobs(one), _jobs(other)
    return not first or not second or bool(first & second)


def _jobs(where: tuple[Where, ...]) -> set[str]:
    """The jobs whose output is the proof, from ids such as 'step:118/105.0'."""
    return {place.log.split("/")[0] for place in where if place.log and place.log.startswith("step:")}


def _later(one: Finding, other: Finding | Symptom, *, lasting: bool) -> bool:
    """Whether the finding is certainly later: by lines within one log, else by time where both are known.

    What goes on for a while (`lasting`: line after line) can be explained by what came before its end.
    """
    if one.where and other.where and not lasting:
        mine, theirs = one.where[0], other.where[0]
        if mine.log is not None and mine.log == theirs.log and mine.line and theirs.line:
            return mine.line > theirs.line
    end = other.until or other.at
    return one.at is not None and end is not None and one.at > end + SLACK


def _over(one: Finding, other: Finding | Symptom) -> bool:
    """Whether it failed for a while, and requests went on failing long after it was good again.

    That is for lines of logs to tell. What the platform says of routes and policies holds until now.
    """
    if not any(place.log is not None for place in one.where[:1]):
        return False
    # What is said once may hold for long; a connection is tried again.
    once_is_enough = one.stage != "connect"
    last = one.until if once_is_enough else one.until or one.at
    end = other.until or other.at
    if once_is_enough and not _is_request(other):
        return False
    return last is not None and end is not None and last + OVER < end


def _is_request(other: Finding | Symptom) -> bool:
    if isinstance(other, Symptom):
        return other.name == "request-failed"
    return other.stage in OVER_A_CONNECTION


def _order(finding: Finding) -> tuple[str, str, str, int, float]:
    """An order that hangs on what the findings say only, so that the same evidence gives the same report."""
    place = finding.where[0] if finding.where else None
    return (
        finding.page,
        finding.app or "",
        finding.title,
        (place.line or 0) if place else 0,
        finding.at.timestamp() if finding.at else 0.0,
    )
