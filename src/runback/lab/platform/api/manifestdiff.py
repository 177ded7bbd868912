"""What applying a manifest would change (cloud_controller_ng, app/actions/space_diff_manifest.rb)."""

from __future__ import annotations

from typing import Any

from runback.lab.platform.api.call import Json

# app/messages/app_manifest_message.rb; other keys are passed over
_KEYS = {
    "buildpack",
    "buildpacks",
    "command",
    "docker",
    "env",
    "health-check-http-endpoint",
    "health-check-invocation-timeout",
    "health-check-interval",
    "health-check-timeout",
    "health-check-type",
    "readiness-health-check-http-endpoint",
    "readiness-health-check-type",
    "readiness-health-check-invocation-timeout",
    "readiness-health-check-interval",
    "instances",
    "metadata",
    "lifecycle",
    "name",
    "no-route",
    "processes",
    "random-route",
    "default-route",
    "routes",
    "services",
    "sidecars",
    "stack",
    "timeout",
    "log-rate-limit-per-second",
    "features",
}
# How the entries of these lists are told apart.
_NAMES = {"processes": "type", "routes": "route", "sidecars": "name"}


def application_changes(path: str, before: Json, wanted: Json) -> list[Json]:
    """The changes of one application; memory and disk are never among them, as in Cloud Controller."""
    web: Json = next((each for each in before.get("processes", ()) if each["type"] == "web"), {})
    known = {**before, **web}
    found: list[Json] = []
    for key, value in wanted.items():
        if key not in _KEYS:
            continue
        was = known.get(key)
        if key in _NAMES and was and isinstance(value, list):
            was = _pruned(was, value, _NAMES[key])
        found += _changes(f"{path}/{key}", was, value)
    return found


def _pruned(was: list[Json], value: list[Json], name: str) -> list[Json]:
    """What the manifest leaves out of an entry that it names, and entries that it does not name, stay."""
    given = {each.get(name): each for each in value}
    return [
        {key: one for key, one in each.items() if key in given[each.get(name)]}
        for each in was
        if each.get(name) in given
    ]


def _changes(path: str, was: Any, value: Any) -> list[Json]:
    if was is None:
        return [] if value is None else [{"op": "add", "path": path, "value": value}]
    if isinstance(was, dict) and isinstance(value, dict):
        gone = [
            {"op": "remove", "path": f"{path}/{key}", "was": one}
            for key, one in was.items()
            if key not in value
        ]
        kept = [_changes(f"{path}/{key}", was.get(key), one) for key, one in value.items()]
        return [*gone, *(change for changes in kept for change in changes)]
    if isinstance(was, list) and isinstance(value, list):
        gone = [
            {"op": "remove", "path": f"{path}/{number}", "was": one}
            for number, one in enumerate(was)
            if one not in value
        ]
        new = [
            {"op": "add", "path": f"{path}/{number}", "value": one}
            for number, one in enumerate(value)
            if one not in was
        ]
        return gone + new
    return [] if _text(was) == _text(value) else [{"op": "replace", "path": path, "was": was, "value": value}]


def _text(value: Any) -> str:
    """Variables are kept as texts, whatever YAML made of them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
