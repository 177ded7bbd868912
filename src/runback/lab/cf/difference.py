"""The manifest as `cf push` shows it: with + and - where it changes the space."""

from __future__ import annotations

from typing import Any

import yaml

from runback.lab.cf.client import Json


def lines(manifest: Json, diff: list[Json], *, redact: bool = False) -> list[str]:
    """'  applications:', '+   instances: 2' …; `redact`: without the values of environment variables.

    Oddities are the real program's (command/v7/shared/manifest_diff_displayer.go): a plain entry of a list
    that does not change has no hyphen, and of several that go only the last is shown.
    """
    if redact:
        diff = [_redacted(one) for one in diff]
    changed = {one["path"]: one for one in diff if one["op"] in ("add", "replace")}
    removed = {one["path"].rpartition("/")[0]: one for one in diff if one["op"] == "remove"}
    found = ["  ---"]
    if not diff:
        return [*found, *(f"  {line}" for line in _dumped(manifest).splitlines())]
    for key, value in manifest.items():
        found += _entry(f"/{key}", key, value, 0, changed, removed, hyphen=False)
    return found


def _entry(
    path: str, name: str, value: Any, depth: int, changed: dict[str, Json], removed: dict[str, Json], *,
    hyphen: bool,
) -> list[str]:  # fmt: skip
    if path in changed:
        return _change(name, changed[path], depth, hyphen=hyphen)
    if not isinstance(value, (dict, list)):
        return _marked(" ", _text(name, value), depth, hyphen=hyphen)
    found: list[str] = []
    in_list = name.isdigit()
    if not in_list:
        found += _marked(" ", f"{name}:", depth, hyphen=hyphen)
        depth += 1
    inner = enumerate(value) if isinstance(value, list) else value.items()
    first = in_list and isinstance(value, dict)
    for key, one in inner:
        found += _entry(f"{path}/{key}", str(key), one, depth, changed, removed, hyphen=first)
        first = False
    if path in removed:
        gone = removed[path]
        found += _change(gone["path"].rpartition("/")[2], gone, depth, hyphen=False)
    return found


def _change(name: str, one: Json, depth: int, *, hyphen: bool) -> list[str]:
    hyphen = hyphen or name.isdigit()
    if one["op"] == "add":
        return _marked("+", _text(name, one["value"]), depth, hyphen=hyphen)
    gone = _marked("-", _text(name, one.get("was")), depth, hyphen=hyphen)
    if one["op"] == "remove":
        return gone
    return gone + _marked("+", _text(name, one["value"]), depth, hyphen=hyphen)


def _redacted(one: Json) -> Json:
    path = one["path"]
    if path.rpartition("/")[0].endswith("/env"):
        return {**one, **{key: "<redacted>" for key in ("was", "value") if key in one}}
    value = one.get("value")
    if path.endswith("/env") and isinstance(value, dict):
        return {**one, "value": dict.fromkeys(value, "<redacted>")}
    return one


def _dumped(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, default_flow_style=False)).strip()


def _text(name: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        written = _dumped(value)
        if name.isdigit():
            return written
        inner = (
            "\n".join(f"  {line}" for line in written.splitlines()) if isinstance(value, dict) else written
        )
        return f"{name}:\n{inner}"
    written = str(yaml.safe_dump(value, default_flow_style=True)).removesuffix("...\n").strip()
    return written if name.isdigit() else f"{name}: {written}"


def _marked(sign: str, text: str, depth: int, *, hyphen: bool) -> list[str]:
    """util/ui: two blanks a level; the hyphen stands before the first line of a list's entry."""
    found = []
    for number, line in enumerate(text.splitlines()):
        indent = "  " * (depth - 1) + "- " if hyphen and number == 0 and depth else "  " * depth
        found.append(f"{sign} {indent}{line}")
    return found
