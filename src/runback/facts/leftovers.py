"""What a deployment that was cancelled left behind.

Cancelling brings the droplet of before back, and nothing else (cloud_controller_ng,
app/actions/deployment_cancel.rb): what was changed besides waits for the next start of an instance.
"""

from __future__ import annotations

from collections.abc import Iterator

from runback.facts import views
from runback.facts.changes import LEAD, Baseline, since
from runback.facts.revisions import running_revision
from runback.model import App, Change, Deployment, Droplet, Evidence, Revision, Row, Tables, Where

WAITING = ("variable", "command", "sidecar", "setting", "scale", "binding")  # for the next start


def left(evidence: Evidence, tables: Tables) -> views.Read:
    """A row for each app whose newest deployment was cancelled, and that is not as before."""

    def rows(app: App, found: tuple[Deployment, ...]) -> Iterator[Row]:
        newest = max(found, key=lambda one: one.created_at, default=None)
        running = running_revision(app)
        if newest is not None and newest.reason == "CANCELED" and running is not None:
            yield from _rows(evidence, app, newest, running)

    return views.by_app(evidence, lambda app: app.deployments, rows)


def _rows(evidence: Evidence, app: App, cancelled: Deployment, running: Revision) -> Iterator[Row]:
    began = cancelled.created_at - LEAD
    changed = since(evidence, app, Baseline(running, running.created_at))
    waiting = [one for one in changed if one.kind in WAITING and (one.at is None or one.at >= began)]
    told = [_said(one) for one in waiting]
    if isinstance(app.droplet, Droplet) and running.droplet not in (None, app.droplet.guid):
        told.append("another current droplet")
    if not told:
        return
    yield Row(
        cells={"app": app.name, "left": views.comma(told), "strategy": cancelled.strategy},
        app=app.name,
        at=cancelled.created_at,
        where=tuple(_proof(app, cancelled, running, waiting)),
    )


def _said(one: Change) -> str:
    value = f" {one.after}" if one.kind == "scale" and one.after else ""
    if one.kind == "setting":
        return f"{one.name} set anew"
    return f"{one.kind} {one.name} {one.change}{value}"


def _proof(app: App, cancelled: Deployment, running: Revision, waiting: list[Change]) -> Iterator[Where]:
    at = cancelled.updated_at or cancelled.created_at
    yield views.resource(f"deployment of {app.name}", f"cancelled, {at:%Y-%m-%d %H:%M} UTC")
    for one in waiting:
        who = f" by {one.by}" if one.by else ""
        yield views.resource(
            f"{app.name} beside its revision {running.version}, which runs", f"{_said(one)}{who}"
        )
