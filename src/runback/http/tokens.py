"""Which token goes where: a token is sent only to the origins for which it was issued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """`scheme://host:port` in lower case, the port always written; '' for what is no http(s) URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


class Token(Protocol):
    """What proves who asks."""

    def allows(self, origin: str) -> bool:
        """Whether the token was issued for this origin (as `origin_of` writes it)."""
        ...

    def headers(self) -> dict[str, str]:
        """The request headers that carry it now. May fetch a fresh one; raises AccessError or FetchError."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """After a 401 to the headers `refused`: whether `headers()` now gives others, worth one more try."""
        ...


class HeaderToken:
    """A token that stays as it is, in one header, for the origin of one URL."""

    def __init__(self, url: str, header: str, value: str) -> None:
        self._origin = origin_of(url)
        self._headers = {header: value}

    def __repr__(self) -> str:
        return f"HeaderToken({self._origin!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeaderToken) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self._origin, *self._headers.items()))

    def allows(self, origin: str) -> bool:
        return bool(origin) and origin == self._origin

    def headers(self) -> dict[str, str]:
        return dict(self._headers)

    def renew(self, refused: Mapping[str, str]) -> bool:
        return False
