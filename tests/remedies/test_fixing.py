"""Remedies in the lab: what they change, read back by other code; what they refuse; what they write down."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from runback import app, lab
from runback.app.keeping import memory
from runback.errors import UsageError
from runback.lab import cf
from runback.lab.running import RunningLab
from runback.lab.server import Fault, Response
from runback.state import State


def cf_says(running: RunningLab, *words: str) -> str:
    """What cf shows: not the code of the remedies."""
    out, err = io.StringIO(), io.StringIO()
    cf.main(list(words), running.environ, running.checkout, out, err)
    return out.getvalue() + err.getvalue()


def proposal_for(running: RunningLab, cause: str | None = None) -> tuple[app.Proposal, app.Place]:
    place = app.Place.in_lab(running)
    return app.propose(app.Request(app=running.app, environment=running.environment), place, cause), place


def mend(running: RunningLab) -> app.Outcome:
    proposal, place = proposal_for(running)
    values = {name: running.remembered(name) or "" for name in proposal.asks_for}
    return app.carry_out(proposal, place, "runback fix", values)


@pytest.fixture
def no_policy() -> Iterator[RunningLab]:
    with lab.start("policy-missing") as running:
        yield running


def test_a_plan_changes_nothing(no_policy: RunningLab) -> None:
    proposal, _ = proposal_for(no_policy)
    assert [one.result for one in proposal.remedies] == ["planned"]
    assert {one.method for one in no_policy.requests()} == {"GET"}
    assert "9000" not in cf_says(no_policy, "network-policies", "--source", "tdp-clamav-nginx-dev")


def test_the_policy_is_there_and_its_way_is_written_down(no_policy: RunningLab) -> None:
    outcome = mend(no_policy)
    assert [one.result for one in outcome.remedies] == ["verified"]
    policies = cf_says(no_policy, "network-policies", "--source", "tdp-clamav-nginx-dev")
    assert "clamav-rest" in policies
    assert "9000" in policies
    audit = State.of(no_policy.environ).audited()
    assert [(entry["phase"], entry.get("result")) for entry in audit] == [("before", None), ("after", "done")]
    assert audit[0]["before"] == {"policy": "missing"}
    assert audit[1]["after"] == {"policy": "present"}
    assert audit[0]["as"] == "maya@lab.example"


def test_mending_twice_finds_nothing_to_do(no_policy: RunningLab) -> None:
    mend(no_policy)
    proposal, _ = proposal_for(no_policy)
    assert proposal.remedies == ()


@pytest.mark.parametrize(
    ("scenario", "shows", "text"),
    [
        ("scanner-stopped", ["app", "clamav-rest"], "running"),
        ("service-not-bound", ["env", "tdp-backend-raft"], '"aws-rds"'),
        ("variable-emptied", ["env", "tdp-celery-raft"], "JWT_KEY"),
        ("out-of-memory", ["app", "tdp-backend-raft"], "512M"),
    ],
)
def test_it_is_mended_and_cf_shows_it(scenario: str, shows: list[str], text: str) -> None:
    with lab.start(scenario) as running:
        outcome = mend(running)
        assert [one.because for one in outcome.remedies if one.result != "verified"] == []
        if scenario == "scanner-stopped":
            cf_says(running, "target", "-s", "tanf-prod")
        assert text in cf_says(running, *shows)
        assert app.diagnose_running(running).verdict == "healthy"


def test_no_value_is_written_anywhere() -> None:
    with lab.start("variable-emptied") as running:
        value = running.remembered("JWT_KEY")
        assert value
        mend(running)
        folder = State.of(running.environ).folder
        written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert b"JWT_KEY" in written
        assert value.encode() not in written


def test_the_world_has_moved_since_the_plan(no_policy: RunningLab) -> None:
    """Somebody else did it meanwhile: nothing is sent, and the look after it says that it is well."""
    proposal, place = proposal_for(no_policy)
    cf_says(no_policy, "add-network-policy", "tdp-clamav-nginx-dev", "clamav-rest", "-s", "tanf-prod",
            "--protocol", "tcp", "--port", "9000")  # fmt: skip
    before = len([one for one in no_policy.requests() if one.method == "POST" and "policies" in one.path])
    outcome = app.carry_out(proposal, place, "runback fix", {})
    assert [one.result for one in outcome.remedies] == ["verified"]
    after = len([one for one in no_policy.requests() if one.method == "POST" and "policies" in one.path])
    assert after == before


def test_a_plan_older_than_the_world_stops(no_policy: RunningLab) -> None:
    proposal, place = proposal_for(no_policy)
    cf_says(no_policy, "target", "-s", "tanf-prod")
    cf_says(no_policy, "delete", "clamav-rest", "-f")
    outcome = app.carry_out(proposal, place, "runback fix", {})
    (one,) = outcome.remedies
    assert one.result == "failed"
    assert "the destination app is not there any more" in one.because[0]
    assert app.unfinished(place) is None  # nothing was done: nothing to go on with


def test_a_cause_that_is_not_there_is_named(no_policy: RunningLab) -> None:
    with pytest.raises(UsageError, match="no cause 'out-of-memory'") as error:
        proposal_for(no_policy, "out-of-memory")
    assert "policy-missing" in error.value.advice


def test_what_was_begun_is_taken_back(no_policy: RunningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted while it waits for the proof; undo removes the policy again."""
    proposal, place = proposal_for(no_policy)
    interrupted = app.Place(place.start, place.environ, place.now, _interrupt)
    with pytest.raises(KeyboardInterrupt):
        app.carry_out(proposal, interrupted, "runback fix", {})
    journal = app.unfinished(place)
    assert journal is not None
    assert app.undo(journal, place) == ["removed the network policy again"]
    assert app.unfinished(place) is None
    assert "9000" not in cf_says(no_policy, "network-policies", "--source", "tdp-clamav-nginx-dev")


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_another_change_waits_for_the_unfinished_one(no_policy: RunningLab) -> None:
    proposal, place = proposal_for(no_policy)
    with pytest.raises(KeyboardInterrupt):
        app.carry_out(
            proposal, app.Place(place.start, place.environ, place.now, _interrupt), "runback fix", {}
        )
    with pytest.raises(UsageError, match="another change was begun"):
        app.carry_out(proposal, place, "runback fix", {})


def test_a_journal_of_another_version_is_said_to_be_one(no_policy: RunningLab) -> None:
    proposal, place = proposal_for(no_policy)
    memory(proposal.target, place.environ).write_journal(b'{"of": "another version"}')
    with pytest.raises(UsageError, match="another version of Runback began a change") as error:
        app.carry_out(proposal, place, "runback fix", {})
    assert "journal.json" in error.value.advice


def test_a_lab_is_open_and_another_configuration_is_not(no_policy: RunningLab) -> None:
    proposal, _ = proposal_for(no_policy)
    assert proposal.guarded == ()
    (Path(no_policy.environ["XDG_CONFIG_HOME"]) / "runback" / "config.toml").write_text(
        '[protection]\nopen_spaces = ["tanf-portal/tanf-dev"]\n'
    )
    proposal, _ = proposal_for(no_policy)
    assert proposal.guarded == ("clamav-rest",)  # in tanf-prod, which is no longer open


def test_the_rollback_goes_back_with_the_worker_and_says_that_it_is_one() -> None:
    with lab.start("new-revision-crashes") as running:
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        proposal = app.propose_rollback(request, place)
        outcome = app.carry_out(proposal, place, "runback rollback", {})
        assert [one.result for one in outcome.remedies] == ["verified"]
        assert outcome.after is not None
        assert {one.page for one in outcome.after.notices} >= {"rolled-back"}
        for name in ("tdp-backend-staging", "tdp-celery-staging"):
            assert "Rolled back to revision 3." in cf_says(running, "revisions", name)


def test_a_rollback_to_what_crashes_is_cancelled_and_the_old_instances_serve() -> None:
    with lab.start("new-revision-crashes") as running:
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        app.carry_out(app.propose_rollback(request, place), place, "runback rollback", {})
        outcome = app.carry_out(app.propose_rollback(request, place, to=4), place, "runback rollback", {})
        (one,) = outcome.remedies
        assert one.result == "failed"
        assert "was cancelled: new instance 0 crashed" in one.because[0]
        assert app.unfinished(place) is None
        assert "running" in cf_says(running, "app", running.app)


@pytest.mark.parametrize(("to", "says"), [(99, "has no revision 99"), (5, "runs revision 5 already")])
def test_where_there_is_no_way_back(to: int, says: str) -> None:
    with lab.start("healthy") as running:
        request = app.Request(app=running.app, environment=running.environment)
        with pytest.raises(UsageError, match=says) as error:
            app.propose_rollback(request, app.Place.in_lab(running), to=to)
        assert "it can go back to: 4, 3, 2, 1" in str(error.value)


def test_a_failed_job_runs_again_and_fails_again() -> None:
    with lab.start("rolling-push-failed") as running:
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        outcome = app.carry_out(app.propose_rerun(request, place), place, "runback rerun", {})
        assert outcome.remedies[0].result == "failed"
        assert "ended failed: deploy-dev" in outcome.remedies[0].because[0]
        assert [one.path for one in running.requests() if one.path.endswith("/rerun")] != []
        assert app.unfinished(place) is None


def test_the_journal_holds_no_more_than_it_needs(no_policy: RunningLab) -> None:
    proposal, place = proposal_for(no_policy)
    with pytest.raises(KeyboardInterrupt):
        app.carry_out(
            proposal, app.Place(place.start, place.environ, place.now, _interrupt), "runback fix", {}
        )
    (path,) = State.of(no_policy.environ).folder.rglob("journal.json")
    assert path.stat().st_mode & 0o777 == 0o600
    steps = json.loads(path.read_text())["items"][0]["steps"]
    assert [step["state"] for step in steps] == ["done"]


def test_without_revisions_it_goes_back_to_the_droplet_before() -> None:
    with lab.start("new-revision-crashes") as running:
        guid = cf_says(running, "app", running.app, "--guid").strip()
        path = f"/v3/apps/{guid}/features/revisions"
        cf_says(running, "curl", path, "-X", "PATCH", "-d", '{"enabled": false}')
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        proposal = app.propose_rollback(request, place)
        (one,) = proposal.chosen
        assert one.plan is not None
        assert "keeps no revisions" in one.plan.notes[0]
        both = "tdp-backend-staging and tdp-celery-staging go back to their droplets of before"
        assert both in one.plan.sentence  # the worker came with the same commit
        before = cf_says(running, "curl", f"/v3/apps/{guid}/droplets/current")
        outcome = app.carry_out(proposal, place, "runback rollback", {})
        assert [one.because for one in outcome.remedies if one.result != "verified"] == []
        assert cf_says(running, "curl", f"/v3/apps/{guid}/droplets/current") != before


def test_apps_that_a_person_gives_up_make_room_for_the_job() -> None:
    with lab.start("quota-taken-by-neighbour") as running:
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        assert app.propose(request, place).remedies[0].result == "by hand"
        with pytest.raises(UsageError, match="no apps are called 'tdp-backend-quasp'"):
            app.propose(request, place, stop=("tdp-backend-quasp",))
        outcome = app.carry_out(
            app.propose(request, place, stop=("tdp-backend-qasp",)), place, "runback fix", {}
        )
        assert outcome.remedies[0].result == "verified"
        assert outcome.well
        assert "stopped" in cf_says(running, "app", "tdp-backend-qasp")


def test_an_app_that_is_given_up_is_guarded_wherever_it_is() -> None:
    with lab.start("quota-taken-by-neighbour") as running:
        request = app.Request(app=running.app, environment=running.environment)
        proposal = app.propose(request, app.Place.in_lab(running), stop=("tdp-backend-prod",))
        assert proposal.guarded == ("tdp-backend-prod",)  # runback.toml protects its environment


def test_causes_are_mended_in_their_order_each_proven_before_the_next() -> None:
    with lab.start("two-database-and-policy") as running:
        outcome = mend(running)
        assert [one.result for one in outcome.remedies] == ["verified", "verified"]
        pages = [one.cause.finding.page for one in outcome.remedies if one.cause]
        audit = [(entry["remedy"], entry["phase"]) for entry in State.of(running.environ).audited()]
        remedies = list(dict.fromkeys(remedy for remedy, _ in audit))
        assert remedies == [one.plan.remedy for one in outcome.remedies if one.plan]
        assert set(pages) == {"service-not-bound", "policy-missing"}


def test_the_first_that_does_not_help_ends_the_run() -> None:
    with lab.start("two-database-and-policy") as running:
        refusal = Response.json({"errors": [{"code": 1, "title": "CF-X", "detail": "no more for you"}]}, 422)
        for path in ("/v3/service_credential_bindings", "*/external/policies"):
            running.faults.add(Fault(path=path, method="POST", times=9, response=refusal))
        first, second = mend(running).remedies
        assert (first.result, second.result) == ("failed", "planned")
        assert second.because == ("not begun: the one before did not help",)
        changed = [one.path for one in running.requests() if one.method == "POST" and "/wait" not in one.path]
        assert len(changed) == 1


def test_where_the_buildpack_reads_services_the_app_is_staged_again() -> None:
    with lab.start("service-not-bound") as running:
        guid = cf_says(running, "app", running.app, "--guid").strip()
        with running._world.entered() as world:
            droplet = str(world.state.apps[guid].droplet_guid)
            world.state.droplets[droplet].buildpacks[-1].buildpack_name = "java"
        proposal, place = proposal_for(running)
        (one,) = proposal.chosen
        assert one.plan is not None
        assert "and restage it: the buildpack java may read services while it stages" in one.plan.sentence
        outcome = app.carry_out(proposal, place, "runback fix", {})
        assert [one.result for one in outcome.remedies] == ["verified"]
        now = json.loads(cf_says(running, "curl", f"/v3/apps/{guid}/droplets/current"))["guid"]
        assert now != droplet
        assert '"aws-rds"' in cf_says(running, "env", running.app)


@pytest.fixture
def wrong_port() -> Iterator[RunningLab]:
    with lab.start("policy-default-port") as running:
        yield running


def ports_of_the_proxy(running: RunningLab) -> set[str]:
    shown = cf_says(running, "network-policies", "--source", "tdp-clamav-nginx-staging")
    return {port for port in ("8080", "9000") if port in shown}


def test_the_policy_with_the_wrong_port_goes_once_the_right_one_is_there(wrong_port: RunningLab) -> None:
    assert ports_of_the_proxy(wrong_port) == {"8080"}
    outcome = mend(wrong_port)
    assert [one.result for one in outcome.remedies] == ["verified"]
    assert ports_of_the_proxy(wrong_port) == {"9000"}
    changed = [one.path for one in wrong_port.requests() if one.method == "POST" and "policies" in one.path]
    assert [path.rpartition("/")[2] for path in changed] == ["policies", "delete"]


def test_both_policies_are_taken_back(wrong_port: RunningLab) -> None:
    proposal, place = proposal_for(wrong_port)
    with pytest.raises(KeyboardInterrupt):
        app.carry_out(
            proposal, app.Place(place.start, place.environ, place.now, _interrupt), "runback fix", {}
        )
    assert ports_of_the_proxy(wrong_port) == {"9000"}
    journal = app.unfinished(place)
    assert journal is not None
    said = app.undo(journal, place)
    assert said == ["added the network policy again", "removed the network policy again"]
    assert ports_of_the_proxy(wrong_port) == {"8080"}
