"""The name of a service instance."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runback.model import Scalar
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import Reach


class _Instance(msgspec.Struct):
    name: str = ""


class RenameService(Action):
    """Given the instance's `guid`, and its `name` from now on."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        found = reach.found(_path(given), _Instance)
        if found is None:
            return Look({}, moved="the service is not there any more")
        return Look({"name": found.name}, done=found.name == text(given, "name"))

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send("PATCH", _path(given), {"name": text(given, "name")})
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        name = text(before, "name")
        reach.send("PATCH", _path(given), {"name": name})
        return f"called the service {name} again"


def _path(given: Parameters) -> str:
    return f"/v3/service_instances/{text(given, 'guid')}"
