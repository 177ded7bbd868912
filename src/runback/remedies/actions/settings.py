"""Features, labels, annotations and start commands of an app."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runback.model import Scalar
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import NotDone, Reach
from runback.remedies.snapshot import load, processes


class _Feature(msgspec.Struct):
    enabled: bool = False


class SetFeature(Action):
    """Given `guid`, the feature's `name`, and `enabled`."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        found = reach.found(_feature_path(given), _Feature)
        if found is None:
            return Look({}, moved="the app is not there any more, or does not know the feature")
        return Look({"enabled": found.enabled}, done=found.enabled == given.get("enabled"))

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send("PATCH", _feature_path(given), {"enabled": given.get("enabled")})
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        reach.send("PATCH", _feature_path(given), {"enabled": before.get("enabled")})
        return f"switched {text(given, 'name')} {'on' if before.get('enabled') else 'off'} again"


def _feature_path(given: Parameters) -> str:
    return f"/v3/apps/{text(given, 'guid')}/features/{text(given, 'name')}"


class _Metadata(msgspec.Struct):
    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}


class _App(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class SetMetadata(Action):
    """Given `guid`, the `kind` (label or annotation), its `name` and `value`."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        app = reach.found(f"/v3/apps/{text(given, 'guid')}", _App)
        if app is None:
            return Look({}, moved="the app is not there any more")
        kept = app.metadata.labels if given.get("kind") == "label" else app.metadata.annotations
        now = kept.get(text(given, "name"))
        return Look({"value": now}, done=now == given.get("value"))

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        self._set(reach, given, given.get("value"))
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if "value" not in before:
            raise NotDone("what it was before is not known")
        self._set(reach, given, before["value"])
        return f"gave the app its old {given.get('kind')} {text(given, 'name')}"

    def _set(self, reach: Reach, given: Parameters, value: Scalar) -> None:
        metadata = {f"{given.get('kind')}s": {text(given, "name"): value}}
        reach.send("PATCH", f"/v3/apps/{text(given, 'guid')}", {"metadata": metadata})


class SetCommand(Action):
    """Given `guid`, the `type` of the process, and the `snapshot` that holds the command."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        there = reach.found(f"/v3/apps/{text(given, 'guid')}", _App) is not None
        now = processes(reach, text(given, "guid")).get(text(given, "type")) if there else None
        if now is None:
            return Look({}, moved="the app or its process is not there any more")
        whose = "own" if now.command else "the droplet's"
        return Look({"command": whose}, done=now.command == _kept(reach, given))

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        path = f"/v3/apps/{text(given, 'guid')}/processes/{text(given, 'type')}"
        reach.send("PATCH", path, {"command": _kept(reach, given)})
        return {}


def _kept(reach: Reach, given: Parameters) -> str | None:
    """The snapshot's command; None: the droplet's own."""
    kept = load(reach, text(given, "snapshot")).processes
    return next((one.command for one in kept if one.type == given["type"]), None)
