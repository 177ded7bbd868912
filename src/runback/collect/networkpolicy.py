"""Container-to-container network policies, as far as this user may see them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runback.collect.session import Session
from runback.http import Client
from runback.model import Policy


class _Ports(msgspec.Struct):
    start: int = 0
    end: int = 0


class _Source(msgspec.Struct):
    id: str


class _Destination(msgspec.Struct):
    id: str
    protocol: str = "tcp"
    ports: _Ports = msgspec.field(default_factory=_Ports)


class _Policy(msgspec.Struct):
    source: _Source
    destination: _Destination


class _Policies(msgspec.Struct):
    policies: list[_Policy] = []


def policies_of(client: Client, session: Session, guids: Iterable[str]) -> tuple[Policy, ...]:
    """Policies from or to the apps. Raises FetchError.

    The server leaves out, without a word, those between apps of which the user does not develop both.
    """
    url = f"{session.endpoints.policies}/policies?id={','.join(sorted(set(guids)))}"
    return tuple(
        Policy(
            source=one.source.id,
            destination=one.destination.id,
            protocol=one.destination.protocol,
            start=one.destination.ports.start,
            end=one.destination.ports.end,
        )
        for one in client.json(url, _Policies, token=session).policies
    )
