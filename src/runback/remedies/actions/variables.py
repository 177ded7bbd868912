"""Variables of an app. Values come from the person's own sources, or from the snapshot of a rebuild; neither
plan nor journal holds them. Only an address that the repository holds stands in the step itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runback.model import Scalar
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import NotDone, Reach
from runback.remedies.snapshot import load


class _Variables(msgspec.Struct):
    var: dict[str, str | None] = {}


class SetVariable(Action):
    """Sets one, or takes it away where the step says `unset`.

    `replaces` is False where the plan found no value: another one is of somebody who was quicker.
    """

    def look(self, reach: Reach, given: Parameters) -> Look:
        found = reach.found(_path(given), _Variables)
        if found is None:
            return Look({}, moved="the app is not there any more")
        now = found.var.get(text(given, "name"))
        before = {"variable": "absent" if now is None else "empty" if now == "" else "set"}
        if given.get("unset"):
            return Look(before, done=now is None)
        done = now == _value(reach, given)
        taken = now and not done and given.get("replaces") is False
        return Look(before, done=done, moved="it has another value by now" if taken else "")

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        value = None if given.get("unset") else _value(reach, given)
        reach.send("PATCH", _path(given), {"var": {text(given, "name"): value}})
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        name = text(given, "name")
        if before.get("variable") == "set":
            raise NotDone(f"{name} had another value before, which nobody kept: set it by hand")
        if given.get("unset") and before.get("variable") == "absent":
            return f"{name} was not set before"
        value = "" if before.get("variable") == "empty" else None
        reach.send("PATCH", _path(given), {"var": {name: value}})
        return f"took {name} away again"


def _path(given: Parameters) -> str:
    return f"/v3/apps/{text(given, 'guid')}/environment_variables"


def _value(reach: Reach, given: Parameters) -> str:
    name = text(given, "name")
    if given.get("snapshot"):
        return load(reach, text(given, "snapshot")).variables[name]
    value = given.get("value") or reach.values.get(name)
    if not isinstance(value, str) or not value:
        raise NotDone(
            f"there is no value for {name}",
            f"Say where it is: --value {name}=env:NAME, {name}=file:PATH, or {name}=ask.",
        )
    return value
