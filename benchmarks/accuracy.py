"""How often `scan` names the right line of a failed log, and how often it speaks where nothing failed.

    python benchmarks/accuracy.py CASES… [--misses] [--class NAME] [--json]

CASES: .jsonl, a JSON array, or a folder of such files, of records
{"raw_log": "…", "cause_lines": […], "cause_class": "…"}. A cause line is its number from 1, a range
[first, last], or its text; a record without any is the log of a successful run.

A cause is right when its line is a labelled one, at most two lines beside, or in the same block: a traceback,
an npm block, a box. What counts: the first cause right; one of the first three; precision, the share of right
first causes among the logs of which something was said, and 'all', of right ones among all that were named (a
label that tells one of several failures makes the others wrong); silent, failed logs without a named cause;
unseen, those of them that were called healthy; alarms, healthy logs that were not.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from runback import app
from runback.diagnose.scan import scan
from runback.errors import InputError
from runback.logs.chunks import chunks
from runback.logs.clean import cleaner
from runback.logs.sources import plain
from runback.model import Tier

BESIDE = 2  # lines
_LONGEST_BLOCK = 60  # lines beyond a label that still belong to it
TRACEBACK = "Traceback (most recent call last)"
# What begins each line of a block whose lines are not indented.
_MARKS = re.compile(
    r"(npm (?:ERR!|error)|\[(?:ERROR|error|INFO|WARNING)\]|ERROR:|E  |>|[│|╷╵]|#\d+ [\d.]+|\s)", re.IGNORECASE
)


@dataclass(frozen=True)
class Case:
    """One labelled log. `labels` as they were read; none: a healthy log."""

    name: str
    raw_log: str
    labels: tuple[Any, ...]
    cause_class: str

    @property
    def healthy(self) -> bool:
        return not self.labels


@dataclass(frozen=True)
class Said:
    """One cause that was named."""

    page: str
    tier: Tier
    line: int
    text: str
    right: bool


@dataclass(frozen=True)
class Judged:
    """What scan said of a case, against its labels."""

    name: str
    cause_class: str
    healthy: bool
    verdict: str
    said: tuple[Said, ...]
    expected: tuple[tuple[int, str], ...]  # the first line of each label

    @property
    def first(self) -> bool:
        return bool(self.said) and self.said[0].right

    @property
    def first_three(self) -> bool:
        return any(one.right for one in self.said[:3])

    @property
    def missed(self) -> bool:
        """Not as it should be: a false alarm, another first cause, or nothing said."""
        return self.alarm if self.healthy else not self.first

    @property
    def alarm(self) -> bool:
        return self.healthy and (bool(self.said) or self.verdict != "healthy")


@dataclass(frozen=True)
class Figures:
    """Counts over cases; failed = right first + wrong first + abstentions."""

    failed: int
    first: int
    first_three: int
    abstentions: int
    unseen: int
    causes: int
    right_causes: int
    healthy: int
    alarms: int

    @classmethod
    def of(cls, cases: Sequence[Judged]) -> Figures:
        failed = [case for case in cases if not case.healthy]
        healthy = [case for case in cases if case.healthy]
        said = [one for case in failed for one in case.said]
        return cls(
            failed=len(failed),
            first=sum(case.first for case in failed),
            first_three=sum(case.first_three for case in failed),
            abstentions=sum(not case.said for case in failed),
            unseen=sum(case.verdict == "healthy" for case in failed),
            causes=len(said),
            right_causes=sum(one.right for one in said),
            healthy=len(healthy),
            alarms=sum(case.alarm for case in healthy),
        )


# --- reading --------------------------------------------------------------------------------------


def read(path: Path) -> Iterator[Case]:
    """The cases of a file or a folder, one at a time. Raises SystemExit for what is no such file."""
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield from read(file)
        for file in sorted(path.rglob("*.jsonl")):
            yield from read(file)
        return
    with path.open(encoding="utf-8") as stream:
        if path.suffix == ".jsonl":
            records: Iterable[Any] = (json.loads(line) for line in stream if line.strip())
            yield from _cases(records, path)
        else:
            found = json.load(stream)
            yield from _cases(found if isinstance(found, list) else [found], path)


def _cases(records: Iterable[Any], path: Path) -> Iterator[Case]:
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict) or not isinstance(record.get("raw_log"), str):
            raise SystemExit(f"{path}, record {number}: no raw_log")
        labels = record.get("cause_lines") or []
        name = record.get("name") or record.get("id") or f"{path.stem}-{number}"
        yield Case(
            name=str(name),
            raw_log=record["raw_log"],
            labels=tuple(labels if isinstance(labels, list) else [labels]),
            cause_class=str(record.get("cause_class") or ("unnamed" if labels else "healthy")),
        )


# --- judging --------------------------------------------------------------------------------------


def judge(case: Case) -> Judged:
    """Scans the case's log as `runback scan` does."""
    data = case.raw_log.encode("utf-8", "surrogateescape")
    try:
        found = scan([(case.name, BytesIO(data))], app.runbook())
    except InputError as error:
        refused = (0, f"refused: {error}")
        return Judged(case.name, case.cause_class, case.healthy, "refused", (), (refused,))
    lines = _lines(data)
    spans = [span for label in case.labels for span in _spans(label, lines)]
    wide = [_block(span, lines) for span in spans]
    said = []
    for cause in found.causes:
        line = cause.finding.where[0].line or 0
        right = any(first <= line <= last for first, last in wide)
        text = cause.finding.where[0].text.strip()[:200]
        said.append(Said(cause.finding.page, cause.finding.tier, line, text, right))
    expected = tuple((first, lines[first - 1].strip()[:200]) for first, _ in spans[:5])
    return Judged(case.name, case.cause_class, case.healthy, found.verdict, tuple(said), expected)


def _lines(data: bytes) -> list[str]:
    """The log's lines as the engine sees them, for their numbers."""
    text = b"".join(chunk.data for chunk in chunks(plain(BytesIO(data), "log"), cleaner))
    return text.decode("utf-8", "replace").split("\n")


def _spans(label: Any, lines: list[str]) -> list[tuple[int, int]]:
    """Where a label lies, as first and last line."""
    last = len(lines)
    if isinstance(label, list) and len(label) == 2 and all(isinstance(end, int) for end in label):
        return [(max(label[0], 1), min(label[1], last))] if label[0] <= last else []
    if isinstance(label, int) or str(label).strip().isdigit():
        return [(int(label), int(label))] if 1 <= int(label) <= last else []
    if match := re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", str(label)):
        return _spans([int(match[1]), int(match[2])], lines)
    texts = [text.strip() for text in str(label).split("\n") if text.strip()]
    equal = [(n, n) for n, line in enumerate(lines, start=1) if line.strip() in texts]
    return equal or [(n, n) for n, line in enumerate(lines, start=1) if any(t in line for t in texts)]


def _block(span: tuple[int, int], lines: list[str]) -> tuple[int, int]:
    """The span with what stands beside it, and with the rest of the block that it is part of."""
    first, last = span
    mark = _MARKS.match(lines[first - 1])
    up, down = first, last
    while up > max(1, first - _LONGEST_BLOCK) and _goes_on(lines[up - 2], mark):
        up -= 1
    while down < min(len(lines), last + _LONGEST_BLOCK) and _goes_on(lines[down], mark):
        down += 1
    for start in range(up, 0, -1):
        if lines[start - 1].startswith(TRACEBACK) and (end := _traceback_end(lines, start)) >= first:
            return min(start, first - BESIDE), max(end, down, last + BESIDE)
        if not lines[start - 1].startswith(" ") and start < up:
            break
    return min(up, first - BESIDE), max(down, last + BESIDE)


def _goes_on(line: str, mark: re.Match[str] | None) -> bool:
    """Whether a line beside a label has the label's mark, and so is of its block."""
    if mark is None or not line.strip():
        return False
    return line.lower().startswith(mark[1].lower())


def _traceback_end(lines: list[str], start: int) -> int:
    """The line of the exception, after the indented frames of the traceback that begins at `start`."""
    end = start + 1
    while end < len(lines) and lines[end - 1].startswith(" "):
        end += 1
    return min(end, len(lines))


# --- what is printed ------------------------------------------------------------------------------


def table(judged: Sequence[Judged]) -> str:
    """The figures overall and by class, a line each."""
    classes: dict[str, list[Judged]] = defaultdict(list)
    for case in judged:
        classes[case.cause_class].append(case)
    width = max([len(name) for name in classes] + [9])
    head = f"{'':<{width}}  failed  first  first 3  precision    all  silent  unseen  healthy  alarms"
    rows = [_row("overall", Figures.of(judged), width)]
    rows += [_row(name, Figures.of(cases), width) for name, cases in sorted(classes.items())]
    return "\n".join([head, *rows])


def _row(name: str, figures: Figures, width: int) -> str:
    return (
        f"{name:<{width}}  {figures.failed:>6}  {_share(figures.first, figures.failed):>5}"
        f"  {_share(figures.first_three, figures.failed):>7}"
        f"  {_share(figures.first, figures.failed - figures.abstentions):>9}"
        f"  {_share(figures.right_causes, figures.causes):>5}"
        f"  {_share(figures.abstentions, figures.failed):>6}"
        f"  {_share(figures.unseen, figures.failed):>6}  {figures.healthy:>7}"
        f"  {_share(figures.alarms, figures.healthy):>6}"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def miss(case: Judged) -> str:
    """One miss: what was expected, and what was said instead."""
    lines = [f"{case.name} [{case.cause_class}]: {case.verdict}"]
    lines += [f"  expected {line}: {text}" for line, text in case.expected]
    for one in case.said[:3]:
        lines.append(f"  {'right   ' if one.right else 'said    '} {one.line}: {one.page}: {one.text}")
    return "\n".join(lines)


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """The same figures for programs; shares are computed from the counts."""
    classes = sorted({case.cause_class for case in judged})
    pages: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case in judged:
        for one in case.said:
            pages[one.page][not one.right] += 1
    return {
        "overall": vars(Figures.of(judged)),
        "classes": {
            name: vars(Figures.of([case for case in judged if case.cause_class == name])) for name in classes
        },
        "pages": {page: {"right": right, "wrong": wrong} for page, (right, wrong) in sorted(pages.items())},
    }


def _chosen(name: str, only: str | None) -> bool:
    return only is None or name == only or name.startswith(f"{only}/")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", nargs="+", type=Path, metavar="CASES")
    parser.add_argument("--misses", action="store_true", help="list each miss with what was said instead")
    parser.add_argument(
        "--class", dest="only", help="only this class, or its subclasses (python: python/pip …)"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    cases = (case for path in arguments.cases for case in read(path))
    judged = [judge(case) for case in cases if _chosen(case.cause_class, arguments.only)]
    for case in [case for case in judged if not case.healthy and not case.expected]:
        print(f"{case.name}: no line fits its labels; left out", file=sys.stderr)
        judged.remove(case)
    if arguments.json:
        misses = [{**vars(c), "said": [vars(s) for s in c.said]} for c in judged if c.missed]
        print(json.dumps(report(judged) | ({"misses": misses} if arguments.misses else {}), indent=1))
        return 0
    if arguments.misses:
        print("\n".join(miss(case) for case in judged if case.missed), end="\n\n")
    print(table(judged))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
