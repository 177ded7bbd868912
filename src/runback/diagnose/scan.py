"""`scan`: plain log text → what failed in it, and why.

One pass over each input: for all pages, for the lines that say how it ended, and for what successful runs
never printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from runback.diagnose.advice import advised
from runback.diagnose.choice import Choice, Seen, choose, ranked, symptom
from runback.diagnose.unexplained import after_all, unexplained
from runback.errors import InputError
from runback.logs import novelty
from runback.logs.chunks import LONGEST_LINE, chunks
from runback.logs.clean import cleaner
from runback.logs.sources import plain
from runback.logs.streams import split
from runback.model import Cause, Finding, Novel, Scan, Verdict
from runback.rules import Runbook
from runback.rules.ending import Ending
from runback.rules.signatures import DIFFERENT, PARSED_BLOCKS, Watch

_HELPERS = ("PROXY", "CELL/SSHD")  # Envoy and sshd beside an app: killed whenever its instance stops


class _Reading(msgspec.Struct):
    """What one pass over one input brought."""

    seen: Seen
    lines: int
    novel: list[Novel]
    long_line: int | None  # a line that was read in pieces
    sections: list[list[tuple[int, str]]] = []  # numbered lines of what failed
    limited: tuple[str, ...] = ()  # pages that saw more than is kept
    unread: tuple[str, ...] = ()  # pages with more blocks than are read
    unweighed: int = 0  # lines that successful runs never printed, and that were too many to keep


def scan_files(
    names: Sequence[str],
    runbook: Runbook,
    against: Sequence[Path] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Scan:
    """Scans files; '-' is standard input. Raises `InputError` (missing, a folder, empty, binary, damaged)."""
    with ExitStack() as stack:
        green = [(str(path), stack.enter_context(_open(str(path)))) for path in against]
        opened = []
        for name in names:
            progress(f"Reading {'standard input' if name == '-' else name}")
            opened.append(("standard input" if name == "-" else name, stack.enter_context(_open(name))))
        return scan(opened, runbook, green)


def _open(name: str) -> BinaryIO:
    if name == "-":
        import sys

        return open(sys.stdin.fileno(), "rb", closefd=False)
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name} is a folder", "Name the log files in it.")
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}", "Check the path.") from error


def scan(
    inputs: Iterable[tuple[str, BinaryIO]], runbook: Runbook, against: Iterable[tuple[str, BinaryIO]] = ()
) -> Scan:
    """Scans named streams, each from its start. `against`: logs of successful runs of the same."""
    known: novelty.Known | None = None
    for name, stream in against:
        known = known or novelty.Known()
        known.learn(chunks(plain(stream, name), cleaner))
    readings = [_read(name, stream, runbook, known) for name, stream in inputs]
    choices = [_chosen(reading, runbook) for reading in readings]
    joined = _joined(cause for choice in choices for cause in choice.causes)
    causes = advised(ranked(joined, readings[0].seen if len(readings) == 1 else None), runbook)
    symptoms = tuple(found for reading in readings if (found := symptom(reading.seen)) is not None)
    novel = sorted((block for reading in readings for block in reading.novel), key=lambda block: -block.score)
    verdict: Verdict = "failed" if causes else "unknown" if symptoms else "healthy"
    return Scan(
        inputs=tuple(reading.seen.name for reading in readings),
        lines=sum(reading.lines for reading in readings),
        verdict=verdict,
        sentence=_sentence(verdict, causes, novel, readings),
        causes=causes,
        consequences=tuple(finding for choice in choices for finding in choice.consequences),
        notices=tuple(finding for choice in choices for finding in choice.notices),
        symptoms=symptoms,
        novel=tuple(novel[: novelty.BLOCKS]),
    )


def _joined(causes: Iterable[Cause]) -> list[Cause]:
    """What several inputs fail for alike is one cause: it names all places, and its repeats are counted."""
    joined: dict[tuple[str, str], Cause] = {}
    for cause in causes:
        key = (cause.finding.page, cause.finding.title)
        if key in joined:
            known = joined[key]
            finding = msgspec.structs.replace(
                known.finding,
                where=known.finding.where + cause.finding.where,
                count=known.finding.count + cause.finding.count,
            )
            symptoms = tuple(dict.fromkeys((*known.symptoms, *cause.symptoms)))
            cause = msgspec.structs.replace(known, finding=finding, symptoms=symptoms)
        joined[key] = cause
    return list(joined.values())


def _chosen(reading: _Reading, runbook: Runbook) -> Choice:
    """What pages say; where they name no cause, or only how it ended, the line that looks most like one."""
    choice, seen = choose(reading.seen, runbook), reading.seen
    if seen.failed is None:
        return choice
    if choice.causes and (later := after_all(seen, reading.sections, choice.causes, runbook)) is not None:
        return Choice(causes=(later,), notices=(*choice.notices, *_findings(choice)))
    if any(cause.finding.tier == "specific" for cause in choice.causes):
        return choice
    cause = unexplained(seen, reading.sections, choice.causes, runbook)
    if cause is None:
        return choice
    return msgspec.structs.replace(choice, causes=(cause,), consequences=_findings(choice))


def _findings(choice: Choice) -> tuple[Finding, ...]:
    """All that it names, the causes first."""
    named = tuple(finding for cause in choice.causes for finding in (cause.finding, *cause.chain))
    return (*named, *(one for one in choice.consequences if one not in named))


# --- one pass -------------------------------------------------------------------------------------


def _read(name: str, stream: BinaryIO, runbook: Runbook, known: novelty.Known | None) -> _Reading:
    ending = Ending()
    watches: dict[str, Watch] = {}
    novel = novelty.Gathered()
    lines, long_line = 0, None
    for source, chunk in split(plain(stream, name)):
        if not source.startswith(_HELPERS):
            watch = watches.get(source)
            if watch is None:
                watch = watches[source] = runbook.signatures.watch(ending=ending, stream=source)
            watch.feed(chunk)
            if not chunk.after:
                ending.last_words(chunk)
        if known is not None:
            novel.add(known.novel(chunk))
        last = chunk.first_line + chunk.newlines - (chunk.data.endswith(b"\n"))
        lines = max(lines, chunk.number(last))
        if chunk.cut and long_line is None:
            long_line = last
    failed = ending.verdict(lines)
    sightings = tuple(
        sorted((one for w in watches.values() for one in w.sightings()), key=lambda one: one.line)
    )
    seen = Seen(
        name=name,
        sightings=sightings,
        failed=failed,
        cut=ending.cut(lines),
        passed=ending.passed(),
        parts=ending.parts(),
        runs=ending.runs(),
        well=ending.well(lines),
        familiar=None
        if known is None
        else frozenset(
            place.line for one in sightings for place in one.places() if place.text.encode() in known
        ),
    )
    limited = tuple(sorted({page for watch in watches.values() for page in watch.limited}))
    unread = tuple(sorted({page for watch in watches.values() for page in watch.unread}))
    end = failed.line if failed is not None else lines
    sections = [
        [(n, line) for n, line in section if known is None or line.encode() not in known]
        for section in ending.sections(lines)
    ]
    return _Reading(
        seen, lines, novelty.scored(novel.lines, end), long_line, sections, limited, unread, novel.dropped
    )


# --- what is said ---------------------------------------------------------------------------------


def _sentence(
    verdict: Verdict, causes: Sequence[Cause], novel: list[Novel], readings: Sequence[_Reading]
) -> str:
    if verdict == "failed":
        more = f" ({len(causes) - 1} more below)" if len(causes) > 1 else ""
        sentence = f"Failed: {causes[0].finding.title}{more}."
    elif verdict == "unknown" and not any(reading.seen.failed for reading in readings):
        cut = next(reading.seen.cut for reading in readings if reading.seen.cut is not None)
        sentence = f"{cut.text}. Nothing in it says that it failed, or how it ended."
    elif verdict == "unknown":
        hint = (
            "the lines below never occur in the successful logs"
            if novel
            else "try --against a successful log"
        )
        sentence = f"It failed, and no page of the runbook knows why; {hint}."
    else:
        sentence = "No failure seen."
    return " ".join([sentence, *_limits(readings)])


def _limits(readings: Sequence[_Reading]) -> Iterator[str]:
    """What was not looked at, or is not shown."""
    long = [f"{reading.seen.name}, line {reading.long_line}" for reading in readings if reading.long_line]
    if long:
        yield f"Lines of more than {LONGEST_LINE >> 20} MB were read in pieces: {', '.join(long)}."
    if unweighed := sum(reading.unweighed for reading in readings):
        yield f"{unweighed:,} more lines than can be weighed never occur in the successful logs."
    for page in sorted({page for reading in readings for page in reading.limited}):
        yield f"Of {page} only {DIFFERENT:,} different findings are listed; the others are counted."
    for page in sorted({page for reading in readings for page in reading.unread}):
        yield f"Of {page} only the first {PARSED_BLOCKS:,} places in a log were read."
