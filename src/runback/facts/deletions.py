"""Apps that are no more: deleted, or not to be seen where the configuration says that they are."""

from __future__ import annotations

from collections.abc import Iterator

from runback.facts import views
from runback.model import DeletedApp, Destination, Evidence, Gap, Platform, Row, Table, Tables, Where


def names(world: Platform) -> frozenset[str]:
    """The names of the apps that were deleted, as far as that is known."""
    return frozenset() if isinstance(world.deleted, Gap) else frozenset(app.name for app in world.deleted)


def led_to(world: Platform, host: str) -> Destination | None:
    """The deleted app to which an internal name led: called like the app, with the space before it or not."""
    label, _, domain = host.partition(".")
    if domain and not domain.endswith("internal"):
        return None
    for app in () if isinstance(world.deleted, Gap) else world.deleted:
        if label == app.name or label.endswith(f"-{app.name}"):
            return Destination(app_guid=app.guid, app=app.name)
    return None


def deleted(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """The environment's apps that are gone, and those that an app of it still asks for."""
    apps, world, asked = views.apps(evidence), views.platform(evidence), tables["connections"]
    if isinstance(apps, Gap) or world is None:
        return apps if isinstance(apps, Gap) else ()
    needed: dict[str, Row] = {}
    for row in asked.rows if isinstance(asked, Table) else ():
        needed.setdefault(str(row.cells["destination"]), row)
    known = {} if isinstance(world.deleted, Gap) else {one.name: one for one in reversed(world.deleted)}
    there = {app.name for app in apps}
    missing = [name for name in evidence.target.apps if name not in there]
    return tuple(
        _row(evidence, world, name, known.get(name), needed.get(name))
        for name in dict.fromkeys((*missing, *(name for name in known if name in needed)))
    )


def _row(evidence: Evidence, world: Platform, name: str, gone: DeletedApp | None, asked: Row | None) -> Row:
    unseen = Gap(what=f"whether {name} was deleted", reason=_unseen(evidence, world))
    return Row(
        cells={
            "app": name,
            "deleted": True if gone else unseen,
            "by": gone.by or None if gone else None,
            "asked_by": asked.app if asked else None,
            "configured": name in evidence.target.apps,
        },
        app=name,
        at=gone.at if gone else None,
        where=(*_proof(gone), *(asked.where if asked else ())),
    )


def _proof(gone: DeletedApp | None) -> Iterator[Where]:
    if gone is not None:
        said = f"{gone.by or 'somebody'} at {gone.at:%Y-%m-%d %H:%M} UTC"
        yield views.resource(f"event audit.app.delete-request of {gone.name}", said)


def _unseen(evidence: Evidence, world: Platform) -> str:
    space = evidence.target.space or "its space"
    if isinstance(world.deleted, Gap):
        return f"it is not to be seen in {space}, and neither are the space's events ({world.deleted.reason})"
    return f"it is configured, but not to be seen in {space}, and no event says that it was deleted"
