"""What leaves beside the evidence: errors, reports, records of the audit log."""

from __future__ import annotations

import sys
from collections import deque

import pytest

from runback.redact import Redactor, guard, outgoing, outgoing_entry, outgoing_report

SECRET = "q7Rk2vWz9Lm4Xp8T"
LOOKS_LIKE_ONE = "postgres://portal:s3cr3t-of-nobody@db.lab.example/portal"


@pytest.fixture(autouse=True)
def nobody_on_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["runback.redact.outgoing"], "_guards", deque(maxlen=16))


def test_without_a_guard_what_looks_like_a_secret_goes() -> None:
    assert "s3cr3t-of-nobody" not in outgoing(f"refused: {LOOKS_LIKE_ONE}")
    assert outgoing("the app is stopped") == "the app is stopped"


def test_a_guard_knows_what_it_learns_later_too() -> None:
    first, second = Redactor(b"a"), Redactor(b"b")
    guard(first)
    guard(second)
    first.learn("JWT_KEY", SECRET)
    second.learn("DB_PASSWORD", SECRET[::-1])
    said = outgoing(f"{SECRET} and {SECRET[::-1]}")
    assert SECRET not in said
    assert SECRET[::-1] not in said
    assert "[secret:JWT_KEY:" in said


def test_a_report_loses_only_what_was_learned() -> None:
    redactor = Redactor(b"a")
    guard(redactor)
    redactor.learn("JWT_KEY", SECRET)
    assert SECRET not in outgoing_report(f"it says {SECRET}")
    assert outgoing_report(LOOKS_LIKE_ONE) == LOOKS_LIKE_ONE


def test_an_entry_is_sealed_however_deep_a_text_stands() -> None:
    redactor = Redactor(b"a")
    guard(redactor)
    redactor.learn("JWT_KEY", SECRET)
    entry = {"said": SECRET, "steps": [{"undo": (f"cf set-env {SECRET}", 3)}], "count": 2, "safe": True}
    sealed = outgoing_entry(entry)
    assert SECRET not in str(sealed)
    assert (sealed["count"], sealed["safe"], sealed["steps"][0]["undo"][1]) == (2, True, 3)
