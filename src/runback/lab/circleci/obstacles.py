"""What stands in the way of jobs whatever their steps do: contexts, plans, machines, registries, storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from runback.lab.circleci.logic import seconds

HOUR = 3600.0


@dataclass(slots=True)
class Obstacles:
    """Each is a key of the change `ci.hinder`."""

    restrict: set[str] = field(default_factory=set)  # contexts that whoever pushes may not use
    unregistered: bool = False  # whoever pushes has no seat in the organization
    outage: set[str] = field(default_factory=set)  # jobs whose next run finds no machine
    queue: set[str] = field(default_factory=set)  # jobs that wait for a free machine
    pull_limit: bool = False  # the registry's, for pulls without a login
    classes: set[str] = field(default_factory=set)  # resource classes that the plan does not have
    broken: set[str] = field(default_factory=set)  # built-in steps that fail: checkout, restore_cache …
    webhook: bool = True  # whether a push reaches CircleCI
    credits: bool = True  # whether there are any left
    auto_cancel: bool = False  # 'auto-cancel redundant workflows', a setting of the project
    job_limit: float = 5 * HOUR  # seconds that the plan gives a job

    def add(self, given: Mapping[str, Any]) -> None:
        """Puts more in the way, or takes it away; the keys are checked where they are read."""
        for name, value in given.items():
            old = getattr(self, name)
            if isinstance(old, set):
                setattr(self, name, old | set(value))
            elif isinstance(old, bool):
                setattr(self, name, bool(value))
            else:
                setattr(self, name, seconds(value))

    @property
    def longest(self) -> timedelta:
        return timedelta(seconds=self.job_limit)


KEYS = tuple(Obstacles.__dataclass_fields__)
