"""What evidence could lack: the same evidence without one part, for every part that may be a `Gap`."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec.structs import replace

from runback.model import App, Evidence, Gap, Platform, Step

SAID = "it was taken away"


def lacking(evidence: Evidence) -> Iterator[tuple[str, Evidence]]:
    """A place, and the evidence without what stands there, as where its resource answers 403."""
    named = set(_outputs(evidence))
    for place, less in _without(evidence, ""):
        yield place, _as_collected(less, named)


def _without(whole: Any, at: str) -> Iterator[tuple[str, Any]]:
    """The record with a `Gap` in one place, for each place within it."""
    hints = get_type_hints(type(whole))
    for field in whole.__struct_fields__:
        value, place = getattr(whole, field), f"{at}.{field}".lstrip(".")
        may_lack = isinstance(hints[field], UnionType) and Gap in get_args(hints[field])
        if may_lack and value is not None and not isinstance(value, Gap):
            yield place, replace(whole, **{field: Gap(what=place, reason=SAID)})
        if isinstance(value, msgspec.Struct):
            for inner, less in _without(value, place):
                yield inner, replace(whole, **{field: less})
        elif isinstance(value, tuple):
            for index, one in enumerate(value):
                if isinstance(one, msgspec.Struct):
                    for inner, less in _without(one, f"{place}[{getattr(one, 'name', index)}]"):
                        yield inner, replace(whole, **{field: (*value[:index], less, *value[index + 1 :])})


def _as_collected(evidence: Evidence, named: set[str]) -> Evidence:
    """What hangs on a part that is missing is missing too: the log of a step whose job cannot be read."""
    lost = named - set(_outputs(evidence))
    platform = evidence.platform
    if not isinstance(platform, Platform) or isinstance(platform.apps, Gap):
        logs = tuple(one for one in evidence.logs if one.app is None and one.id not in lost)
        return replace(evidence, logs=logs)
    apps = platform.apps
    if isinstance(platform.routes, Gap):
        apps = tuple(replace(app, routes=platform.routes) for app in apps)
    silent = {app.name for app in apps if isinstance(app.logs, Gap)}
    logs = tuple(one for one in evidence.logs if one.app not in silent and one.id not in lost)
    return replace(evidence, platform=replace(platform, apps=tuple(map(_unaddressed, apps))), logs=logs)


def _unaddressed(app: App) -> App:
    """Addresses come of the variables."""
    return replace(app, addresses=()) if isinstance(app.variables, Gap) else app


def _outputs(node: Any) -> Iterator[str]:
    """The logs that the steps of jobs name."""
    if isinstance(node, Step):
        if isinstance(node.log, str):
            yield node.log
    elif isinstance(node, msgspec.Struct):
        for field in node.__struct_fields__:
            yield from _outputs(getattr(node, field))
    elif isinstance(node, tuple):
        for one in node:
            yield from _outputs(one)
