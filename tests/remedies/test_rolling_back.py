"""Rollbacks in the lab: which revision, what stands in the way, how it is followed, what if there is none."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from runback import app, lab
from runback.errors import UsageError
from runback.lab import cf
from runback.lab.running import RunningLab


def cf_says(running: RunningLab, *words: str) -> str:
    out = io.StringIO()
    cf.main(list(words), running.environ, running.checkout, out, out, running.wait)
    return out.getvalue()


def curl(running: RunningLab, path: str, *more: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(cf_says(running, "curl", path, *more))
    return found


def guid(running: RunningLab) -> str:
    return cf_says(running, "app", running.app, "--guid").strip()


def propose(running: RunningLab, place: app.Place | None = None, **more: object) -> app.Proposal:
    request = app.Request(app=running.app, environment=running.environment)
    return app.propose_rollback(request, place or app.Place.in_lab(running), **more)  # type: ignore[arg-type]


def carry_out(running: RunningLab, proposal: app.Proposal, place: app.Place | None = None) -> app.Remedied:
    outcome = app.carry_out(proposal, place or app.Place.in_lab(running), "runback rollback", {})
    return outcome.remedies[0]


@pytest.fixture
def crashing() -> Iterator[RunningLab]:
    with lab.start("new-revision-crashes") as running:
        yield running


@pytest.fixture
def healthy() -> Iterator[RunningLab]:
    with lab.start("healthy") as running:
        yield running


def test_a_person_chooses_the_revision_and_sees_each_instance(healthy: RunningLab) -> None:
    cf_says(healthy, "scale", healthy.app, "-i", "2")
    healthy.wait(60)
    heard: list[str] = []
    place = app.Place.in_lab(healthy, heard.append)
    one = carry_out(healthy, propose(healthy, place, to=4), place)
    assert (one.result, one.because) == ("verified", ())
    assert "Rolled back to revision 4." in cf_says(healthy, "revisions", healthy.app)
    assert any("new instances: 0 starting" in line for line in heard)
    assert any("new instances: 0 running" in line for line in heard)
    assert f"{healthy.app}: deployed" in heard


def test_a_canary_serves_alone_before_the_others_follow(healthy: RunningLab) -> None:
    cf_says(healthy, "scale", healthy.app, "-i", "2")
    healthy.wait(60)
    proposal = propose(healthy, to=4, canary=True)
    (step,) = [s for s in proposal.chosen[0].plan.steps if s.parameters.get("app_name") == healthy.app]  # type: ignore[union-attr]
    assert step.command.endswith("--strategy canary")
    heard: list[str] = []
    place = app.Place.in_lab(healthy, heard.append)
    began = healthy.now()
    assert carry_out(healthy, proposal, place).result == "verified"
    assert any("paused, new instances: 0 running" in line for line in heard)
    assert healthy.now() - began > timedelta(seconds=60)
    assert [one.path for one in healthy.requests() if one.path.endswith("/actions/continue")] != []


def test_a_crash_is_told_with_what_the_instance_said(crashing: RunningLab) -> None:
    assert carry_out(crashing, propose(crashing)).result == "verified"
    one = carry_out(crashing, propose(crashing, to=4))
    assert one.result == "failed"
    said = "\n".join(one.because)
    assert "was cancelled: new instance 0 crashed (APP/PROC/WEB: Exited with status" in said
    assert "Error" in said  # the last lines of its log
    assert any(line.startswith("| ") for line in one.because)
    found = curl(crashing, f"/v3/deployments?app_guids={guid(crashing)}&order_by=-created_at")
    assert found["resources"][0]["status"]["reason"] == "CANCELED"  # type: ignore[index]


def test_a_stall_is_cancelled_after_five_minutes_without_a_step(healthy: RunningLab) -> None:
    """A health check that never answers and ends nothing: nothing crashes, and nothing moves."""
    proposal = propose(healthy, to=4)
    path = f"/v3/apps/{guid(healthy)}/processes/web"
    check = {"health_check": {"type": "http", "data": {"endpoint": "/nowhere", "timeout": 900}}}
    curl(healthy, path, "-X", "PATCH", "-d", json.dumps(check))
    began = healthy.now()
    one = carry_out(healthy, proposal)
    assert one.result == "failed"
    assert "was cancelled: no instance became healthy within 5 minutes" in one.because[0]
    assert timedelta(minutes=5) <= healthy.now() - began < timedelta(minutes=12)
    assert "running" in cf_says(healthy, "app", healthy.app)


def test_another_deployment_is_cancelled_first(healthy: RunningLab) -> None:
    body = {"relationships": {"app": {"data": {"guid": guid(healthy)}}}, "strategy": "rolling"}
    curl(healthy, "/v3/deployments", "-X", "POST", "-d", json.dumps(body))
    proposal = propose(healthy, to=4)
    plan = proposal.chosen[0].plan
    assert plan is not None
    assert plan.steps[0].sentence == f"Cancel the deployment of {healthy.app} that is under way."
    assert carry_out(healthy, proposal).result == "verified"
    assert "Rolled back to revision 4." in cf_says(healthy, "revisions", healthy.app)


def test_one_that_began_after_the_plan_stops_it(healthy: RunningLab) -> None:
    proposal = propose(healthy, to=4)
    cf_says(healthy, "restart", healthy.app, "--strategy", "rolling", "--no-wait")
    one = carry_out(healthy, proposal)
    assert one.result == "failed"
    assert f"another deployment of {healthy.app} is under way" in one.because[0]


def test_an_expired_droplet_cannot_be_deployed(healthy: RunningLab) -> None:
    found = curl(healthy, f"/v3/apps/{guid(healthy)}/revisions?versions=4")["resources"]
    droplet = found[0]["droplet"]["guid"]  # type: ignore[index]
    with healthy._world.entered() as world:
        world.state.droplets[droplet].state = "EXPIRED"
    with pytest.raises(UsageError, match="the droplet of revision 4 of tdp-backend-raft has expired"):
        propose(healthy, to=4)


def test_the_identical_revision_is_refused_in_the_platforms_words(healthy: RunningLab) -> None:
    """Somebody tried a setting and took it back: a newer revision is what an older one is."""
    found = curl(healthy, f"/v3/apps/{guid(healthy)}/revisions/deployed")["resources"]
    before = found[0]["version"]  # type: ignore[index]
    for words in (["set-env", healthy.app, "TRIED", "yes"], ["unset-env", healthy.app, "TRIED"]):
        cf_says(healthy, *words)
        cf_says(healthy, "restart", healthy.app)
        healthy.wait(120)
    one = carry_out(healthy, propose(healthy, to=before))
    assert one.result == "failed"
    assert "Unable to rollback" in one.because[0]
    assert app.unfinished(app.Place.in_lab(healthy)) is None


def test_migrations_between_the_commits_are_named(healthy: RunningLab) -> None:
    path = "backend/portal/reports/migrations/0002_due_date.py"
    healthy.push("raft", "Add a column", files={path: "# a migration\n"}, parameters={})
    subprocess.run(["git", "-C", str(healthy.checkout), "fetch", "-q"], check=False, capture_output=True)
    plan = propose(healthy).chosen[0].plan
    assert plan is not None
    (warning,) = [step for step in plan.steps if "database" in step.sentence and not step.action]
    assert path in warning.sentence
    assert "does not go back" in warning.sentence
    switched_off(healthy)
    by_droplet = propose(healthy).chosen[0].plan
    assert by_droplet is not None
    assert warning in by_droplet.steps


def switched_off(running: RunningLab) -> None:
    path = f"/v3/apps/{guid(running)}/features/revisions"
    curl(running, path, "-X", "PATCH", "-d", '{"enabled": false}')


def test_without_revisions_and_droplets_the_older_pipeline_runs_again(healthy: RunningLab) -> None:
    healthy.push("raft", "Link the help pages", files={"docs/help.md": "Help.\n"}, parameters={})
    good = healthy.pipelines()[-1]
    healthy.push("raft", "Give each request an id", take=["request-ids"], files={}, parameters={})
    switched_off(healthy)
    own_guid = guid(healthy)
    with healthy._world.entered() as world:
        own = world.state.apps[own_guid]
        for droplet in world.state.droplets.values():
            if droplet.app_guid == own.guid and droplet.guid != own.droplet_guid:
                droplet.state = "EXPIRED"
    proposal = propose(healthy)
    plan = proposal.chosen[0].plan
    assert plan is not None
    assert plan.sentence.endswith(f"again by its own pipeline {good.number}.")
    assert plan.notes[0].startswith(f"{healthy.app} keeps no revisions")
    assert carry_out(healthy, proposal).because == ()
    assert [one.path for one in healthy.requests() if one.path.endswith("/rerun")] != []
    assert "running" in cf_says(healthy, "app", healthy.app)


def test_with_the_feature_off_a_named_revision_is_refused(healthy: RunningLab) -> None:
    switched_off(healthy)
    with pytest.raises(UsageError, match="keeps no revisions: the feature is switched off"):
        propose(healthy, to=4)


def add_worker(running: RunningLab) -> None:
    """A second process of the app, as a manifest declares it, and a release after which it runs."""
    manifest = running.checkout / "worker.yml"
    manifest.write_text(
        f"applications:\n- name: {running.app}\n  processes:\n  - type: worker\n"
        "    command: celery -A portal worker\n    instances: 2\n    memory: 256M\n"
    )
    (found,) = listed(running, f"/v3/apps?names={running.app}")
    space = found["relationships"]["space"]["data"]["guid"]
    path = f"/v3/spaces/{space}/actions/apply_manifest"
    kind = "Content-Type: application/x-yaml"
    cf_says(running, "curl", path, "-X", "POST", "-H", kind, "-d", f"@{manifest}")
    cf_says(running, "restart", running.app, "--strategy", "rolling")
    running.wait(60)


def test_all_process_types_of_an_app_go_back_together(healthy: RunningLab) -> None:
    add_worker(healthy)
    proposal = propose(healthy, to=5)
    plan = proposal.chosen[0].plan
    assert plan is not None
    assert "; then worker starts anew, all its instances at once" in plan.steps[0].changes
    one = carry_out(healthy, proposal)
    assert (one.result, one.because) == ("verified", ())
    newest = listed(healthy, f"/v3/apps/{guid(healthy)}/revisions/deployed")[0]
    assert "Rolled back to revision 5." in newest["description"]
    processes = listed(healthy, f"/v3/apps/{guid(healthy)}/processes")
    assert {one["relationships"]["revision"]["data"]["guid"] for one in processes} == {newest["guid"]}
    for kind, instances in (("web", 1), ("worker", 2)):
        stats = listed(healthy, f"/v3/apps/{guid(healthy)}/processes/{kind}/stats")
        assert [one["state"] for one in stats] == ["RUNNING"] * instances


def listed(running: RunningLab, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cf_says(running, "curl", path))["resources"]
    return found


def test_a_route_that_was_lost_is_mapped_again_after_the_rollback(healthy: RunningLab) -> None:
    cf_says(healthy, "unmap-route", healthy.app, "apps.internal", "--hostname", healthy.app)
    assert f"{healthy.app}.apps.internal" not in cf_says(healthy, "app", healthy.app)
    assert carry_out(healthy, propose(healthy, to=4)).because == ()
    assert f"{healthy.app}.apps.internal" in cf_says(healthy, "app", healthy.app)
