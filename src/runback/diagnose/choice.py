"""Which of the things that pages saw in one log are causes: what failed counts, earlier explains later, and a
fallback speaks only where nothing better does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from runback.logs.novelty import TELLING
from runback.model import Cause, Confidence, Finding, Log, LogText, Symptom, Where
from runback.rules import Runbook
from runback.rules.around import Verdict
from runback.rules.parts import Part
from runback.rules.runbook import finding_of
from runback.rules.signatures import Sighting

CONFIDENCE: tuple[Confidence, ...] = ("high", "medium", "low")
_AT_RUN_TIME = ("start", "run", "connect", "serve")
_TRIED_AGAIN = re.compile(
    r"(?i)\battempt \d+(?:/\d+| of \d+)? failed|\bretrying\b|\bwill (?:be )?retr(?:y|ied)|\btrying again\b"
)
_BELOW_ERROR = ("DEBUG", "INFO", "WARN", "WARNING")  # levels with which a program notes what it handles
_ATTEMPTS = 5  # a failure that is seen so often is more than a slow start
_PLACES = 5  # of one finding that are named; its count covers all


class Seen(msgspec.Struct, frozen=True):
    """What one pass over one log brought."""

    name: str
    sightings: tuple[Sighting, ...]
    failed: Verdict | None = None  # the last line that says that it failed
    cut: Verdict | None = None  # the log's end, where it stands in the middle of a command
    passed: bool = False  # a platform says that all went well
    parts: tuple[Part, ...] = ()  # what is known of single commands
    runs: tuple[Part, ...] = ()  # what single tools, test runners above all, say of themselves
    well: int | None = None  # of what may be an excerpt: the last line that says that all went well
    familiar: frozenset[int] | None = None  # lines of sightings that successful runs print too, where known


class Choice(msgspec.Struct, frozen=True):
    causes: tuple[Cause, ...] = ()
    consequences: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()


def symptom(seen: Seen) -> Symptom | None:
    """That it failed, in the log's own words: its last verdict, and the most telling line above that; or
    that it ends where nothing tells how it went on."""
    last = seen.failed or seen.cut
    if last is None:
        return None
    places = [(last.line, last.text), *_telling(last)]
    where = tuple(Where(kind="log", source=seen.name, text=text, line=line) for line, text in places)
    return Symptom(name="failure", title=last.text.strip(), where=where)


def _telling(failed: Verdict) -> list[tuple[int, str]]:
    """The last line above a verdict that speaks of a failure; else the last that speaks at all."""
    said = [(line, text) for line, text in failed.before if text.strip()]
    telling = [(line, text) for line, text in said if TELLING.search(text.encode())]
    return (telling or said)[-1:]


def choose(seen: Seen, runbook: Runbook) -> Choice:
    """The causes of one log, unranked; what is none is a consequence or a notice."""
    log = Log(id=seen.name, kind="input", name=seen.name, text=LogText(b""))
    serious: list[Sighting] = []
    notices: list[Sighting] = []
    for sighting in _outside_blocks([_where_it_failed(one, seen) for one in seen.sightings], runbook):
        (serious if _counts(sighting, seen) else notices).append(sighting)
    specific = [sighting for sighting in serious if sighting.page.tier == "specific"]
    if lasting := [sighting for sighting in specific if not _passed(sighting.line, seen)]:
        specific, notices = lasting, notices + [one for one in specific if one not in lasting]
    survived = _survived(specific, seen)
    specific, notices = [one for one in specific if one not in survived], notices + survived
    chosen = specific or [sighting for sighting in serious if not _is_verdict(sighting, seen)]
    if seen.failed is None and not any(_speaks_alone(sighting, seen) for sighting in chosen):
        notices, chosen, serious = notices + chosen, [], []
    causes, doubtful = _chains(chosen, seen, runbook, log)
    rest = [sighting for sighting in serious if sighting not in chosen] if causes else []
    return Choice(
        causes=tuple(causes),
        consequences=(
            *(finding for cause in causes for finding in cause.chain),
            *(finding_of(sighting, log) for sighting in rest),
        ),
        notices=tuple(finding_of(sighting, log) for sighting in [*notices, *doubtful]),
    )


def _survived(sightings: Sequence[Sighting], seen: Seen) -> list[Sighting]:
    """The exceptions that a program only logged, before another one ended it, or a later tool failed."""
    ended = [
        one for one in sightings if one.values.get("logged", "") is None or one.page.stage not in _AT_RUN_TIME
    ]
    return [
        one
        for one in sightings
        if one.values.get("logged")
        and any(
            later.line > one.latest
            and (later.page.id == one.page.id or "logged" not in later.values)
            and later.stream == one.stream
            and command_of(later.line, seen) == command_of(one.line, seen)
            for later in ended
        )
    ]


def _speaks_alone(sighting: Sighting, seen: Seen) -> bool:
    """Whether it is believed of a log that has no verdict: a sure page, or an excerpt that ends with it;
    not what a tool says that went well at last."""
    if _passed(sighting.line, seen) or sighting.values.get("logged") in _BELOW_ERROR:
        return False
    if sighting.page.confidence == "high":
        return True
    return sighting.page.confidence == "medium" and seen.well is not None and sighting.latest > seen.well


def _counts(sighting: Sighting, seen: Seen) -> bool:
    """Whether it can be a cause: an error of a command that failed, which successful runs do not print."""
    if sighting.page.severity != "error" or seen.passed:
        return False
    if seen.familiar is not None and sighting.line in seen.familiar:
        return False
    if sighting.page.stage in _AT_RUN_TIME and _is_noise(sighting, seen):
        return False
    return _of_failed_command(sighting.line, seen)


def _where_it_failed(sighting: Sighting, seen: Seen) -> Sighting:
    """The sighting, at the first of its places that failed: an attempt or a part that went well at last may
    have said it before."""
    place = next((place for place in sighting.places() if _failed_at(place.line, seen)), None)
    if place is None:
        return sighting
    return msgspec.structs.replace(
        sighting, line=place.line, first=place.first, last=place.last, text=place.text
    )


def _failed_at(line: int, seen: Seen) -> bool:
    """Whether this line may be of what failed: of a command that did, and of no tool's run that went well."""
    return not _passed(line, seen) and _of_failed_command(line, seen)


def _of_failed_command(line: int, seen: Seen) -> bool:
    """Whether a command that failed printed this line, or one of which nothing is known where none failed."""
    part = _part(line, seen.parts)
    if part is not None:
        return part.outcome == "failed"
    return not any(part.outcome == "failed" for part in seen.parts)


def _is_noise(sighting: Sighting, seen: Seen) -> bool:
    """Whether what a program says at run time was meant by a passing test, or is one of several attempts."""
    if _passed(sighting.line, seen):
        return True
    return sighting.count < _ATTEMPTS and _TRIED_AGAIN.search(sighting.text) is not None


def _part(line: int, parts: Sequence[Part]) -> Part | None:
    return next((part for part in parts if part.first <= line <= part.last), None)


def _passed(line: int, seen: Seen) -> bool:
    """Whether a tool that went well printed this line, or said so after it within the same command."""
    run = _part(line, seen.runs)
    if run is None or run.outcome != "passed":
        return False
    return command_of(line, seen) == command_of(run.last, seen)


def command_of(line: int, seen: Seen) -> int:
    """The first line of the command that printed this line; 0 where the log tells no commands apart."""
    part = _part(line, seen.parts)
    return part.first if part is not None else 0


def _is_verdict(sighting: Sighting, seen: Seen) -> bool:
    """Whether a fallback only repeats that it failed: that is the symptom, and says nothing of its cause."""
    return any(part.last == sighting.line for part in seen.parts if part.outcome == "failed")


def _outside_blocks(sightings: Sequence[Sighting], runbook: Runbook) -> Iterator[Sighting]:
    """Without what another page's block merely quotes: a test's captured output is not a second fault."""
    blocks = [sighting for sighting in sightings if sighting.last > sighting.first]
    for sighting in sightings:
        quoted = any(
            block.first <= sighting.line <= block.last
            and block.page.id != sighting.page.id
            and block.stream == sighting.stream
            and block.last - block.first > sighting.last - sighting.first
            and not runbook.leads(sighting.page.id, block.page.id)
            for block in blocks
        )
        if not quoted:
            yield sighting


def _chains(
    chosen: list[Sighting], seen: Seen, runbook: Runbook, log: Log
) -> tuple[list[Cause], list[Sighting]]:
    """The causes with what they led to; and roots that are less sure than the best, and explain nothing."""
    explained_by = {id(later): _explaining(later, chosen, runbook) for later in chosen}
    roots = [sighting for sighting in chosen if explained_by[id(sighting)] is None]
    best: dict[int, int] = {}  # by the command that failed: each fails for itself
    for root in roots:
        command, sure = command_of(root.line, seen), CONFIDENCE.index(root.page.confidence)
        best[command] = min(best.get(command, sure), sure)
    failure = symptom(seen)
    symptoms = (failure,) if failure is not None else ()
    causes: list[Cause] = []
    doubtful: list[Sighting] = []
    for root, *same in _alike(roots, seen):
        group = {id(root), *map(id, same)}
        chain = [
            later for later in chosen if id(later) not in group and id(_root(later, explained_by)) in group
        ]
        if CONFIDENCE.index(root.page.confidence) > best[command_of(root.line, seen)] and not chain:
            doubtful.extend([root, *same])
            continue
        findings = tuple(finding_of(later, log) for later in chain)
        names = dict.fromkeys([*(finding.page for finding in findings), *(s.name for s in symptoms)])
        causes.append(
            Cause(
                finding=_joined([finding_of(one, log) for one in (root, *same)], seen),
                rank=1,
                chain=findings,
                symptoms=symptoms,
                explains=tuple(names),
            )
        )
    return causes, doubtful


def _alike(roots: Sequence[Sighting], seen: Seen) -> list[list[Sighting]]:
    """Roots that are one cause: what one page says again of the same command: further tests, further secrets.

    Of what runs, each instance and each peer may fail for itself, unless it ran inside one command of CI.
    """
    groups: dict[tuple[object, ...], list[Sighting]] = {}
    for root in roots:
        command = command_of(root.line, seen)
        alone = root.page.stage in _AT_RUN_TIME and not command
        key = (root.page.id, root.stream, command, root.title if alone else "")
        groups.setdefault(key, []).append(root)
    return list(groups.values())


def _joined(findings: Sequence[Finding], seen: Seen) -> Finding:
    """One finding of several. What successful runs never print is surer than its page alone."""
    confidence = findings[0].confidence
    if seen.familiar is not None:
        confidence = CONFIDENCE[max(0, CONFIDENCE.index(confidence) - 1)]
    return msgspec.structs.replace(
        findings[0],
        confidence=confidence,
        where=tuple(where for finding in findings for where in finding.where)[:_PLACES],
        count=sum(finding.count for finding in findings),
    )


def _explaining(later: Sighting, others: Sequence[Sighting], runbook: Runbook) -> Sighting | None:
    """The earliest sighting whose page leads to that of `later`, and which stands before or within it."""
    for earlier in others:
        if earlier is later or earlier.first > later.last or earlier.page.id == later.page.id:
            continue
        if runbook.leads(earlier.page.id, later.page.id):
            return earlier
    return None


def _root(sighting: Sighting, explained_by: dict[int, Sighting | None]) -> Sighting:
    following = explained_by[id(sighting)]
    return sighting if following is None else _root(following, explained_by)


def ranked(causes: Sequence[Cause], log: Seen | None = None) -> list[Cause]:
    """By confidence, then how much they explain, then what stands first; of fallbacks what stands last.

    `log`: where all are of one log; of several commands that failed in it the first comes first.
    """

    def key(cause: Cause) -> tuple[int, int, int, int]:
        finding = cause.finding
        line = finding.where[0].line or 0
        order = -line if finding.tier == "fallback" else line
        command = command_of(line, log) if log is not None else 0
        return (command, CONFIDENCE.index(finding.confidence), -len(cause.explains), order)

    return [
        msgspec.structs.replace(cause, rank=rank)
        for rank, cause in enumerate(sorted(causes, key=key), start=1)
    ]
