"""What apps may reach outside of the platform: the security groups of their spaces."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from runback.collect import capi
from runback.collect.overview import listing
from runback.collect.session import Session
from runback.http import Client, gather
from runback.model import SecurityGroup, SecurityRule


class _Rule(msgspec.Struct):
    protocol: str = ""
    destination: str = ""
    ports: str | None = None


class _Group(msgspec.Struct):
    name: str
    rules: list[_Rule] = []


def groups_of(client: Client, session: Session, spaces: Mapping[str, str]) -> tuple[SecurityGroup, ...]:
    """The groups that hold for running apps of the spaces (GUID → name), the global ones included.

    Raises FetchError.
    """
    found = gather(*(partial(_of_space, client, session, guid, name) for guid, name in spaces.items()))
    return tuple(group for groups in found for group in groups)


def _of_space(client: Client, session: Session, guid: str, name: str) -> list[SecurityGroup]:
    path = f"/v3/spaces/{guid}/running_security_groups?per_page=5000"
    pages = listing(client, session, path, capi.Page[_Group])
    return [
        SecurityGroup(
            name=group.name,
            space=name,
            rules=tuple(
                SecurityRule(protocol=rule.protocol, destination=rule.destination, ports=rule.ports or "")
                for rule in group.rules
            ),
        )
        for page in pages
        for group in page.resources
    ]
