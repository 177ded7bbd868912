"""`scan`: plain log text → what failed in it, and why.

One pass over each input: for all pages, for the lines that say how it ended, and for what successful runs
never printed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from runback.errors import InputError
from runback.logs import novelty
from runback.logs.chunks import LONGEST_LINE, chunks
from runback.logs.clean import cleaner
from runback.logs.sources import plain
from runback.model import Cause, Finding, Log, LogText, Novel, Scan, Symptom, Verdict, Where
from runback.rules import Runbook
from runback.rules.ending import Ending
from runback.rules.ending import Verdict as EndingVerdict
from runback.rules.runbook import finding_of
from runback.rules.signatures import Sighting

_NOVEL = 10  # blocks shown
_CONFIDENCE = ("high", "medium", "low")


class _Reading(msgspec.Struct):
    """What one pass over one input brought."""

    name: str
    lines: int
    sightings: tuple[Sighting, ...]
    failed: EndingVerdict | None
    novel: list[Novel]
    long_line: int | None  # a line that was read in pieces


class _Judged(msgspec.Struct):
    causes: list[Cause]
    consequences: list[Finding]
    notices: list[Finding]


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
    judged = [_judge(reading, runbook, known) for reading in readings]
    causes = _ranked([cause for one in judged for cause in one.causes])
    symptoms = tuple(_symptom(reading) for reading in readings if reading.failed is not None)
    novel = sorted((block for reading in readings for block in reading.novel), key=lambda block: -block.score)
    verdict: Verdict = "failed" if causes else "unknown" if symptoms else "healthy"
    return Scan(
        inputs=tuple(reading.name for reading in readings),
        lines=sum(reading.lines for reading in readings),
        verdict=verdict,
        sentence=_sentence(verdict, causes, novel, readings),
        causes=tuple(causes),
        consequences=tuple(finding for one in judged for finding in one.consequences),
        notices=tuple(finding for one in judged for finding in one.notices),
        symptoms=symptoms,
        novel=tuple(novel[:_NOVEL]),
    )


# --- one pass -------------------------------------------------------------------------------------


def _read(name: str, stream: BinaryIO, runbook: Runbook, known: novelty.Known | None) -> _Reading:
    watch = runbook.signatures.watch()
    ending = Ending()
    novel: list[tuple[int, bytes]] = []
    lines, long_line, last = 0, None, b""
    for chunk in chunks(plain(stream, name), cleaner):
        watch.feed(chunk)
        ending.feed(chunk)
        if known is not None:
            novel.extend(known.novel(chunk))
        lines = chunk.first_line - 1 + chunk.data.count(b"\n")
        last = chunk.data[-1:]
        if chunk.cut and long_line is None:
            long_line = lines + 1
    lines += bool(last) and last != b"\n"
    failed = ending.verdict()
    at = failed.line if failed is not None else lines
    return _Reading(name, lines, watch.sightings(), failed, _scored(novel, at), long_line)


def _scored(novel: list[tuple[int, bytes]], end: int) -> list[Novel]:
    """The most telling novel blocks: those that speak of a failure, near its last line."""
    counts: dict[bytes, int] = {}
    for _, line in novel:
        counts[line] = counts.get(line, 0) + 1
    found = []
    for block in novelty.blocks(novel):
        rare = sum(1 / counts[line] for line in block.lines if line in counts) / max(len(block.lines), 1)
        near = 1 / (1 + abs(end - block.last) / 200)
        score = round(min(block.telling, 5) * 2 + rare + near, 3)
        text = b"\n".join(block.lines).decode("utf-8", "replace")
        found.append(Novel(first=block.first, last=block.last, text=text, score=score))
    return heapq.nlargest(_NOVEL, found, key=lambda block: block.score)


# --- causes, not hits -----------------------------------------------------------------------------


def _judge(reading: _Reading, runbook: Runbook, known: novelty.Known | None) -> _Judged:
    """Earlier explains later along `leads_to`; a fallback speaks only where nothing else does."""
    log = Log(id=reading.name, kind="input", name=reading.name, text=LogText(b""))
    serious, notices = [], []
    for sighting in _outside_blocks(reading.sightings, runbook):
        seen_before = known is not None and sighting.text.encode() in known
        if sighting.page.severity != "error" or seen_before:
            notices.append(finding_of(sighting, log))
        else:
            serious.append(sighting)
    specific = [sighting for sighting in serious if sighting.page.tier == "specific"]
    chosen = specific or serious
    ended_well = reading.failed is None and not any(s.page.confidence == "high" for s in chosen)
    if ended_well:
        notices.extend(finding_of(sighting, log) for sighting in chosen)
        return _Judged([], [], notices)
    return _chains(chosen, serious, reading, runbook, log, notices)


def _chains(
    chosen: list[Sighting],
    serious: list[Sighting],
    reading: _Reading,
    runbook: Runbook,
    log: Log,
    notices: list[Finding],
) -> _Judged:
    explained_by = {id(later): _explaining(later, chosen, runbook) for later in chosen}
    roots = [sighting for sighting in chosen if explained_by[id(sighting)] is None]
    best = min((_CONFIDENCE.index(root.page.confidence) for root in roots), default=0)
    causes: list[Cause] = []
    symptoms = (_symptom(reading),) if reading.failed is not None else ()
    for root in roots:
        chain = [later for later in chosen if _root(later, explained_by) is root and later is not root]
        if _CONFIDENCE.index(root.page.confidence) > best and not chain:
            notices.append(finding_of(root, log))
            continue
        findings = tuple(finding_of(later, log) for later in chain)
        names = dict.fromkeys([*(finding.page for finding in findings), *(s.name for s in symptoms)])
        causes.append(
            Cause(
                finding=finding_of(root, log),
                rank=1,
                chain=findings,
                symptoms=symptoms,
                explains=tuple(names),
            )
        )
    rest = [finding_of(sighting, log) for sighting in serious if sighting not in chosen]
    consequences = [finding for cause in causes for finding in cause.chain] + (rest if causes else [])
    return _Judged(causes, consequences, notices)


def _outside_blocks(sightings: Sequence[Sighting], runbook: Runbook) -> Iterator[Sighting]:
    """Without what another page's block merely quotes: a test's captured output is not a second fault."""
    for sighting in sightings:
        quoted = any(
            block.first <= sighting.line <= block.last
            and block is not sighting
            and block.last - block.first > sighting.last - sighting.first
            and not runbook.leads(sighting.page.id, block.page.id)
            for block in sightings
        )
        if not quoted:
            yield sighting


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


def _ranked(causes: list[Cause]) -> list[Cause]:
    """By how much they explain, then confidence, then what stands first."""

    def key(cause: Cause) -> tuple[int, int, int]:
        finding = cause.finding
        line = finding.where[0].line or 0
        return (_CONFIDENCE.index(finding.confidence), -len(cause.explains), line)

    return [
        msgspec.structs.replace(cause, rank=rank)
        for rank, cause in enumerate(sorted(causes, key=key), start=1)
    ]


# --- what is said ---------------------------------------------------------------------------------


def _symptom(reading: _Reading) -> Symptom:
    assert reading.failed is not None  # noqa: S101 - both callers have asked
    where = Where(kind="log", source=reading.name, text=reading.failed.text, line=reading.failed.line)
    return Symptom(name="failure", title=reading.failed.text.strip(), where=(where,))


def _sentence(verdict: Verdict, causes: list[Cause], novel: list[Novel], readings: Sequence[_Reading]) -> str:
    if verdict == "failed":
        more = f" ({len(causes) - 1} more below)" if len(causes) > 1 else ""
        sentence = f"Failed: {causes[0].finding.title}{more}."
    elif verdict == "unknown":
        hint = (
            "the lines below never occur in the successful logs"
            if novel
            else "try --against a successful log"
        )
        sentence = f"It failed, and no page of the runbook knows why; {hint}."
    else:
        sentence = "No failure seen."
    long = [f"{reading.name}, line {reading.long_line}" for reading in readings if reading.long_line]
    if long:
        sentence += f" Lines of more than {LONGEST_LINE >> 20} MB were read in pieces: {', '.join(long)}."
    return sentence
