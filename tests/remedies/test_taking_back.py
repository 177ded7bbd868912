"""--undo that is itself interrupted: nothing is forgotten that still stands."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest

from runback import app, lab
from runback.lab import cf
from runback.lab.running import RunningLab
from runback.lab.server import Fault, Response
from runback.remedies.journal import Journal
from runback.state import ProjectState, State


@pytest.fixture
def running() -> Iterator[RunningLab]:
    with lab.start("service-not-bound") as world:
        yield world


def interrupted(running: RunningLab) -> Journal:
    """A service was bound, and the restart that follows was sent: then Ctrl-C."""
    place = app.Place.in_lab(running)
    request = app.Request(app=running.app, environment=running.environment)
    with pytest.raises(KeyboardInterrupt):
        app.carry_out(app.propose(request, place), replace(place, sleep=_interrupt), "runback fix", {})
    journal = app.unfinished(place)
    assert journal is not None
    assert [one.state for one in journal.items[0].steps] == ["done", "sent"]
    return journal


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


def bound(running: RunningLab) -> bool:
    """Whether the database is bound to the backend, as the platform says it."""
    said = io.StringIO()
    cf.main(["service", "tdp-db-dev"], running.environ, running.checkout, said, said)
    return running.app in said.getvalue()


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"response": Response.json({"errors": [{"code": 1, "title": "X", "detail": "down"}]}, 503)},
    ],
)
def test_what_could_not_be_taken_back_for_now_is_taken_back_by_the_same_command(
    running: RunningLab, fault: dict[str, object]
) -> None:
    place = app.Place.in_lab(running)
    journal = interrupted(running)
    running.faults.add(Fault(path="/v3/service_credential_bindings*", **fault))  # type: ignore[arg-type]
    said = app.undo(journal, place)
    assert said[0] == "a restart leaves nothing to take back"
    assert [line for line in said if line.startswith("not taken back: ")] == [said[1]]
    assert said[-1] == "--undo tries again."
    running.faults.clear()
    assert bound(running)
    journal = app.unfinished(place) or pytest.fail("what still stands was forgotten")
    assert app.undo(journal, place) == ["unbound the service again"]
    assert not bound(running)
    assert app.unfinished(place) is None


def test_what_is_refused_is_told_in_words_of_the_step_and_ends(running: RunningLab) -> None:
    place = app.Place.in_lab(running)
    journal = interrupted(running)
    refusal = Response.json({"errors": [{"code": 1, "title": "X", "detail": "kept by the broker"}]}, 422)
    running.faults.add(Fault(path="/v3/service_credential_bindings*", method="DELETE", response=refusal))
    said = app.undo(journal, place)
    assert said[-1].endswith(
        "Bind tdp-db-dev to tdp-backend-raft: the platform refuses it: kept by the broker"
    )
    assert app.unfinished(place) is None  # it would be refused for ever: nobody is kept from other changes


def test_apply_after_an_undo_that_was_interrupted_does_it_again(
    running: RunningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = app.Place.in_lab(running)
    journal = interrupted(running)
    with monkeypatch.context() as cut:
        cut.setattr(ProjectState, "end_journal", lambda _self: _interrupt(0))
        with pytest.raises(KeyboardInterrupt):
            app.undo(journal, place)
    assert not bound(running)
    journal = app.unfinished(place) or pytest.fail("the journal is gone")
    assert [one.result for one in app.resume(journal, place, {}).remedies] == ["verified"]
    assert bound(running)


def test_a_user_without_a_name_is_in_the_audit_log_by_number(
    running: RunningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    interrupted(running)
    assert {entry["who"].partition(" ")[0] for entry in State.of(running.environ).audited()} == {"user"}
