"""Networks that break and platforms that refuse: a plain message, and nothing half done without a journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from runback import app, lab
from runback.lab.running import RunningLab
from runback.lab.server import Fault, Response
from runback.state import State

ADDS = "*/external/policies"


@pytest.fixture
def running() -> Iterator[RunningLab]:
    with lab.start("policy-missing") as world:
        yield world


def mend(running: RunningLab) -> app.Outcome:
    place = app.Place.in_lab(running)
    request = app.Request(app=running.app, environment=running.environment)
    return app.carry_out(app.propose(request, place), place, "runback fix", {})


def posts(running: RunningLab) -> int:
    return sum(one.method == "POST" and one.path.endswith("/external/policies") for one in running.requests())


def refusing(status: int, error: str) -> Fault:
    answer = Response.json({"error": error}, status)
    return Fault(path=ADDS, method="POST", times=1, response=answer)


def test_an_answer_that_is_lost_is_not_asked_for_again(running: RunningLab) -> None:
    """The platform did it, the answer broke off: a look says so, and nothing is sent twice."""
    running.faults.add(Fault(path=ADDS, method="POST", times=1, truncate=1))
    assert [one.result for one in mend(running).remedies] == ["verified"]
    assert posts(running) == 1


def test_a_request_that_is_lost_stays_in_the_journal_and_goes_on(running: RunningLab) -> None:
    running.faults.add(Fault(path=ADDS, method="POST", times=1, drop=True))
    (one,) = mend(running).remedies
    assert one.result == "failed"
    assert "dropped the connection" in one.because[0]
    place = app.Place.in_lab(running)
    journal = app.unfinished(place)
    assert journal is not None
    assert [one.result for one in app.resume(journal, place, {}).remedies] == ["verified"]
    assert app.unfinished(place) is None


def test_a_token_that_ends_in_the_middle_is_renewed(running: RunningLab) -> None:
    running.faults.add(refusing(401, "failed to verify token with uaa"))
    assert [one.result for one in mend(running).remedies] == ["verified"]


@pytest.mark.parametrize(
    ("status", "error", "why"),
    [
        (403, "policy quota exceeded", "a limit is reached"),
        (403, "one or more applications cannot be found or accessed", "this login may not do it"),
        (409, "operation in progress", "something else is at work on it"),
        (422, "refused", "the platform refuses it"),
    ],
)
def test_what_is_refused_is_said_in_the_platforms_words(
    running: RunningLab, status: int, error: str, why: str
) -> None:
    running.faults.add(refusing(status, error))
    (one,) = mend(running).remedies
    assert one.result == "failed"
    step = "Allow tdp-clamav-nginx-dev to reach clamav-rest on tcp port 9000"
    assert one.because[0] == f"{step}: {why}: {error}"
    assert app.unfinished(app.Place.in_lab(running)) is None  # refused: nothing was done


def capi(status: int, title: str, detail: str) -> Response:
    """A refusal as Cloud Controller words it."""
    return Response.json({"errors": [{"code": 1, "title": title, "detail": detail}]}, status)


@pytest.mark.parametrize(
    ("status", "title", "detail"),
    [
        (409, "CF-AsyncServiceInstanceOperationInProgress", "An operation for tdp-db-dev is in progress."),
        (422, "CF-UnprocessableEntity", "The service instance does not accept bindings"),
        (422, "CF-AppMemoryQuotaExceeded", "You have exceeded your organization's memory limit"),
        (403, "CF-NotAuthorized", "You are not authorized to perform the requested action"),
        (503, "CF-ServiceUnavailable", "Cloud Controller is being updated"),
    ],
)  # fmt: skip
def test_what_the_platform_refuses_is_one_plain_line_and_in_the_audit_log(
    status: int, title: str, detail: str
) -> None:
    with lab.start("service-not-bound") as running:
        fault = Fault(
            path="/v3/service_credential_bindings",
            method="POST",
            times=1,
            response=capi(status, title, detail),
        )
        running.faults.add(fault)
        (one, *_) = mend(running).remedies
        assert one.result == "failed"
        assert detail in one.because[0]
        assert "\n" not in one.because[0]
        phases = [entry["phase"] for entry in State.of(running.environ).audited()]
        assert phases == ["before", "failed"]
        if status != 503:  # then nobody knows whether it was done
            assert app.unfinished(app.Place.in_lab(running)) is None


def test_a_refusal_that_repeats_a_value_is_told_without_it() -> None:
    with lab.start("variable-emptied") as running:
        place = app.Place.in_lab(running)
        proposal = app.propose(app.Request(app=running.app, environment=running.environment), place)
        (name,) = proposal.asks_for
        value = "no words that look secret"
        answer = capi(422, "CF-UnprocessableEntity", f"{name} must not be '{value}'")
        running.faults.add(Fault(path="*/environment_variables", method="PATCH", times=1, response=answer))
        (one, *_) = app.carry_out(proposal, place, "runback fix", {name: value}).remedies
        assert one.result == "failed"
        assert one.because[0].endswith(f"must not be '[{name}]'")
        audit = State.of(running.environ).audited()
        assert audit[-1]["phase"] == "failed"
        assert value not in str(audit)
        assert value not in str(one.because)


def rollback(running: RunningLab, place: app.Place) -> app.Remedied:
    request = app.Request(app=running.app, environment=running.environment)
    return app.carry_out(app.propose_rollback(request, place), place, "runback rollback", {}).remedies[0]


def test_a_rollback_outlives_an_expired_token_and_a_network_that_breaks() -> None:
    with lab.start("new-revision-crashes") as running:
        place = app.Place.in_lab(running)
        expired = capi(401, "CF-InvalidAuthToken", "Invalid Auth Token")
        running.faults.add(Fault(path="/v3/deployments", method="POST", times=1, response=expired))
        running.faults.add(Fault(path="/v3/processes/*/stats", times=2, drop=True))
        assert rollback(running, place).result == "verified"


def test_a_token_that_nobody_renews_is_told_and_the_journal_goes_on() -> None:
    with lab.start("new-revision-crashes") as running:
        place = app.Place.in_lab(running)
        expired = capi(401, "CF-InvalidAuthToken", "Invalid Auth Token")
        running.faults.add(Fault(path="/v3/deployments", method="POST", times=2, response=expired))
        one = rollback(running, place)
        assert one.result == "failed"
        assert "the login has ended: Invalid Auth Token" in one.because[0]
        assert "'cf login'" in one.because[1]
        assert rollback(running, place).result == "verified"  # logged in again


def test_ctrl_c_while_a_deployment_is_followed_leaves_it_to_the_same_command() -> None:
    with lab.start("new-revision-crashes") as running:
        place = app.Place.in_lab(running)
        with pytest.raises(KeyboardInterrupt):
            rollback(running, replace(place, sleep=_interrupt))
        journal = app.unfinished(place)
        assert journal is not None
        assert [one.result for one in app.resume(journal, place, {}).remedies] == ["verified"]
        made = [one for one in running.requests() if one.method == "POST" and one.path == "/v3/deployments"]
        assert len(made) == 2  # the backend's and the worker's: none was asked for twice


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


@pytest.mark.long
def test_a_rebuild_whose_network_breaks_after_the_script_goes_on_where_it_stands() -> None:
    with lab.start("healthy") as running:
        running.cf(["set-env", running.app, "SET_BY_HAND", "by-a-person"])
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        proposal = app.propose_rebuild(request, place, {}, {})
        values = {name: running.remembered(name) or "" for name in proposal.asks_for}

        def break_it(line: str) -> None:
            if line.startswith("Deployed tdp-backend"):
                running.faults.add(
                    Fault(path="/v3/apps/*/environment_variables", method="PATCH", times=1, drop=True)
                )

        outcome = app.carry_out(proposal, replace(place, say=break_it), "runback rebuild", values)
        assert outcome.remedies[0].result == "failed"
        assert "dropped the connection" in outcome.remedies[0].because[0]
        journal = app.unfinished(place)
        assert journal is not None
        printed: list[str] = []
        again = app.resume(journal, replace(place, say=printed.append), values)
        assert [one.result for one in again.remedies] == ["verified"]
        assert printed == []  # the script had ended: it is not run again


def test_no_secret_is_in_audit_log_and_journal() -> None:
    """A secret that stands where nobody expects it, in a label, becomes a token."""
    with lab.start("variable-emptied") as running:
        secret = running.remembered("JWT_KEY") or ""
        proposal = app.propose(
            app.Request(app=running.app, environment=running.environment), app.Place.in_lab(running)
        )
        entry = {"before": {"value": f"label-{secret}"}, "result": f"refused: {secret}"}
        place = app.Place.in_lab(running)
        app.carry_out(proposal, place, "runback fix", {"JWT_KEY": secret})
        State.of(running.environ).audit(entry)
        written = "".join(
            path.read_text("utf-8", "replace")
            for path in State.of(running.environ).folder.rglob("*")
            if path.is_file() and path.suffix != ".key"
        )
        assert secret not in written
        assert "[secret:JWT_KEY:" in written
