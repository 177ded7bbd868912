"""A rebuild in the lab: its own script, with `runback lab cf` on PATH; read back by cf itself."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from runback import app, lab
from runback.lab import cf
from runback.lab.running import RunningLab
from runback.state import State

BACKEND, CELERY = "tdp-backend-raft", "tdp-celery-raft"


def cf_says(running: RunningLab, *words: str) -> str:
    out = io.StringIO()
    cf.main(list(words), running.environ, running.checkout, out, out, running.wait)
    return out.getvalue()


def done(running: RunningLab, *words: str) -> None:
    out = io.StringIO()
    assert cf.main(list(words), running.environ, running.checkout, out, out, running.wait) == 0, (
        out.getvalue()
    )


def asked(running: RunningLab, path: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(cf_says(running, "curl", path))
    return found


def guid(running: RunningLab, name: str) -> str:
    return cf_says(running, "app", name, "--guid").strip()


def propose(running: RunningLab, place: app.Place | None = None, **more: object) -> app.Proposal:
    request = app.Request(app=BACKEND, environment=running.environment)
    return app.propose_rebuild(request, place or app.Place.in_lab(running), {}, {}, **more)  # type: ignore[arg-type]


def rebuild(running: RunningLab, place: app.Place | None = None) -> app.Outcome:
    place = place or app.Place.in_lab(running)
    proposal = propose(running, place)
    assert [one.because for one in proposal.remedies if one.result != "planned"] == []
    values = {name: running.remembered(name) or "" for name in proposal.asks_for}
    return app.carry_out(proposal, place, "runback rebuild", values)


@pytest.fixture
def by_hand() -> Iterator[RunningLab]:
    """A healthy world in which people have done by hand what no script knows."""
    with lab.start("healthy") as running:
        done(running, "set-env", BACKEND, "SET_BY_HAND", "a-value-of-a-person")
        done(running, "map-route", BACKEND, "app.cloud.gov", "--hostname", "by-hand", "--path", "/api")
        done(running, "set-label", "app", BACKEND, "team=portal")
        done(running, "scale", BACKEND, "-i", "2")
        done(running, "bind-service", CELERY, "tdp-tf-states")
        done(
            running,
            "curl",
            f"/v3/apps/{guid(running, BACKEND)}/features/ssh",
            "-X",
            "PATCH",
            "-d",
            '{"enabled": false}',
        )
        done(
            running,
            "add-network-policy",
            "tdp-clamav-nginx-dev",
            BACKEND,
            "--protocol",
            "tcp",
            "--port",
            "8080-8082",
        )
        done(running, "add-network-policy", CELERY, BACKEND, "--protocol", "tcp", "--port", "9999")
        process = f"/v3/apps/{guid(running, CELERY)}/processes/web"
        done(running, "curl", process, "-X", "PATCH", "-d", json.dumps({"command": BY_HAND}))
        map_tcp_port(running, 1025)
        done(running, "restart", CELERY)
        yield running


BY_HAND = "bash celery_start.sh --password kept-secret"
TCP = "tcp.lab.example"


def map_tcp_port(running: RunningLab, port: int) -> None:
    """A route of a TCP domain, which has a port and no host, to the backend."""
    with running._world.entered() as world:
        (usual,) = [one for one in world.state.domains.values() if one.name == "app.cloud.gov"]
        made = replace(usual, guid=world.guid(), name=TCP, supported_protocols=("tcp",))
        world.state.domains[made.guid] = made
    app_guid = guid(running, BACKEND)
    space = asked(running, f"/v3/apps/{app_guid}")["relationships"]["space"]  # type: ignore[index]
    body = {"port": port, "relationships": {"space": space, "domain": {"data": {"guid": made.guid}}}}
    route = json.loads(cf_says(running, "curl", "/v3/routes", "-X", "POST", "-d", json.dumps(body)))
    destinations = {"destinations": [{"app": {"guid": app_guid}, "port": 9100}]}
    path = f"/v3/routes/{route['guid']}/destinations"
    done(running, "curl", path, "-X", "POST", "-d", json.dumps(destinations))


def tcp_routes(running: RunningLab) -> list[tuple[int, int]]:
    """Port of the router and of the app, for each of the backend's TCP routes."""
    found = asked(running, f"/v3/apps/{guid(running, BACKEND)}/routes")["resources"]
    ports = [(one["port"], one["destinations"][0]["port"]) for one in found]  # type: ignore[attr-defined]
    return [one for one in ports if one[0]]


def test_all_that_the_script_forgets_is_there_again(by_hand: RunningLab) -> None:
    before = guid(by_hand, BACKEND)
    printed: list[str] = []
    place = app.Place.in_lab(by_hand)
    outcome = rebuild(by_hand, app.Place(**{**place.__dict__, "say": printed.append}))
    assert [one.because for one in outcome.remedies if one.result != "verified"] == []
    after = guid(by_hand, BACKEND)
    assert after != before
    assert "a-value-of-a-person" in cf_says(by_hand, "env", BACKEND)
    assert '"tdp-tf-states"' in cf_says(by_hand, "env", CELERY)
    shown = cf_says(by_hand, "app", BACKEND)
    assert "by-hand.app.cloud.gov/api" in shown
    assert "2/2" in shown
    body = asked(by_hand, f"/v3/apps/{after}")
    assert body["metadata"]["labels"]["team"] == "portal"  # type: ignore[index]
    assert asked(by_hand, f"/v3/apps/{after}/features/ssh")["enabled"] is False
    policies = cf_says(by_hand, "network-policies")
    assert "8080-8082" in policies
    assert "9999" in policies
    command = asked(by_hand, f"/v3/apps/{guid(by_hand, CELERY)}/processes/web")["command"]
    assert command == "bash celery_start.sh"  # the manifest's word counts
    assert tcp_routes(by_hand) == [(1025, 9100)]
    assert "a-value-of-a-person" not in "\n".join(printed)
    assert any("Pushing app tdp-backend-raft" in line for line in printed)


def test_nothing_is_left_of_the_snapshot_and_no_value_was_written(by_hand: RunningLab) -> None:
    place = app.Place.in_lab(by_hand)
    seen: list[bytes] = []
    folder = State.of(by_hand.environ).folder

    def look(_line: str) -> None:
        seen.extend(path.read_bytes() for path in folder.rglob("snapshots/*"))

    rebuild(by_hand, app.Place(**{**place.__dict__, "say": look}))
    assert seen
    assert all(b"a-value-of-a-person" not in one and b"SET_BY_HAND" not in one for one in seen)
    assert list(folder.rglob("snapshots/*")) == []
    assert f"{BACKEND}-before-rebuild" not in cf_says(by_hand, "apps")
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"a-value-of-a-person" not in written
    assert b"kept-secret" not in written
    assert (by_hand.remembered("JWT_KEY") or "?").encode() not in written


def ask_for_old_python(running: RunningLab) -> None:
    (running.checkout / "backend" / "runtime.txt").write_text("python-3.7.99\n")


def test_a_push_that_fails_is_told_with_what_stands_and_the_snapshot_comes_back(by_hand: RunningLab) -> None:
    ask_for_old_python(by_hand)
    (one,) = rebuild(by_hand).remedies
    assert one.result == "failed"
    said = "\n".join(one.because)
    assert "scripts/deploy-backend.sh went on after an error" in said
    assert "cf restage tdp-backend-raft: FAILED" in said
    assert "tdp-backend-raft is a new one, has no code that can run, and lacks" in said
    assert "the route by-hand.app.cloud.gov/api" in said
    assert f"the route {TCP}:1025" in said
    assert "--undo gives the snapshot back" in said
    gives_back(by_hand)


def gives_back(running: RunningLab) -> None:
    place = app.Place.in_lab(running)
    journal = app.unfinished(place)
    assert journal is not None
    said = "\n".join(app.undo(journal, place))
    assert "gave tdp-backend-raft its old code back" in said
    running.wait(60)
    assert "a-value-of-a-person" in cf_says(running, "env", BACKEND)
    assert "8080-8082" in cf_says(running, "network-policies")
    assert tcp_routes(running) == [(1025, 9100)]
    assert asked(running, f"/v3/apps/{guid(running, CELERY)}/processes/web")["command"] == BY_HAND
    assert "2/2" in cf_says(running, "app", BACKEND)
    assert "down" not in cf_says(running, "app", BACKEND)
    left = {cause.finding.page for cause in app.diagnose_running(running).causes}
    assert left <= {"buildpack-version-unsupported"}  # the build that failed is the new app's newest one
    assert app.unfinished(place) is None
    assert f"{BACKEND}-before-rebuild" not in cf_says(running, "apps")


@pytest.mark.long
def test_an_app_that_was_only_deleted_comes_back_too(by_hand: RunningLab) -> None:
    manifest = by_hand.checkout / "backend" / "manifest.yml"
    manifest.write_text("applications: [")
    (one,) = rebuild(by_hand).remedies
    assert one.result == "failed"
    assert "tdp-backend-raft is deleted, and there is no new one." in one.because
    gives_back(by_hand)


@pytest.mark.long
def test_mended_the_same_command_goes_on(by_hand: RunningLab) -> None:
    runtime = by_hand.checkout / "backend" / "runtime.txt"
    whole = runtime.read_text()
    values = {name: by_hand.remembered(name) or "" for name in propose(by_hand).asks_for}
    ask_for_old_python(by_hand)
    rebuild(by_hand)
    runtime.write_text(whole)
    place = app.Place.in_lab(by_hand)
    journal = app.unfinished(place)
    assert journal is not None
    assert set(app.values_missing(journal)) == set(values)
    (one,) = app.resume(journal, place, values).remedies
    assert (one.result, one.because) == ("verified", ())
    assert "a-value-of-a-person" in cf_says(by_hand, "env", BACKEND)


def test_a_missing_variable_and_a_placeholder_are_refused() -> None:
    with lab.start("healthy") as running:
        done(running, "unset-env", BACKEND, "JWT_KEY")
        done(running, "unset-env", CELERY, "JWT_KEY")
        place = app.Place.in_lab(running)
        known = {"DJANGO_SU_NAME": "yourname@example.org", "JWT_CERT": "cert"}
        place = app.Place(**{**place.__dict__, "known": known.get})
        (one,) = propose(running, place).remedies
        assert one.result == "blocked"
        said = "\n".join(one.because)
        assert "JWT_KEY has no value here" in said
        assert "the context tdp-dev may have it" in said
        assert "DJANGO_SU_NAME is still a placeholder in your environment" in said
        assert "yourname" not in said
        assert len(one.because) == 2
        notes = "\n".join(one.plan.notes if one.plan else ())
        assert "Variables from your environment: JWT_CERT" in notes
        assert "Variables from the app itself, as it stands: ACFTITAN_HOST" in notes
        assert {request.method for request in running.requests() if "/wait" not in request.path} <= {
            "GET",
            "POST",
            "PATCH",
        }
        assert "JWT_KEY" not in propose(running, place, without=["JWT_KEY"]).remedies[0].because[0]


def test_without_cf_nothing_is_begun() -> None:
    with lab.start("healthy") as running:
        place = replace(app.Place.in_lab(running), programs=lambda: {"PATH": str(running.checkout)})
        (one,) = propose(running, place).remedies
        assert (one.result, one.because) == ("blocked", ("there is no cf on PATH: install the cf CLI 8",))


def test_a_health_check_and_a_command_that_the_script_does_not_know_come_back(by_hand: RunningLab) -> None:
    """The worker's manifest says nothing of them any more: a new app gets the platform's usual ones."""
    done(by_hand, "set-health-check", CELERY, "process")
    manifest = by_hand.checkout / "backend" / "manifest.celery.yml"
    lines = manifest.read_text().splitlines(keepends=True)
    left = [line for line in lines if "health-check-type:" not in line and "command:" not in line]
    assert len(left) == len(lines) - 2
    manifest.write_text("".join(left))
    rebuild(by_hand)
    found = asked(by_hand, f"/v3/apps/{guid(by_hand, CELERY)}/processes/web")
    assert found["health_check"]["type"] == "process"  # type: ignore[index]
    assert found["command"] == BY_HAND
    carried_out = [entry["action"] for entry in State.of(by_hand.environ).audited()]
    assert "PATCH /v3/apps/{guid}/processes/{type}" in carried_out  # not the manifest did it


def settings(running: RunningLab) -> list[object]:
    one = asked(running, f"/v3/apps/{guid(running, running.app)}/processes/web")
    return [one[name] for name in ("memory_in_mb", "disk_in_mb", "health_check")]


@pytest.mark.long
def test_after_new_code_that_crashes_the_old_code_runs_again_as_it_was() -> None:
    """The app is started all the time: what it got back must be started too."""
    with lab.start("new-revision-crashes") as running:
        done(running, "rollback", running.app, "--version", "3", "-f")
        before = settings(running)
        manifest = running.checkout / "backend" / "manifest.yml"
        text = manifest.read_text().replace("memory: 512M", "memory: 768M")
        manifest.write_text(text.replace("disk_quota: 2G", "disk_quota: 3G").replace("/healthz/", "/other/"))
        request = app.Request(app=running.app, environment=running.environment)
        place = app.Place.in_lab(running)
        proposal = app.propose_rebuild(request, place, {}, {})
        values = {name: running.remembered(name) or "" for name in proposal.asks_for}
        (one,) = app.carry_out(proposal, place, "runback rebuild", values).remedies
        assert one.result in ("failed", "not verified")
        assert "--undo gives the snapshot back" in one.because[-1]
        assert settings(running) != before
        journal = app.unfinished(place)
        assert journal is not None
        said = "\n".join(app.undo(journal, place))
        assert f"gave {running.app} its old code back" in said
        assert settings(running) == before
        assert "1/1" in cf_says(running, "app", running.app)
        running.wait(300)  # until people come again
        left = {cause.finding.page for cause in app.diagnose_running(running).causes}
        assert left <= {"push-failed-green"}  # of the pipeline, as before
