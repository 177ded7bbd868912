"""Apps that are no more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, tables
from runback.facts.deletions import led_to
from runback.model import DeletedApp, Evidence, Gap, Table
from runback.remedies import plans
from runback.rules import load
from worlds import healthy, log, platform_of, with_logs, with_platform

BACKEND, FRONTEND, PROXY = "tdp-backend-raft", "tdp-frontend-raft", "tdp-clamav-nginx-dev"
AT = datetime(2026, 3, 3, 14, 20, tzinfo=UTC)
UNRESOLVED = (
    "2026/03/03 14:35:00 [error] 12#12: *7 tdp-backend-raft.apps.internal could not be resolved "
    '(3: Host not found), client: 10.0.0.1, server: , request: "GET /v1/reports/ HTTP/1.1", host: "x"'
)


def without(name: str, deleted: tuple[DeletedApp, ...] | Gap) -> Evidence:
    """The healthy world, in which this app of the environment is not to be seen."""
    world = healthy()
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    world = replace(world, target=replace(world.target, apps=tuple(app.name for app in apps)))
    left = tuple(app for app in apps if app.name != name)
    return with_platform(world, apps=left, routes=(), deleted=deleted)


def rows(evidence: Evidence) -> list[dict[str, Any]]:
    table = tables(evidence)["apps.deleted"]
    assert isinstance(table, Table)
    return [dict(row.cells) for row in table.rows]


def gone(name: str) -> DeletedApp:
    return DeletedApp(guid=f"guid-{name}", name=name, at=AT, by="jo@example.gov")


def test_who_deleted_an_app_of_the_environment_is_the_cause_of_what_cannot_reach_it() -> None:
    world = with_logs(without(BACKEND, (gone(BACKEND),)), log("app:f", "app", "f", UNRESOLVED, FRONTEND, 6))
    (row,) = rows(world)
    assert row.keys() == SCHEMAS["apps.deleted"].columns.keys()
    assert (row["app"], row["deleted"], row["by"]) == (BACKEND, True, "jo@example.gov")
    runbook = load(SCHEMAS)
    (cause, *others) = diagnose(world, runbook).causes
    assert (cause.finding.page, cause.finding.app, others) == ("app-deleted", BACKEND, [])
    assert {finding.page for finding in cause.chain} >= {"name-not-resolved"}
    assert {symptom.name for symptom in cause.symptoms} >= {"app-down"}
    (plan,) = plans(cause.finding, world, runbook)
    assert plan.remedy == "deploy-again"
    assert not any(step.action for step in plan.steps)  # instructions for a person


def test_an_app_that_is_only_not_to_be_seen_is_unknown() -> None:
    (row,) = rows(without(BACKEND, ()))
    assert isinstance(row["deleted"], Gap)
    assert "no event says that it was deleted" in row["deleted"].reason
    assert not any(
        cause.finding.page == "app-deleted" for cause in diagnose(without(BACKEND, ()), load(SCHEMAS)).causes
    )


def test_where_the_space_keeps_its_events_to_itself_that_is_said() -> None:
    (row,) = rows(without(BACKEND, Gap(what="events of the space", reason="403")))
    assert isinstance(row["deleted"], Gap)
    assert "403" in row["deleted"].reason


def test_an_app_that_nobody_misses_is_not_said() -> None:
    assert rows(with_platform(healthy(), deleted=(gone("old-experiment"),))) == []


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("clamav-rest", True),
        ("clamav-rest.apps.internal", True),
        ("tanf-prod-clamav-rest.apps.internal", True),
        ("clamav-rest.example.gov", False),
        ("rest.apps.internal", False),
    ],
)
def test_an_internal_name_leads_to_the_app_after_which_it_is_called(host: str, found: bool) -> None:
    world = platform_of(with_platform(healthy(), deleted=(gone("clamav-rest"),)))
    assert (led_to(world, host) is not None) == found
