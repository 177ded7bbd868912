"""Network policies between apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runback.model import Scalar
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.bodies import App, Policies
from runback.remedies.parameters import Parameters, number, text
from runback.remedies.reach import NotDone, Reach


def exists(reach: Reach, given: Parameters) -> bool:
    """Whether the very policy is there: a wider one does the same, but was not made by us."""
    source, destination = text(given, "source"), text(given, "destination")
    found = reach.policies(f"source_id={source}&dest_id={destination}", Policies).policies
    protocol, ports = text(given, "protocol"), _ports(given)
    return any(
        one.destination.protocol == protocol
        and (one.destination.ports.start, one.destination.ports.end) == ports
        for one in found
    )


def _ports(given: Parameters) -> tuple[int, int]:
    """First and last: `port`, and `last_port` where it is a range."""
    port = number(given, "port")
    return port, number(given, "last_port") if given.get("last_port") else port


def body(given: Parameters) -> Mapping[str, Any]:
    start, end = _ports(given)
    destination = {
        "id": text(given, "destination"),
        "protocol": text(given, "protocol"),
        "ports": {"start": start, "end": end},
    }
    return {"policies": [{"source": {"id": text(given, "source")}, "destination": destination}]}


class AddPolicy(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        for end in ("source", "destination"):
            if reach.found(f"/v3/apps/{text(given, end)}", App) is None:
                return Look({"policy": "missing"}, moved=f"the {end} app is not there any more")
        there = exists(reach, given)
        return Look({"policy": "present" if there else "missing"}, done=there)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send_policies("", body(given))
        return {}

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        if not exists(reach, given):
            raise NotDone("the platform took the network policy, but does not show it")

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if before.get("policy") == "present":
            return "the network policy was there before: it stays"
        reach.send_policies("/delete", body(given))
        return "removed the network policy again"


class RemovePolicy(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        there = exists(reach, given)
        return Look({"policy": "present" if there else "missing"}, done=not there)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send_policies("/delete", body(given))
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if before.get("policy") != "present":
            return "the network policy was not there before"
        reach.send_policies("", body(given))
        return "added the network policy again"
