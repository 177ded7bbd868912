"""`scan`: plain log text → what failed in it, and why.

One pass over each input: for all pages, for the lines that say how it ended, and for what successful runs
never printed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import msgspec

from runback.diagnose.choice import Seen, choose, ranked, symptom
from runback.errors import InputError
from runback.logs import novelty
from runback.logs.chunks import LONGEST_LINE, chunks
from runback.logs.clean import cleaner
from runback.logs.sources import plain
from runback.model import Cause, Novel, Scan, Verdict
from runback.rules import Runbook
from runback.rules.ending import Ending

_NOVEL = 10  # blocks shown


class _Reading(msgspec.Struct):
    """What one pass over one input brought."""

    seen: Seen
    lines: int
    novel: list[Novel]
    long_line: int | None  # a line that was read in pieces


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
    choices = [choose(reading.seen, runbook) for reading in readings]
    causes = ranked([cause for choice in choices for cause in choice.causes])
    symptoms = tuple(found for reading in readings if (found := symptom(reading.seen)) is not None)
    novel = sorted((block for reading in readings for block in reading.novel), key=lambda block: -block.score)
    verdict: Verdict = "failed" if causes else "unknown" if symptoms else "healthy"
    return Scan(
        inputs=tuple(reading.seen.name for reading in readings),
        lines=sum(reading.lines for reading in readings),
        verdict=verdict,
        sentence=_sentence(verdict, causes, novel, readings),
        causes=tuple(causes),
        consequences=tuple(finding for choice in choices for finding in choice.consequences),
        notices=tuple(finding for choice in choices for finding in choice.notices),
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
    sightings = watch.sightings()
    seen = Seen(
        name=name,
        sightings=sightings,
        failed=failed,
        passed=ending.passed(),
        parts=ending.parts(),
        familiar=frozenset(one.line for one in sightings if known is not None and one.text.encode() in known),
    )
    return _Reading(seen, lines, _scored(novel, failed.line if failed is not None else lines), long_line)


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


# --- what is said ---------------------------------------------------------------------------------


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
    long = [f"{reading.seen.name}, line {reading.long_line}" for reading in readings if reading.long_line]
    if long:
        sentence += f" Lines of more than {LONGEST_LINE >> 20} MB were read in pieces: {', '.join(long)}."
    return sentence
