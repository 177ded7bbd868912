"""The line of a failed log that most likely says why, whatever program wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from runback.facts import views
from runback.facts.pipeline import FAILED, newest_jobs, step_log
from runback.logs.sift import backwards
from runback.logs.suspects import Suspect, last_words, suspect
from runback.model import Evidence, Gap, Log, Row, Table, Tables, Where

TABLE = "log.complaints"
_LINES = 1_000  # from the end of a step's output that are looked at


def complaints(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """One row for each failed step of the newest pipeline whose output has such a line."""
    found = newest_jobs(evidence)
    if isinstance(found, Gap):
        return found
    return tuple(
        row
        for _, _, job in found
        if not isinstance(job.steps, Gap)
        for step in job.steps
        if step.status in FAILED and not step.background and (log := step_log(evidence, step)) is not None
        for row in _of_log(log)
    )


def table_of(source: str, line: int, found: Suspect) -> Table:
    """The table of a log that was read on its own."""
    return Table(
        name=TABLE, rows=(_row(found, Where(kind="log", source=source, text=found.text, line=line)),)
    )


def _of_log(log: Log) -> Iterator[Row]:
    numbered = list(islice(backwards(log.text), _LINES))[::-1]
    lines = [line for _, line in numbered]
    found = suspect(lines) or last_words(lines)
    if found is not None and found.sure:
        yield _row(found, views.at_line(log, *numbered[found.at]))


def _row(found: Suspect, where: Where) -> Row:
    return Row(
        cells={"log": where.source, "line": where.line, "text": found.text[:300], "form": found.form},
        where=(where,),
    )
