"""Networks that break and platforms that refuse: a plain message, and nothing half done without a journal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runback import app, lab
from runback.lab.running import RunningLab
from runback.lab.server import Fault, Response

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
    ("status", "error"), [(403, "policy quota exceeded"), (409, "operation in progress"), (422, "refused")]
)
def test_what_is_refused_is_said_in_the_platforms_words(running: RunningLab, status: int, error: str) -> None:
    running.faults.add(refusing(status, error))
    (one,) = mend(running).remedies
    assert one.result == "failed"
    assert error in one.because[0]
    assert app.unfinished(app.Place.in_lab(running)) is None  # refused: nothing was done
