"""The manifest as `cf push` shows it: with + and - where it changes the space."""

from __future__ import annotations

from typing import Any

import yaml

from runback.lab.cf.client import Json


def lines(manifest: Json, diff: list[Json]) -> list[str]:
    """'  applications:', '+   instances: 2' …; values of environment variables are not shown."""
    changed = {one["path"]: one for one in diff if one["op"] in ("add", "replace")}
    removed: dict[str, list[Json]] = {}
    for one in diff:
        if one["op"] == "remove":
            removed.setdefault(one["path"].rpartition("/")[0], []).append(one)
    found = ["  ---"]
    for key, value in manifest.items():
        found += _entry(f"/{key}", key, value, 0, changed, removed, hyphen=False)
    return found


def _entry(
    path: str, name: str, value: Any, depth: int, changed: dict[str, Json], removed: dict[str, list[Json]], *,
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
    if isinstance(value, dict):
        for number, (key, one) in enumerate(value.items()):
            found += _entry(
                f"{path}/{key}", key, one, depth, changed, removed, hyphen=in_list and number == 0
            )
    else:
        for number, one in enumerate(value):
            simple = not isinstance(one, (dict, list))
            found += _entry(f"{path}/{number}", str(number), one, depth, changed, removed, hyphen=simple)
    for one in removed.get(path, []):
        found += _change(one["path"].rpartition("/")[2], one, depth, hyphen=False)
    return found


def _change(name: str, one: Json, depth: int, *, hyphen: bool) -> list[str]:
    hyphen = hyphen or name.isdigit()
    before, after = _redacted(one["path"], one.get("was")), _redacted(one["path"], one.get("value"))
    if one["op"] == "add":
        return _marked("+", _text(name, after), depth, hyphen=hyphen)
    gone = _marked("-", _text(name, before), depth, hyphen=hyphen)
    return gone if one["op"] == "remove" else gone + _marked("+", _text(name, after), depth, hyphen=hyphen)


def _redacted(path: str, value: Any) -> Any:
    if path.rpartition("/")[0].endswith("/env"):
        return "<redacted>"
    if path.endswith("/env") and isinstance(value, dict):
        return dict.fromkeys(value, "<redacted>")
    if isinstance(value, dict) and isinstance(value.get("env"), dict):
        return {**value, "env": dict.fromkeys(value["env"], "<redacted>")}
    return value


def _text(name: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        written = str(yaml.safe_dump(value, sort_keys=False, default_flow_style=False)).strip()
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
