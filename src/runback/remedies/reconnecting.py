"""The routes and network policies that an app lacks of its snapshot, as the steps that bring them back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runback.model import PlanStep
from runback.remedies import snapshot as kept
from runback.remedies.interface import DEVELOPER, command, restoring_step
from runback.remedies.reach import Reach
from runback.remedies.snapshot import AppSeen, KeptPolicy, KeptRoute, Snapshot


def routes(reach: Reach, old: Snapshot, guid: str) -> Iterator[PlanStep]:
    now = {_key(one) for one in kept.routes(reach, guid)}
    for route in old.routes:
        if _key(route) not in now:
            yield _route(old, guid, route)


def _key(route: KeptRoute) -> tuple[str, str, str, int | None]:
    return route.host, route.domain, route.path, route.router_port


def _route(old: Snapshot, guid: str, route: KeptRoute) -> PlanStep:
    words = [old.app, route.domain, *(("--hostname", route.host) if route.host else ())]
    words += ["--path", route.path] if route.path else []
    words += ["--port", str(route.router_port)] if route.router_port else []
    words += ["--app-port", str(route.port)] if route.port else []
    outside = f":{route.router_port}" if route.router_port else route.path
    return restoring_step(
        f"Map {'.'.join(filter(None, (route.host, route.domain)))}{outside} to {old.app} again.",
        command("cf", "map-route", *words),
        "POST /v3/routes/{guid}/destinations",
        old.app,
        {
            "app": guid,
            "host": route.host,
            "domain": route.domain,
            "path": route.path or None,
            "port": route.port,
            "router_port": route.router_port,
        },
    )


def policies(reach: Reach, old: Snapshot, guids: Mapping[str, str]) -> Iterator[PlanStep]:
    """Those of other apps towards the app too: they ended with its old guid, and no script knows them."""
    now = set(kept.policies(reach, guids[old.guid]))
    names: dict[str, str] = {}
    for policy in old.policies:
        ends = guids.get(policy.source, policy.source), guids.get(policy.destination, policy.destination)
        if KeptPolicy(source=ends[0], destination=ends[1], protocol=policy.protocol,
                      start=policy.start, end=policy.end) in now:  # fmt: skip
            continue
        for end in ends:
            if end not in names:
                found = reach.found(f"/v3/apps/{end}", AppSeen)
                names[end] = found.name if found else ""
        if all(names[end] for end in ends):  # else its other end is gone too
            yield _policy(old, policy, ends, (names[ends[0]], names[ends[1]]))


def _policy(old: Snapshot, policy: KeptPolicy, ends: tuple[str, str], names: tuple[str, str]) -> PlanStep:
    ports = f"{policy.start}" if policy.start == policy.end else f"{policy.start}-{policy.end}"
    return restoring_step(
        f"Allow {names[0]} to reach {names[1]} on {policy.protocol} port {ports} again.",
        command("cf", "add-network-policy", *names, "--protocol", policy.protocol, "--port", ports),
        "POST /networking/v1/external/policies",
        old.app,
        {
            "source": ends[0],
            "destination": ends[1],
            "protocol": policy.protocol,
            "port": policy.start,
            "last_port": policy.end,
        },
        needs=f"{DEVELOPER} in the spaces of both apps, or network.write",
    )
