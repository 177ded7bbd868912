"""Snapshots on disk: nothing of them can be read, and only the right key opens them, under their own name."""

from __future__ import annotations

from pathlib import Path

import keyring
import keyring.backend
import pytest

from runback.errors import RunbackError, UsageError
from runback.remedies.vault import Vault, ring_key
from runback.state import ProjectState

SECRET = b'{"variables": {"JWT_KEY": "very-secret-indeed"}}'


def vault(folder: Path, passphrase: str | None) -> Vault:
    return Vault(ProjectState(folder / "runback" / "p"), lambda: passphrase, lambda: None)


def test_what_is_kept_comes_back_and_goes(tmp_path: Path) -> None:
    one = vault(tmp_path, "correct horse")
    one.keep("tdp-backend", SECRET)
    (path,) = tmp_path.rglob("snapshots/*")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert b"secret" not in path.read_bytes()
    assert b"JWT_KEY" not in path.read_bytes()
    assert vault(tmp_path, "correct horse").kept("tdp-backend") == SECRET
    one.forget("tdp-backend")
    assert one.kept("tdp-backend") is None
    assert list(tmp_path.rglob("snapshots/*")) == []


def test_the_same_text_never_looks_the_same(tmp_path: Path) -> None:
    one = vault(tmp_path, "p")
    one.keep("a", SECRET)
    (path,) = tmp_path.rglob("snapshots/*")
    first = path.read_bytes()
    one.keep("a", SECRET)
    assert path.read_bytes() != first


def test_another_passphrase_opens_nothing(tmp_path: Path) -> None:
    vault(tmp_path, "right").keep("a", SECRET)
    with pytest.raises(UsageError, match="does not open with this key"):
        vault(tmp_path, "wrong").kept("a")


@pytest.mark.parametrize("place", [0, 40, 60, -1])
def test_a_changed_file_opens_nothing(tmp_path: Path, place: int) -> None:
    one = vault(tmp_path, "p")
    one.keep("a", SECRET)
    (path,) = tmp_path.rglob("snapshots/*")
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(RunbackError):
        one.kept("a")


def test_a_file_under_another_name_opens_nothing(tmp_path: Path) -> None:
    one = vault(tmp_path, "p")
    one.keep("staging", SECRET)
    (path,) = tmp_path.rglob("snapshots/*")
    path.rename(path.with_name("prod"))
    with pytest.raises(UsageError):
        one.kept("prod")


def test_without_a_key_nothing_is_begun(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no keyring here, and no passphrase") as error:
        vault(tmp_path, None).check()
    assert "RUNBACK_PASSPHRASE" in error.value.advice


class _Ring(keyring.backend.KeyringBackend):
    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> _Ring:
    ring = _Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    return ring


def test_a_keyring_holds_the_key_and_nobody_is_asked(tmp_path: Path, ring: _Ring) -> None:
    def never() -> str | None:
        raise AssertionError("a person was asked for a passphrase")

    state = ProjectState(tmp_path / "runback" / "p")
    Vault(state, never, ring_key).keep("a", SECRET)
    assert Vault(state, never, ring_key).kept("a") == SECRET
    assert len(ring.held) == 1
    ring.held.clear()  # a new key is made: it does not open what the old one closed
    with pytest.raises(UsageError):
        Vault(state, never, ring_key).kept("a")


def test_a_keyring_that_is_none_is_not_used(ring: _Ring) -> None:
    ring.priority = 0
    assert ring_key() is None
