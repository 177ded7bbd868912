"""One thing that a file of the checkout says should be there."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from runback.declared.text import Text

Kind: TypeAlias = Literal["variable", "service", "route", "policy", "instance", "setting"]


class Unread(NamedTuple):
    """What of a file could not be told, in words."""

    path: str
    line: int
    reason: str


class Declared(NamedTuple):
    """What `path` says in `line`. `app` is as the file names it, perhaps with holes.

    kind      name                     value
    variable  its name                 its value, as far as the file tells it
    service   the service's name       ''
    route     host.domain[:port]/path  ''
    policy    the destination app      'tcp 8080'
    instance  the service's name       'offering plan'; it is created, not bound
    setting   memory, disk, instances, health check, health endpoint, command, buildpacks, stack, sidecars
    """

    kind: Kind
    app: Text
    name: Text
    value: Text
    path: str
    line: int
    doubtful: bool = False
