"""Routes that neither a file nor the peers have: what somebody mapped by hand and forgot."""

from __future__ import annotations

from collections.abc import Iterator

from runback.facts import views
from runback.facts.comparison.parts import routes
from runback.facts.values import allowed
from runback.model import App, Evidence, Route, Row, Tables


def extra(evidence: Evidence, tables: Tables) -> views.Read:
    def rows(app: App, own: tuple[Route, ...]) -> Iterator[Row]:
        compared = (
            routes(evidence, app, views.peers_of(evidence, app)) if views.belongs(evidence, app) else ()
        )
        for one in compared:
            if one.verdict == "extra" and not allowed(evidence, "route", one.name):
                yield Row(
                    cells={"app": app.name, "url": one.name, "routes": len(own)},
                    app=app.name,
                    where=(views.resource(f"routes of {app.name}", f"{one.name}: {one.remark}"),),
                )

    return views.by_app(evidence, lambda app: app.routes, rows)
