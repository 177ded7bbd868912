"""Where hyperscan has no wheel, RE2 finds the same."""

from __future__ import annotations

import sys

import pytest

from runback.redact.literals import Finder
from runback.redact.redactor import Redactor

TEXTS = (b"tdp-password", b"a.b", b"Bearer", b"\xff\xfe")
BLOCKS = (b"", b"nothing here", b"a.b axb a.b", b"the bearer of tdp-password", b"\xff\xfe" * 3)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("caseless", [False, True])
def test_the_same_is_found(block: bytes, caseless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    present = Finder(TEXTS, caseless=caseless).present(block)
    places = sorted(Finder(TEXTS).places(block))
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert Finder(TEXTS, caseless=caseless).present(block) == present
    assert sorted(Finder(TEXTS).places(block)) == places


def test_what_has_no_secret_stays_and_what_has_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    redactor = Redactor(b"a key")
    redactor.learn("JWT_KEY", "s3cr3t-of-the-portal")
    assert redactor.seal(b"an ordinary line\n") == b"an ordinary line\n"
    assert b"s3cr3t-of-the-portal" not in redactor.seal(b"key is s3cr3t-of-the-portal\n")
