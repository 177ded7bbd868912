"""What is expected, what is odd about values and services, and what changed: from evidence alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from runback.facts import tables
from runback.facts.comparison import compare
from runback.facts.expected import address_of, expectations
from runback.facts.revisions import last_good
from runback.facts.values import odd
from runback.model import (
    Address,
    App,
    AuditEvent,
    Binding,
    Compared,
    Droplet,
    Evidence,
    Gap,
    Instance,
    Platform,
    Process,
    Revision,
    Service,
    SourceFile,
    Table,
    Variable,
)
from worlds import NOW, at, crashes, healthy, log, platform_of, with_app, with_logs, with_platform

BACKEND = "tdp-backend-raft"
QASP = "tdp-backend-qasp"


def variable(name: str, value: str = "v", shape: str = "text") -> Variable:
    return Variable(name=name, fingerprint=value, shape=shape)


def app_of(evidence: Evidence, name: str = BACKEND) -> App:
    apps = platform_of(evidence).apps
    assert isinstance(apps, tuple)
    return next(app for app in apps if app.name == name)


def rows(evidence: Evidence, table: str, **where: object) -> list[dict[str, Any]]:
    found = tables(evidence)[table]
    assert isinstance(found, Table)
    return [
        dict(row.cells)
        for row in found.rows
        if all(row.cells[column] == value for column, value in where.items())
    ]


def with_files(evidence: Evidence, **texts: str) -> Evidence:
    repository = evidence.repository
    assert repository is not None
    assert not isinstance(repository, Gap)
    files = tuple(SourceFile(path=name.replace("__", "/") + ".sh", text=text) for name, text in texts.items())
    return replace(evidence, repository=replace(repository, files=files))


def with_peers(evidence: Evidence, *values: tuple[Variable, ...]) -> Evidence:
    """Peers tdp-backend-qasp, -a11y … with these variables each."""
    names = [QASP, "tdp-backend-a11y", "tdp-backend-prod"][: len(values)]
    apps = platform_of(evidence).apps
    assert isinstance(apps, tuple)
    peers = [
        replace(app_of(evidence), name=name, guid=name, role="peer", variables=found, addresses=())
        for name, found in zip(names, values, strict=True)
    ]
    world = with_platform(evidence, apps=(*apps, *peers))
    return replace(world, target=replace(world.target, peers={BACKEND: tuple(names)}))


def down(evidence: Evidence) -> Evidence:
    """The backend crashes since two minutes after its revision began."""
    app = app_of(evidence)
    assert isinstance(app.processes, tuple)
    process = replace(app.processes[0], instances=(Instance(index=0, state="CRASHED"),))
    return with_app(evidence, BACKEND, processes=(process,), events=crashes(BACKEND, "status 1"))


# --- expectations ---------------------------------------------------------------------------------


def test_a_script_whose_arguments_nobody_knows_means_the_apps_that_its_words_name() -> None:
    script = 'backend=$1\ncf set-env "$backend" KEY x\ncf bs "tdp-celery-${backend#tdp-backend-}" db\n'
    world = with_files(healthy(), deploy=script)
    assert [one.name.known for one in expectations(world, BACKEND)] == ["KEY"]
    assert expectations(world, "clamav-rest") == ()


def test_an_app_that_the_script_names_with_its_environment_gets_what_follows_from_it() -> None:
    script = 'cf map-route "tdp-backend-$env" apps.internal --hostname "tdp-backend-$env"\n'
    (route,) = expectations(with_files(healthy(), deploy=script), BACKEND, "route")
    assert route.name.known == "tdp-backend-raft.apps.internal"
    assert route.place == "deploy.sh:1"


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("https://a.example.com/v1", "a.example.com", 443),
        ("http://a.apps.internal:9000", "a.apps.internal", 9000),
        ("https://${x}.example.com:8443/y", "${x}.example.com", 8443),
        ("redis://:${p}@${x}.example.com:6379/0", "${x}.example.com", 6379),
        ("amqp://me:it@q.example.com:5671", "q.example.com", 5671),
        ("portal.settings", None, None),
    ],
)
def test_the_address_in_a_value_that_a_file_gives(value: str, host: str | None, port: int | None) -> None:
    world = with_files(healthy(), deploy=f'cf set-env "{BACKEND}" U "{value}"\n')
    (one,) = expectations(world, BACKEND, "variable")
    found = address_of(one.value)
    assert (found and found.host.shown, found and found.port) == (host, port)


# --- odd values -----------------------------------------------------------------------------------


def said(evidence: Evidence, one: Variable, *others: Variable, before: Variable | None = None) -> str | None:
    found = odd(evidence, app_of(evidence), one, None, others, before)
    return found.says if found else None


def with_address(host: str, name: str = "AV_SCAN_URL") -> Evidence:
    world = with_peers(healthy(), (), (), ())
    return with_app(world, BACKEND, addresses=(Address(variable=name, host=host, port=9000),))


def test_an_address_that_is_still_local_or_of_another_environment() -> None:
    url = variable("AV_SCAN_URL", "a", "scheme://host:port")
    assert said(with_address("localhost"), url) == "still localhost"
    assert said(with_address("scan-prod.apps.internal"), url) == "points to another environment (prod)"
    others = [replace(url, fingerprint="b"), url]  # one of them may be the other environment itself
    assert said(with_address("scan-prod.apps.internal"), url, *others) is not None
    assert said(with_address("scan-prod.apps.internal"), url, url, url) is None  # shared by several
    assert said(with_address("scan-dev.apps.internal"), url) is None


@pytest.mark.parametrize(
    ("name", "shape", "others", "before", "expected"),
    [
        ("JWT_KEY", "text", ["pem", "pem"], None, "not a PEM"),
        ("JWT_KEY", "text", ["pem"], None, None),  # one alone may be the one that is wrong
        ("JWT_KEY", "text", [], "pem", "not a PEM"),
        ("PRIVATE_KEY", "text", [], None, "not a PEM"),
        ("DATABASE_URL", "text", [], None, "not a URL"),
        ("WORKERS", "text", ["integer", "integer"], None, "not a number"),
        ("TITLE", "text", ["text", "text"], "text", None),
    ],
)
def test_a_value_that_does_not_look_as_it_should(
    name: str, shape: str, others: list[str], before: str | None, expected: str | None
) -> None:
    peers = [variable(name, str(n), one) for n, one in enumerate(others)]
    past = variable(name, "past", before) if before else None
    assert said(healthy(), variable(name, "now", shape), *peers, before=past) == expected


def test_a_value_unlike_all_others_matters_where_the_app_is_down_since_it_changed() -> None:
    old = (variable("MODE", "fast"),)
    revisions = (
        Revision(guid="2", version=2, created_at=at(4), droplet="d", deployed=True),
        Revision(guid="1", version=1, created_at=NOW - timedelta(days=9), droplet="d", variables=old),
    )
    world = with_peers(healthy(), old, old)
    world = with_app(world, BACKEND, variables=(variable("MODE", "slow"),), revisions=revisions)
    (row,) = rows(world, "environment.values")
    assert (row["kind"], row["matters"]) == ("differs", False)
    (row,) = rows(down(world), "environment.values")
    assert (row["changed"], row["matters"]) == (True, True)
    allowed = replace(down(world), target=replace(world.target, may_differ=("variable MO*",)))
    assert rows(allowed, "environment.values") == []


def test_a_value_that_an_exception_names_matters() -> None:
    world = with_app(healthy(), BACKEND, variables=(variable("DATABASE_URL"),))
    (row,) = rows(world, "environment.values")
    assert row["matters"] is False
    (row,) = rows(with_logs(world, log("a", "app", "app", "ValueError: DATABASE_URL has no scheme", BACKEND)),
                  "environment.values")  # fmt: skip
    assert (row["kind"], row["matters"]) == ("malformed", True)


def test_what_was_a_pem_or_an_address_is_none_any_more() -> None:
    old = (variable("JWT_CERT", "-----BEGIN CERTIFICATE-----\nMII", "pem"), variable("SCAN", "u", "text"))
    now = (variable("JWT_CERT", "-----BEGIN CERTIFICATE-----\\nMII"), variable("SCAN", "other"))
    revisions = (
        Revision(guid="2", version=2, created_at=at(4), droplet="d", deployed=True),
        Revision(guid="1", version=1, created_at=NOW - timedelta(days=9), droplet="d", variables=old),
    )
    shapes = (variable("JWT_CERT", "x"),)  # what other environments have there is no certificate either
    world = with_app(with_peers(healthy(), shapes, shapes), BACKEND, variables=now, revisions=revisions)
    (row,) = rows(down(world), "environment.values")
    assert (row["name"], row["says"], row["matters"]) == ("JWT_CERT", "not a PEM", True)


def test_an_address_without_its_scheme_matters_where_the_code_shows_it() -> None:
    world = with_app(healthy(), BACKEND, variables=(variable("AV_SCAN_URL"),), addresses=())
    world = with_files(
        world, deploy=f"cf set-env {BACKEND} AV_SCAN_URL http://clam.apps.internal:9000/scan\n"
    )
    (row,) = rows(world, "environment.values")
    assert (row["kind"], row["matters"]) == ("malformed", False)
    told = "ERROR No connection adapters were found for 'clam.apps.internal:9000/scan'"
    (row,) = rows(with_logs(world, log("a", "app", "app", told, BACKEND)), "environment.values")
    assert row["matters"] is True


# --- services -------------------------------------------------------------------------------------


def services(*found: Service) -> Evidence:
    return with_platform(healthy(), services=found)


DB = Service(guid="db", name="tdp-db-dev", type="managed", space="tanf-dev", offering="rds", plan="micro")


def test_the_state_of_a_service_and_who_shares_it() -> None:
    failed = replace(DB, operation="update failed", description="no room")
    world = with_app(services(failed), BACKEND, bindings=(Binding(service="tdp-db-dev", space="other"),))
    (row,) = rows(world, "services.instances", app=BACKEND, service="tdp-db-dev")
    assert (row["state"], row["operation"], row["description"], row["shared_from"]) == (
        "failed", "update", "no room", "other"
    )  # fmt: skip


def test_a_shared_service_is_known_by_the_space_that_it_belongs_to() -> None:
    theirs = replace(DB, space="other", operation="update in progress")
    world = with_app(services(theirs), BACKEND, bindings=(Binding(service="tdp-db-dev", space="other"),))
    (row,) = rows(world, "services.instances", app=BACKEND, service="tdp-db-dev")
    assert (row["state"], row["plan"], row["shared_from"]) == ("in_progress", "rds micro", "other")


def test_a_service_that_is_expected_and_never_came_about_is_no_service_that_is_merely_not_bound() -> None:
    world = with_files(services(DB), deploy=f"cf bind-service {BACKEND} tdp-db-dev\n")
    world = with_app(world, BACKEND, bindings=())
    assert rows(world, "services.instances", app=BACKEND) == []
    failed = replace(DB, operation="create failed", description="no room")
    world = with_platform(world, services=(failed,))
    (row,) = rows(world, "services.instances", app=BACKEND)
    assert (row["state"], row["operation"], row["description"]) == ("failed", "create", "no room")


def test_a_service_matters_where_the_log_complains_of_its_host() -> None:
    bound = (Binding(service="tdp-db-dev", hosts=("db.lab.example",)),)
    world = with_app(services(DB), BACKEND, bindings=bound)
    (row,) = rows(world, "services.instances", app=BACKEND, service="tdp-db-dev")
    assert (row["host"], row["matters"]) == ("db.lab.example", False)
    told = 'OperationalError: connection to server at "db.lab.example", port 5432 failed'
    world = with_logs(world, log("a", "app", "app", told, BACKEND))
    (row,) = rows(world, "services.instances", app=BACKEND, service="tdp-db-dev")
    assert row["matters"] is True


def test_a_service_that_the_script_binds_and_that_is_not_there_may_have_nearly_the_name() -> None:
    near = replace(DB, name="tdp-database-dev")
    world = with_app(services(near), BACKEND, bindings=())
    world = with_files(world, deploy=f"cf bind-service {BACKEND} tdp-databse-dev\n")
    (row,) = rows(world, "services.instances", app=BACKEND)
    assert (row["service"], row["state"], row["near"]) == ("tdp-databse-dev", "gone", "tdp-database-dev")


@pytest.mark.parametrize(
    ("changes", "renamed"),
    [
        ({}, "tdp-db-new"),
        ({"plan": "medium"}, None),  # it is not the one that the script makes
        ({"created_at": at(20)}, None),  # it was made since: another one, with nothing in it
        ({"updated_at": None}, None),
        ({"name": "tdp-cache-dev"}, None),  # a file knows it by this name
    ],
)
def test_a_service_that_is_gone_by_its_name_only_has_another_one(
    changes: dict[str, Any], renamed: str | None
) -> None:
    usual = {"name": "tdp-db-new", "created_at": NOW - timedelta(days=90), "updated_at": at(20)}
    now = replace(DB, **{**usual, **changes})
    world = with_app(services(now), BACKEND, bindings=(Binding(service=now.name),))
    script = f"cf create-service rds micro tdp-db-dev\ncf bind-service {BACKEND} tdp-db-dev\n"
    world = with_files(world, deploy=f"{script}cf bind-service {BACKEND} tdp-cache-dev\n")
    (row,) = rows(world, "services.instances", app=BACKEND, service="tdp-db-dev")
    assert (row["state"], row["renamed"]) == ("gone", renamed)


def test_a_binding_younger_than_the_start_and_content_younger_than_it() -> None:
    started = AuditEvent(guid="s", type="audit.app.start", at=at(10), app=BACKEND)
    bindings = (
        Binding(service="tdp-db-dev", created_at=at(20)),
        Binding(service="partner", created_at=at(-9)),
    )
    partner = Service(guid="p", name="partner", type="user-provided", space="tanf-dev", updated_at=at(30))
    world = with_app(services(DB, partner), BACKEND, bindings=bindings, events=(started,))
    found = {
        row["service"]: (row["bound_late"], row["stale"])
        for row in rows(world, "services.instances", app=BACKEND)
    }
    assert (found["tdp-db-dev"], found["partner"]) == ((True, False), (False, True))
    again = replace(started, guid="t", at=at(40))
    world = with_app(world, BACKEND, events=(started, again))
    assert not any(
        row["bound_late"] or row["stale"] for row in rows(world, "services.instances", app=BACKEND)
    )


def test_another_plan_than_the_script_creates_it_with() -> None:
    world = with_files(services(DB), infrastructure="cf create-service rds medium tdp-db-dev\n")
    (row,) = rows(world, "services.instances", app=BACKEND, service="tdp-db-dev")
    assert (row["plan"], row["wanted_plan"], row["plan_differs"]) == ("rds micro", "rds medium", True)


# --- what changed ---------------------------------------------------------------------------------


def past(*changes: Any) -> Evidence:
    """Revision 1 ran well with d1; revision 2 crashes with d2, since minute 4."""
    made: dict[str, Any] = {"state": "STAGED", "created_at": NOW}
    old = Droplet(guid="d1", buildpacks=("python 1.8", "apt 1"), commit="a" * 40, **made)
    return with_app(
        healthy(), BACKEND,
        droplet=Droplet(guid="d2", buildpacks=("python 1.9",), commit="b" * 40, **made),
        droplets=(old,),
        variables=(variable("KEPT"), variable("MODE", "slow"), variable("NEW")),
        revisions=(
            Revision(
                guid="2", version=2, created_at=at(4), droplet="d2", deployed=True, commands={"web": "b"}
            ),
            Revision(
                guid="1", version=1, created_at=NOW - timedelta(days=9), droplet="d1", sidecars=("proxy",),
                variables=(variable("KEPT"), variable("MODE", "fast"), variable("OLD")),
            ),
        ),
        events=(*crashes(BACKEND, "status 1"), *changes),
    )  # fmt: skip


def event(kind: str, minute: float, **data: str | int) -> AuditEvent:
    return AuditEvent(guid=f"{kind}{minute}", type=kind, at=at(minute), app=BACKEND, actor="maya", data=data)


def test_two_revisions_are_compared_by_code_buildpacks_variables_commands_and_sidecars() -> None:
    found = {
        (r["kind"], r["name"], r["change"], r["before"], r["after"])
        for r in rows(past(), "changes", app=BACKEND)
    }
    assert found == {
        ("droplet", "commit", "changed", "a" * 40, "b" * 40),
        ("buildpack", "python", "changed", "1.8", "1.9"),
        ("buildpack", "apt", "removed", "1", None),
        ("variable", "MODE", "changed", None, None),
        ("variable", "NEW", "added", None, None),
        ("variable", "OLD", "removed", None, None),
        ("command", "web", "changed", None, None),
        ("sidecar", "proxy", "removed", None, None),
    }


def test_audit_events_say_who_scaled_bound_and_mapped_and_looking_is_no_change() -> None:
    world = past(
        event("audit.app.process.scale", 20, instances=0, process_type="web"),
        event("audit.service_binding.delete", 21, service="tdp-db-dev"),
        event("audit.app.unmap-route", 22, route_guid="r-1"),
        event("audit.app.stop", 23), event("audit.app.start", 24),
        event("audit.app.environment.show", 25),
        event("audit.app.revision.environment_variables.show", 26),
        event("audit.app.map-route", 27, route_guid="r-2"),
        event("audit.app.unmap-route", 28, route_guid="r-2"),
    )  # fmt: skip
    found = [
        (r["kind"], r["name"], r["after"], r["by"]) for r in rows(world, "changes", app=BACKEND) if r["by"]
    ]
    assert found == [
        ("scale", "web instances", "0", "maya"),
        ("binding", "tdp-db-dev", None, "maya"),
        ("route", "route r-1", None, "maya"),
        ("state", "restarted", "restarted", "maya"),
    ]


def test_checks_that_a_person_set_are_named_and_what_a_push_takes_from_its_manifest_is_code() -> None:
    world = past(
        event("audit.app.process.update", 20, process_type="web", set="command health_check", by="manifest"),
        event("audit.app.process.update", 22, process_type="worker", set="health_check"),
        event("audit.app.process.update", 23, process_type="worker", set="readiness_health_check"),
    )
    found = [r["name"] for r in rows(world, "changes", app=BACKEND) if r["kind"] == "setting"]
    assert found == ["health check of worker", "readiness check of worker"]


def test_the_safe_way_back_is_one_for_the_command_and_for_the_remedy() -> None:
    good = last_good(app_of(past()), NOW)
    assert isinstance(good, Revision)
    assert good.version == 1
    off = with_app(past(), BACKEND, revisions_enabled=False)
    refused = last_good(app_of(off), NOW)
    assert isinstance(refused, Gap)
    assert "switched off" in refused.reason


# --- the comparison -------------------------------------------------------------------------------


def row_of(evidence: Evidence, subject: str, name: str) -> Compared:
    return next(one for one in compare(evidence, BACKEND).rows if (one.subject, one.name) == (subject, name))


def test_what_may_differ_is_not_remarked() -> None:
    world = with_app(healthy(), BACKEND, variables=(variable("DATABASE_URL"),))
    assert row_of(world, "variable", "DATABASE_URL").remark == "not a URL"
    world = replace(world, target=replace(world.target, may_differ=("variable DATABASE_*",)))
    assert (
        row_of(world, "variable", "DATABASE_URL").remark,
        row_of(world, "variable", "DATABASE_URL").verdict,
    ) == ("", "allowed")


def test_the_peers_are_asked_by_majority() -> None:
    one = with_peers(healthy(), (variable("EXTRA"),), (), ())
    assert row_of(one, "variable", "EXTRA").remark == ""
    most = with_peers(healthy(), (variable("EXTRA"),), (variable("EXTRA"),), ())
    assert row_of(most, "variable", "EXTRA").remark == "2 of 3 peers have it"


def test_what_could_not_be_seen_is_unknown_and_the_rest_is_compared() -> None:
    gap = Gap(what="environment", reason="403")
    found = compare(with_app(healthy(), BACKEND, variables=gap), BACKEND)
    assert gap in found.unknown
    assert {row.subject for row in found.rows} >= {"service", "route", "policy"}
    assert all(row.remark == "" for row in found.rows if row.subject == "variable")


def test_what_of_a_script_nobody_can_tell_is_said() -> None:
    world = with_files(healthy(), deploy='cf set-env web A b\neval "$X"\n')
    assert ("deploy.sh:2", "what eval runs") in [
        (gap.what, gap.reason) for gap in compare(world, BACKEND).unknown
    ]


def test_a_command_is_compared_and_never_told() -> None:
    process = Process(
        guid="p", type="web", desired=1, memory_mb=512, disk_mb=1024, command="serve --key=fake-XYZZY"
    )
    world = with_app(healthy(), BACKEND, processes=(process,))
    world = with_files(world, deploy=f"cf push {BACKEND} --no-manifest -m 1G -c 'other --key=fake-PLUGH'\n")
    assert row_of(world, "setting", "web command").remark == "not the manifest's"
    assert row_of(world, "scale", "web memory").remark == "the deployment says 1024 MB"
    assert not any(word in repr(compare(world, BACKEND)) for word in ("XYZZY", "PLUGH"))


def test_a_platform_that_could_not_be_asked_is_said() -> None:
    world = replace(healthy(), platform=Gap(what="Cloud Foundry", reason="401"))
    assert compare(world, BACKEND).rows == ()
    assert isinstance(tables(world)["changes"], Gap)
    assert isinstance(tables(world)["environment.values"], Gap)
    assert isinstance(tables(world)["services.instances"], Gap)
    assert isinstance(healthy().platform, Platform)
