"""The schema of a database: which migrations were run on it, beside those that a release brings.

A database on which nobody here ran migrations is as the code wants it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab import recordings
from runback.lab.platform import brokers

if TYPE_CHECKING:
    from runback.lab.platform.behaviour import Behaviour
    from runback.lab.platform.state import App, ServiceInstance
    from runback.lab.platform.world import World

OFFERING = "aws-rds"


def migrate(world: World, app: App, behaviour: Behaviour) -> tuple[int, str]:
    """`manage.py migrate` with the code of a droplet: its exit status, and what Django 5.2.8 prints."""
    found = [world.state.service_instances[one.service_instance_guid] for one in world.services.of(app)]
    database = next((one for one in found if _is_database(world, one)), None)
    if database is None or not behaviour.migrations:
        return 0, recordings.read("migrate-nothing")
    run = set(database.migrations or ())
    for migration in behaviour.migrations:
        if migration.name in run and migration.after and migration.after not in run:
            return 1, recordings.read("migrate-inconsistent")
    new = [one.name for one in behaviour.migrations if one.name not in run]
    database.migrations = [*(database.migrations or ()), *new]
    return 0, recordings.read("migrate-done" if new else "migrate-nothing")


def difference(instance: ServiceInstance, behaviour: Behaviour) -> str:
    """What of troubles.py a release meets in the database: table, column, written or newer; '': they fit."""
    if instance.migrations is None or not behaviour.migrations:
        return ""
    run, known = set(instance.migrations), {one.name for one in behaviour.migrations}
    missing = sorted(known - run)
    if missing:
        return "table" if missing[0].endswith("_initial") else "column" if _is_read(missing) else "written"
    return "newer" if run - known else ""


def column(instance: ServiceInstance, behaviour: Behaviour) -> str:
    """The first column that the code writes and the table has not; '' where it has them all."""
    missing = sorted({one.name for one in behaviour.migrations} - set(instance.migrations or ()))
    return missing[0].rpartition("_")[2] if missing else ""


def _is_read(missing: list[str]) -> bool:
    """Whether one of them is the column that reports are looked up by (portal/reports/views.py)."""
    return any(name.endswith("_quarter") for name in missing)


def _is_database(world: World, instance: ServiceInstance) -> bool:
    offering = brokers.offering(world, instance)
    return offering is not None and offering.name == OFFERING
