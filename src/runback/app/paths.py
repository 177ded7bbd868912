"""The way from app to app, or from an app to the world outside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec.structs import replace as replace_record

from runback.app.diagnosis import collect
from runback.app.place import Place
from runback.app.request import Request
from runback.model import App, Gap, PathSeen, Platform, Reach, Target

if TYPE_CHECKING:
    from runback.app.probing import Probe


@dataclass(frozen=True)
class Followed:
    """The ways that were found, or why none can be shown, and the app from which they begin."""

    target: Target
    ways: tuple[PathSeen, ...] | Gap
    source: App | None = None
    port: int | None = None  # that was asked for


def path(request: Request, reach: Reach, place: Place) -> Followed:
    """Each way from the app to the destination, or why none can be shown. Raises as `diagnose` does."""
    from runback.facts import tables
    from runback.facts.path import ways

    evidence, _ = collect(
        request, place.start, place.environ, place.progress, place.now, reach=reach, browse=True
    )
    name = evidence.target.app or ""
    world = evidence.platform
    apps = world.apps if isinstance(world, Platform) and not isinstance(world.apps, Gap) else ()
    source = next((app for app in apps if app.name == name), None)
    return Followed(evidence.target, ways(evidence, tables(evidence), name, reach), source, reach.port)


def plan_probes(followed: Followed, place: Place) -> tuple[Probe | Gap, ...]:
    """For each way the task that would try it, or why there can be none."""
    from runback.app.probing import planned

    source, ways = followed.source, followed.ways
    if source is None or isinstance(ways, Gap):
        return ()
    return tuple(planned(way, source, followed.port or way.port, place) for way in ways)


def probe(followed: Followed, probes: tuple[Probe | Gap, ...], place: Place) -> Followed:
    """The ways with what the tasks found. Each is written to the audit log before it is run."""
    from runback.app.probing import carried_out
    from runback.model import PathHop
    from runback.state import State

    if isinstance(followed.ways, Gap):
        return followed
    record = State.of(place.environ).audit
    found: list[PathSeen] = []
    for way, one in zip(followed.ways, probes, strict=True):
        if isinstance(one, Gap):
            hops: tuple[PathHop, ...] = (PathHop(name="probe", ok=None, says=one.reason),)
        else:
            record({"what": "probe", "app": one.app.name, "command": one.command})
            hops = carried_out(one, place)
        seen = tuple(hop for hop in way.hops if hop.name not in {new.name for new in hops})
        found.append(replace_record(way, hops=seen + hops))
    return replace(followed, ways=tuple(found))
