"""Exceptions that a program took note of and went on: what ended it comes first."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback import app
from runback.diagnose.scan import scan


def traceback(error: str, above: str = "") -> str:
    return (
        f'{above}Traceback (most recent call last):\n  File "app.py", line 10, in run\n    work()\n{error}\n'
    )


LOGGED = traceback("KeyError: 'price'", "ERROR:shop:no price, using the default\n")
RECORD = traceback("KeyError: 'price'", "2026-03-03 15:00:00,123 WARNING shop no price\n")
ENDED = traceback("ValueError: row 17 has no date")
COMPILER = "main.c: In function 'main':\nmain.c:2:28: error: 'cout' undeclared (first use in this function)\n"


def first(text: str) -> str | None:
    """The proof of the first cause of a log."""
    found = scan([("log", BytesIO(text.encode()))], app.runbook())
    return found.causes[0].finding.where[0].text if found.causes else None


@pytest.mark.parametrize("noise", [LOGGED, RECORD])
def test_the_exception_that_nobody_caught_comes_before_one_that_was_logged(noise: str) -> None:
    assert first(noise + ENDED) == "ValueError: row 17 has no date"


def test_what_a_tool_refuses_comes_before_an_exception_that_was_logged_earlier() -> None:
    assert first(LOGGED + COMPILER) == "main.c:2:28: error: 'cout' undeclared (first use in this function)"


def test_an_exception_that_is_only_logged_is_named_where_nothing_else_is() -> None:
    assert first(LOGGED + "Exited with code exit status 1\n") == "KeyError: 'price'"


def test_what_ends_a_worker_of_gunicorn_is_more_than_a_record() -> None:
    boot = traceback(
        "KeyError: 'SIGNING_KEY'", "[2026-03-03 15:00:00 +0000] [12] [ERROR] Exception in worker process\n"
    )
    halt = traceback("gunicorn.errors.HaltServer: <HaltServer 'Worker failed to boot.' 3>")
    assert first(boot + halt) == "KeyError: 'SIGNING_KEY'"


def test_tests_that_passed_at_last_met_such_exceptions_on_their_way() -> None:
    assert first(LOGGED + "smoke test passed\n") is None
    assert first(ENDED + "report written\n") == "ValueError: row 17 has no date"


def test_what_asyncio_cancels_is_not_why() -> None:
    link = "\nThe above exception was the direct cause of the following exception:\n\n"
    chained = traceback("asyncio.exceptions.CancelledError") + link + traceback("TimeoutError")
    assert first(chained) == "TimeoutError"


def test_a_record_that_stands_above_a_crash_by_chance_hides_nothing() -> None:
    warned = traceback("ValueError: no port", "WARNING:shop:SENTRY_DSN is not set\n")
    assert first(warned + "Exited with code exit status 1\n") == "ValueError: no port"
