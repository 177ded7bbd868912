"""What a cancelled deployment leaves behind, and what is none of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.facts import tables
from runback.model import App, AuditEvent, Deployment, Evidence, Revision, Table
from worlds import at, healthy, platform_of, variables, with_app

BACKEND = "tdp-backend-raft"


def the_backend() -> App:
    apps = platform_of(healthy()).apps
    assert isinstance(apps, tuple)
    return next(app for app in apps if app.name == BACKEND)


def ended(reason: str = "CANCELED", **changes: Any) -> Evidence:
    """A deployment that ended so ten minutes ago, beside a revision that has run since yesterday."""
    deployment = Deployment(
        guid="d", status="FINALIZED", reason=reason, strategy="rolling", created_at=at(-10), updated_at=at(-5)
    )
    app = the_backend()
    names = tuple(one.name for one in app.variables) if isinstance(app.variables, tuple) else ()
    running = Revision(
        guid="r",
        version=3,
        created_at=at(-24 * 60),
        droplet=None,
        description="",
        deployable=True,
        deployed=True,
        variables=variables(*names),
    )
    given: dict[str, Any] = {"deployments": (deployment,), "revisions": (running,), "events": ()}
    return with_app(healthy(), BACKEND, **{**given, "variables": variables(*names), **changes})


def left(evidence: Evidence) -> list[str]:
    table = tables(evidence)["deployments.left"]
    assert isinstance(table, Table)
    return [str(row.cells["left"]) for row in table.rows]


def event(kind: str, minute: float, **data: str | int) -> AuditEvent:
    return AuditEvent(guid=kind, type=f"audit.app.{kind}", at=at(minute), app=BACKEND, actor="jo", data=data)


def test_where_all_is_as_before_nothing_is_left() -> None:
    assert left(ended()) == []


def test_variables_that_no_instance_has_seen_are_left() -> None:
    held = the_backend().variables
    assert isinstance(held, tuple)
    (said,) = left(ended(variables=variables(*(one.name for one in held[1:]), "NEW_KEY")))
    assert set(said.split(", ")) == {f"variable {held[0].name} removed", "variable NEW_KEY added"}


@pytest.mark.parametrize(("minute", "said"), [(-15, ["health check of web set anew"]), (-600, [])])
def test_a_health_check_that_was_changed_for_the_deployment_is_left(minute: float, said: list[str]) -> None:
    changed = event("process.update", minute, process_type="web", set="health_check")
    assert left(ended(events=(changed,))) == said


@pytest.mark.parametrize("reason", ["DEPLOYED", "SUPERSEDED"])
def test_a_deployment_that_was_not_cancelled_leaves_nothing(reason: str) -> None:
    changed = event("process.update", -15, process_type="web", set="health_check")
    assert left(ended(reason, events=(changed,))) == []


def test_what_takes_effect_at_once_waits_for_nothing() -> None:
    mapped = event("map-route", -8, route_guid="x")
    assert left(ended(events=(mapped,))) == []


def test_a_later_deployment_ends_the_matter() -> None:
    world = ended()
    app = next(one for one in platform_of(world).apps if one.name == BACKEND)  # type: ignore[union-attr]
    assert isinstance(app.deployments, tuple)
    later = replace(app.deployments[0], guid="e", reason="DEPLOYED", created_at=at(-2))
    changed = event("process.update", -15, process_type="web", set="health_check")
    again = with_app(world, BACKEND, deployments=(later, *app.deployments), events=(changed,))
    assert left(again) == []
