"""What changed between the revision of an app that ran well and now, and who changed it.

A revision tells droplet, variables, commands and sidecars; audit events tell scale, bindings, routes, starts
and stops. Nobody records who changes network policies. Events that only say that somebody looked are no
changes: ours among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from runback.facts import views
from runback.facts.events import crash_events
from runback.facts.releases import commit_of
from runback.facts.revisions import SETTLED, last_good, running_revision
from runback.model import (
    App,
    AuditEvent,
    Change,
    ChangeKind,
    ChangeWord,
    Droplet,
    Evidence,
    Gap,
    Revision,
    Row,
    Tables,
    Variable,
)

LEAD = timedelta(minutes=30)  # before a revision is made, what it holds is set
LAG = timedelta(minutes=2)  # after it is made, its own deployment still maps routes and binds


class Make(Protocol):
    """Makes a change with the time and the person that all changes of one place share."""

    def __call__(
        self, kind: ChangeKind, name: str, change: ChangeWord, before: str = "", after: str = ""
    ) -> Change: ...


class Baseline(NamedTuple):
    """The revision that ran well, and from when on its app may have been changed."""

    revision: Revision
    since: datetime


def changes(evidence: Evidence, tables: Tables) -> views.Read:
    return views.by_app(
        evidence,
        lambda app: baseline(app, evidence.collected_at),
        lambda app, base: (_row(app, base, one) for one in since(evidence, app, base)),
    )


def baseline(app: App, now: datetime) -> Baseline | Gap:
    """The running revision where it has run well for a while, else the last one before it that did."""
    running, crashes = running_revision(app), crash_events(app)
    if running is not None and not isinstance(crashes, Gap):
        own = [event.at for event in crashes if event.at >= running.created_at]
        if (min(own, default=now) - running.created_at).total_seconds() >= SETTLED:
            return Baseline(running, running.created_at)
    good = last_good(app, now)
    return good if isinstance(good, Gap) else Baseline(good, good.created_at)


def since(evidence: Evidence, app: App, base: Baseline) -> tuple[Change, ...]:
    """What changed from the baseline to now, oldest first; changes of an unknown time last."""
    running = running_revision(app)
    found: list[Change] = []
    if running is not None and running.guid != base.revision.guid:
        found += between(evidence, app, base.revision, running)
    elif running is not None:
        found += _not_started(app, running)
    if not isinstance(app.events, Gap):
        told = {(one.kind, one.name) for one in found}  # with what it was before, which events do not say
        found += [one for one in _net(_from_events(evidence, app, base)) if (one.kind, one.name) not in told]
    return tuple(sorted(found, key=lambda one: (one.at is None, one.at or base.since)))


def between(evidence: Evidence, app: App, old: Revision, new: Revision) -> Iterator[Change]:
    """What the later revision has that the earlier one has not, and the other way round."""
    actor = _actor(app, new.created_at)
    make = _maker(new.created_at, actor)
    if old.droplet != new.droplet:
        before, after = _commit(evidence, app, old), _commit(evidence, app, new)
        yield make("droplet", "commit", "changed", before or "", after or "")
        yield from _buildpacks(app, old, new, make)
    yield from _variables(_held(app, old), _held(app, new), make)
    for kind in sorted({*old.commands, *new.commands}):
        if old.commands.get(kind) != new.commands.get(kind):
            yield make("command", kind, "changed")
    for name in sorted({*old.sidecars} ^ {*new.sidecars}):
        yield make("sidecar", name, "added" if name in new.sidecars else "removed")


def _maker(at: datetime | None, actor: str) -> Make:
    def make(kind: ChangeKind, name: str, change: ChangeWord, before: str = "", after: str = "") -> Change:
        return Change(kind=kind, name=name, change=change, before=before, after=after, at=at, by=actor)

    return make


def _commit(evidence: Evidence, app: App, revision: Revision) -> str | None:
    droplet = _droplet(app, revision)
    return (droplet.commit if droplet is not None else None) or commit_of(evidence, revision)


def _droplet(app: App, revision: Revision) -> Droplet | None:
    current = (app.droplet,) if isinstance(app.droplet, Droplet) else ()
    return next((one for one in (*current, *app.droplets) if one.guid == revision.droplet), None)


def _buildpacks(app: App, old: Revision, new: Revision, make: Make) -> Iterator[Change]:
    before, after = _droplet(app, old), _droplet(app, new)
    if before is None or after is None:
        return
    versions = [dict(_split(pack) for pack in one.buildpacks) for one in (before, after)]
    for name in sorted({*versions[0], *versions[1]}):
        one, other = versions[0].get(name, ""), versions[1].get(name, "")
        if one != other:
            yield make("buildpack", name, _word(name in versions[0], name in versions[1]), one, other)


def _split(pack: str) -> tuple[str, str]:
    name, _, version = pack.rpartition(" ")
    return (name, version) if name else (pack, "")


def _word(before: bool, after: bool) -> ChangeWord:
    return "changed" if before and after else "added" if after else "removed"


def _held(app: App, revision: Revision) -> tuple[Variable, ...] | Gap | None:
    """The variables of a revision; those of the running one are the app's, if it was not read itself."""
    running = running_revision(app)
    if revision.variables is None and running is not None and running.guid == revision.guid:
        return app.variables
    return revision.variables


def _variables(
    old: tuple[Variable, ...] | Gap | None,
    new: tuple[Variable, ...] | Gap | None,
    make: Make,
) -> Iterator[Change]:
    """Names only; of a value that is another one, that it is."""
    if not isinstance(old, tuple) or not isinstance(new, tuple):
        return
    before, after = _prints(old), _prints(new)
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield make("variable", name, _word(name in before, name in after))


def _prints(variables: Iterable[Variable]) -> dict[str, str]:
    return {one.name: one.fingerprint for one in variables}


def _not_started(app: App, running: Revision) -> Iterator[Change]:
    """Variables that were set since: no process has them yet. Only where the revision's own were read."""
    if running.variables is not None:
        yield from _variables(running.variables, app.variables, _maker(None, ""))


def _actor(app: App, at: datetime) -> str:
    """Who made the revision: it names the system, but what it holds was set by somebody shortly before."""
    events = () if isinstance(app.events, Gap) else app.events
    made = [
        event
        for event in events
        if event.type in _MAKES and event.actor and at - LEAD <= event.at <= at + timedelta(minutes=1)
    ]
    return max(made, key=lambda event: event.at).actor if made else ""


# --- audit events ---------------------------------------------------------------------------------

_MAKES = ("audit.app.update", "audit.app.droplet.mapped", "audit.app.deployment.create", "audit.app.start")


def _from_events(evidence: Evidence, app: App, base: Baseline) -> Iterator[Change]:
    events = () if isinstance(app.events, Gap) else app.events
    routes = _routes(evidence, app)
    oldest_first = list(reversed(events))  # the platform tells the newest first, also of one second
    for event in sorted(oldest_first, key=lambda event: event.at):
        reader = _READERS.get(event.type)
        if reader is not None and event.at > base.since + LAG:
            yield from reader(event, routes)


def _net(found: Iterable[Change]) -> list[Change]:
    """What is left of changes in their order: what was taken away and put back is no change, a stop and a
    start are one restart, and of several values the last one counts.
    """
    latest: dict[tuple[str, str], Change] = {}
    for one in found:
        key = (one.kind, "" if one.kind == "state" else one.name)
        before = latest.pop(key, None)
        undone = before is not None and {before.change, one.change} == {"added", "removed"}
        if before is not None and one.kind == "state" and (before.after, one.after) == ("stopped", "started"):
            latest[key] = replace(one, name="restarted", after="restarted")
        elif not undone:
            latest[key] = one
    return list(latest.values())


def _routes(evidence: Evidence, app: App) -> Mapping[str, str]:
    """Route GUID → its address, as far as it is still there to be seen."""
    world = views.platform(evidence)
    known = [app.routes, world.routes if world is not None else ()]
    return {route.guid: route.url for some in known if not isinstance(some, Gap) for route in some}


def _scaled(event: AuditEvent, _: Mapping[str, str]) -> Iterator[Change]:
    process = str(event.data.get("process_type") or "web")
    for key, unit in (("instances", ""), ("memory_in_mb", " MB"), ("disk_in_mb", " MB")):
        if key in event.data:
            name = f"{process} {key.removesuffix('_in_mb')}"
            yield _maker(event.at, event.actor)("scale", name, "changed", "", f"{event.data[key]}{unit}")


def _route(event: AuditEvent, routes: Mapping[str, str]) -> Iterator[Change]:
    guid = str(event.data.get("route_guid") or "")
    change: ChangeWord = "added" if event.type.endswith(".map-route") else "removed"
    yield _maker(event.at, event.actor)("route", routes.get(guid, f"route {guid[:8]}"), change)


def _binding(event: AuditEvent, _: Mapping[str, str]) -> Iterator[Change]:
    change: ChangeWord = "added" if event.type.endswith(".create") else "removed"
    service = str(event.data.get("service") or "a service")
    yield _maker(event.at, event.actor)("binding", service, change)


def _state(event: AuditEvent, _: Mapping[str, str]) -> Iterator[Change]:
    word = {"start": "started", "stop": "stopped", "restart": "restarted"}[event.type.rpartition(".")[2]]
    yield _maker(event.at, event.actor)("state", word, "changed", "", word)


def _process(event: AuditEvent, _: Mapping[str, str]) -> Iterator[Change]:
    """What a person set. A push sets what its manifest says, also what is so already: that is code."""
    if event.data.get("by") == "manifest":
        return
    process = str(event.data.get("process_type") or "web")
    make = _maker(event.at, event.actor)
    for key in str(event.data.get("set") or "process").split():
        yield make("setting", f"{_SETTINGS.get(key, 'settings')} of {process}", "changed")


_SETTINGS = {
    "command": "start command",
    "health_check": "health check",
    "readiness_health_check": "readiness check",
}


_READERS: Mapping[str, Callable[[AuditEvent, Mapping[str, str]], Iterator[Change]]] = {
    "audit.app.process.scale": _scaled,
    "audit.app.process.update": _process,
    "audit.app.map-route": _route,
    "audit.app.unmap-route": _route,
    "audit.service_binding.create": _binding,
    "audit.service_binding.delete": _binding,
    "audit.app.start": _state,
    "audit.app.stop": _state,
    "audit.app.restart": _state,
}


def _row(app: App, base: Baseline, one: Change) -> Row:
    said = f"{one.kind} {one.name} {one.change}" + (f" by {one.by}" if one.by else "")
    return Row(
        cells={
            "app": app.name,
            "kind": one.kind,
            "name": one.name,
            "change": one.change,
            "before": one.before or None,
            "after": one.after or None,
            "by": one.by or None,
            "since": base.revision.version,
        },
        app=app.name,
        at=one.at,
        where=(views.resource(f"changes of {app.name} since revision {base.revision.version}", said),),
    )
