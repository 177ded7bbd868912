"""An app as it should be, as it is, and beside the same app in other environments; values are never told."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from runback.facts import views
from runback.facts.comparison.parts import policies, routes, services, unseen
from runback.facts.comparison.settings import settings
from runback.facts.comparison.variables import variables
from runback.facts.expected import unread
from runback.facts.values import allowed
from runback.model import App, Compared, Comparison, Evidence, Gap

__all__ = ["compare"]


def compare(evidence: Evidence, name: str) -> Comparison:
    """The app `name` beside what is expected of it and beside its peers, as far as they were collected."""
    world = views.platform(evidence)
    apps = () if world is None or isinstance(world.apps, Gap) else world.apps
    app = next((one for one in apps if one.name == name), None)
    if world is None or app is None:
        seen = views.apps(evidence)
        gap = Gap(what=name, reason=seen.reason if isinstance(seen, Gap) else "it could not be read")
        return Comparison(app=name, peers=(), rows=(), unknown=(gap,))
    peers = views.peers_of(evidence, app)
    rows = (
        *variables(evidence, app, peers),
        *services(evidence, app, peers),
        *routes(evidence, app, peers),
        *policies(evidence, world, app, peers),
        *settings(evidence, app, peers),
    )
    return Comparison(
        app=name,
        peers=tuple(peer.name for peer in peers),
        rows=tuple(_allowed(evidence, row) for row in rows),
        unknown=(*_gaps(app, peers, unseen(world, app)), *_unread(evidence)),
    )


def _allowed(evidence: Evidence, row: Compared) -> Compared:
    if row.remark and allowed(evidence, row.subject, row.name):
        return replace(row, remark="", verdict="allowed")
    return row


def _gaps(app: App, peers: Sequence[App], policies: object) -> tuple[Gap, ...]:
    parts = [
        part for one in (app, *peers) for part in (one.variables, one.bindings, one.routes, one.processes)
    ]
    return tuple(dict.fromkeys(part for part in (*parts, policies) if isinstance(part, Gap)))


def _unread(evidence: Evidence) -> tuple[Gap, ...]:
    """What of the deployment's files nobody can tell."""
    return tuple(Gap(what=f"{one.path}:{one.line}", reason=one.reason) for one in unread(evidence)[:20])
