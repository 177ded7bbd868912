"""What each app of an environment runs: the rows of the fact table `live`, for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runback.model import Evidence, Gap, Row, Tables


@dataclass(frozen=True)
class LiveApp:
    """What one app runs. `commit` is None, and `unknown` says why, where that could not be told."""

    environment: str | None
    app: str
    commit: str | None
    known_by: str = ""
    confidence: str | None = None
    doubt: str = ""  # why a label is not believed
    since: datetime | None = None
    pipeline: int | None = None
    pipeline_url: str | None = None
    by: str | None = None  # who started that pipeline
    by_branch: str | None = None
    overwritten: bool | None = None  # another branch's pipeline deployed it
    branch: str | None = None
    head: str | None = None
    stale: bool | None = None
    why: str = ""  # the head is not there
    between: tuple[tuple[str, str], ...] = ()  # sha and subject, newest first: on the branch and not live
    unknown: str = ""


def live_apps(evidence: Evidence, only: str | None = None) -> tuple[LiveApp, ...]:
    """One for each app that the evidence looked at; with `only` the target's own app alone."""
    from runback.facts import tables

    known = tables(evidence)
    table = known["live"]
    if isinstance(table, Gap):
        return (LiveApp(evidence.target.environment, only or "?", None, unknown=table.reason),)
    wanted_app = evidence.target.app if only else None
    return tuple(_live_app(evidence, row, known) for row in table.rows if wanted_app in (None, row.app))


def _live_app(evidence: Evidence, row: Row, known: Tables) -> LiveApp:
    from runback.facts import views
    from runback.facts.live import missing_commits
    from runback.facts.revisions import running_since
    from runback.facts.standing import standing

    cells = {name: None if isinstance(cell, Gap) else cell for name, cell in row.cells.items()}
    gaps = [cell.reason for cell in row.cells.values() if isinstance(cell, Gap)]
    commit, stale, number = cells["commit"], cells["stale"], cells["pipeline"]
    found = views.pipelines(evidence)
    pipelines = () if isinstance(found, Gap) else found
    app = views.app_named(evidence, row.app)
    missing = missing_commits(evidence, row.cells["commit"], row.cells["head"])
    return LiveApp(
        environment=evidence.target.environment,
        app=str(row.app),
        commit=_text(commit),
        known_by=_text(cells["source"]) or "",
        confidence=row.confidence,
        doubt=_text(cells["doubt"]) or "",
        since=running_since(app) if app else None,
        pipeline=number if isinstance(number, int) else None,
        pipeline_url=next((one.url for one in pipelines if one.number == number), None),
        by=_text(cells["by"]),
        by_branch=_text(cells["by_branch"]),
        overwritten=cells["overwritten"] is True if commit else None,
        branch=_text(cells["branch"]),
        head=_text(cells["head"]),
        stale=stale if isinstance(stale, bool) else None,
        why=standing(evidence, known, row) if commit and commit != cells["head"] else "",
        between=() if isinstance(missing, Gap) else tuple((one.sha, one.subject) for one in missing),
        unknown="; ".join(dict.fromkeys(gaps)),
    )


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) and cell else None
