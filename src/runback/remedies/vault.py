"""Snapshots on disk: encrypted, for nobody but the user, and gone once they are not needed any more.

The key comes from the system's keyring (the package `keyring`, where it is installed and finds one), else
from a passphrase. A file is one line that says which of the two, 16 bytes of salt, 12 of nonce, and
AES-256-GCM over the rest; the name of what is kept is authenticated with it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from runback.errors import RunbackError, UsageError

Passphrase = Callable[[], str | None]

_RING, _PHRASE = b"runback snapshot 1 keyring\n", b"runback snapshot 1 passphrase\n"
_SALT, _NONCE = 16, 12
SERVICE, USER = "runback", "snapshots"
# scrypt with 64 MB: RFC 7914's parameters for a file that an attacker may keep.
_COST, _BLOCK, _MEMORY = 1 << 16, 8, 1 << 27


class Shelf(Protocol):
    """Where the encrypted bytes lie."""

    def write_snapshot(self, name: str, data: bytes) -> None: ...
    def snapshot(self, name: str) -> bytes | None: ...
    def end_snapshot(self, name: str) -> None: ...


@dataclass
class Vault:
    """Keeps what nobody else may read. `passphrase` is asked once, and only if it must be."""

    shelf: Shelf
    passphrase: Passphrase = field(repr=False)
    ring: Callable[[], bytes | None] = field(default=lambda: ring_key(), repr=False)
    _keys: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def keep(self, name: str, data: bytes) -> None:
        """On disk when this returns. Raises UsageError where there is no key."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        kind = _RING if self.ring() is not None else _PHRASE
        salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
        sealed = AESGCM(self._key(kind, salt)).encrypt(nonce, data, kind + name.encode())
        self.shelf.write_snapshot(name, kind + salt + nonce + sealed)

    def kept(self, name: str) -> bytes | None:
        """None where nothing is kept. Raises RunbackError where it cannot be opened with this key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        data = self.shelf.snapshot(name)
        if data is None:
            return None
        kind = next((one for one in (_RING, _PHRASE) if data.startswith(one)), None)
        if kind is None:
            raise RunbackError(f"the snapshot of {name} is not one of this version of Runback")
        rest = data[len(kind) :]
        salt, nonce, sealed = rest[:_SALT], rest[_SALT : _SALT + _NONCE], rest[_SALT + _NONCE :]
        try:
            return AESGCM(self._key(kind, salt)).decrypt(nonce, sealed, kind + name.encode())
        except InvalidTag:
            self._keys.clear()
            raise UsageError(
                f"the snapshot of {name} does not open with this key",
                "Give the passphrase with which it was taken.",
            ) from None

    def forget(self, name: str) -> None:
        self.shelf.end_snapshot(name)

    def check(self) -> None:
        """Raises UsageError where there is neither a keyring nor a passphrase: before anything is changed."""
        if self.ring() is None:
            self._phrase()

    def _key(self, kind: bytes, salt: bytes) -> bytes:
        if kind == _RING:
            key = self.ring()
            if key is None:
                raise UsageError("the snapshot's key is in a keyring that is not to be had now")
            return key
        if salt not in self._keys:
            self._keys[salt] = hashlib.scrypt(
                self._phrase().encode(), salt=salt, n=_COST, r=_BLOCK, p=1, maxmem=_MEMORY, dklen=32
            )
        return self._keys[salt]

    def _phrase(self) -> str:
        if b"" not in self._keys:
            phrase = self.passphrase()
            if not phrase:
                raise UsageError(
                    "the snapshot has no key: there is no keyring here, and no passphrase",
                    "Export RUNBACK_PASSPHRASE, or run it in a terminal, which asks for one.",
                )
            self._keys[b""] = phrase.encode()
        return self._keys[b""].decode()


def ring_key() -> bytes | None:
    """The key in the system's keyring, made on the first call; None where there is no keyring."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    backend = keyring.get_keyring()
    if backend.priority < 1:  # `fail` and `null` are below, and files in clear are not recommended either
        return None
    try:
        known = backend.get_password(SERVICE, USER)
        if known is None:
            known = base64.b64encode(os.urandom(32)).decode()
            backend.set_password(SERVICE, USER, known)
        key = base64.b64decode(known)
    except (KeyringError, ValueError):
        return None
    return key if len(key) == 32 else None
