"""The sweep of many apps, on the benchmark's own platform: few requests, all pages, nothing private read."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from runback import app
from runback.model import FleetApp, Gap
from runback.reports.fleet import judge, render

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.fleet import NOW, Platform, write_login


def swept(tmp_path: Path, apps: int, page: int) -> tuple[list[str], app.Place]:
    with Platform(apps, page) as platform:
        write_login(tmp_path, platform.url)
        place = app.Place(tmp_path, {"HOME": str(tmp_path), "CF_HOME": str(tmp_path)}, now=lambda: NOW)
        found = app.fleet(place)
        assert len(found.apps) == apps
        assert found.requests == len(platform.paths)
        assert sum(judge(one, found.at)[0] == "bad" for one in found.apps) == apps // 50
    return platform.paths, place


def test_a_thousand_apps_cost_few_requests_and_no_environment(tmp_path: Path) -> None:
    paths, _ = swept(tmp_path, 1000, 1000)
    assert len(paths) <= 6 + 1000 // 50
    assert not any("/env" in path or "environment_variables" in path for path in paths)
    assert len(set(paths)) == len(paths)


def test_pages_are_followed(tmp_path: Path) -> None:
    paths, _ = swept(tmp_path, 250, 50)
    assert sum(path.startswith("/v3/apps?") for path in paths) == 5


def one(**changes: object) -> FleetApp:
    app = FleetApp(guid="g", name="a", space="s", org="o", state="STARTED", desired=2, crashes=0)
    return replace(app, **changes)


@pytest.mark.parametrize(
    ("changes", "health", "says"),
    [
        ({}, "good", "nothing failed in the last day"),
        ({"crashes": 3, "running": 0}, "bad", "none of 2 instances runs; 3 crashes in a day"),
        ({"crashes": 1, "running": 1}, "hurt", "1 crash in a day; 1 of 2 instances run"),
        (
            {"deploying_since": NOW - timedelta(minutes=30)},
            "hurt",
            "a deployment has not moved for 30 minutes",
        ),
        ({"deploying_since": NOW - timedelta(minutes=3)}, "good", "nothing failed in the last day"),
        ({"failed_builds": 1, "failed_tasks": 2}, "hurt", "1 build failed in a day; 2 tasks failed in a day"),
        ({"desired": 0, "crashes": 2}, "good", "scaled to no instances"),
        ({"crashes": None}, "unknown", "crashes or instances could not be read"),
    ],
)
def test_what_is_said_of_an_app(changes: dict[str, object], health: str, says: str) -> None:
    assert judge(one(**changes), NOW) == (health, says)


def test_the_report_names_those_in_trouble_and_what_could_not_be_read() -> None:
    from runback.model import Fleet

    apps = tuple(one(name=f"a{number:02}", crashes=1, running=0) for number in range(30))
    fleet = Fleet(
        apps=(*apps, one()), at=NOW, unknown=(Gap(what="tasks of all apps", reason="403"),), requests=6
    )
    lines = render(fleet).splitlines()
    assert len(lines) == 25 + 3
    assert lines[-3:] == [
        "and 5 more (--show all)",
        "? tasks of all apps: 403",
        "31 apps: 30 down; 6 requests",
    ]
    assert len(render(fleet, everything=True).splitlines()) == 33
