"""Manifests: found, filled with --var values, changed by flags, written again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

# The C parts of PyYAML are ten times as fast; both are safe.
import yaml

from runback.lab.cf.arguments import Given
from runback.lab.cf.errors import CfError, IncorrectUsage
from runback.lab.cf.session import Session

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
VARIABLE = re.compile(r"\(\(([-/.\w]+)\)\)")
Application = dict[str, Any]


class Manifest:
    """The applications to push, and the file they come from (None: none was given or found)."""

    def __init__(self, applications: list[Application], path: Path | None) -> None:
        self.applications = applications
        self.path = path

    def written(self) -> str:
        text = yaml.safe_dump({"applications": self.applications}, sort_keys=False, default_flow_style=False)
        return str(text)


def read(session: Session, given: Given) -> Manifest:
    """The manifest of a push with the flags worked in; raises CfError in the real program's words."""
    path = None if given.has("no-manifest") else _find(session, given.value("manifest"))
    name = given.word("APP_NAME")
    if path is None:
        if not name:
            raise IncorrectUsage(
                "The push command requires an app name. The app name can be supplied as an argument or with a"
                " manifest.yml file."
            )
        applications: list[Application] = [{"name": name}]
    else:
        applications = _parse(path, _variables(session, given))
    return Manifest(_choose(applications, name, given), path)


def _find(session: Session, named: str) -> Path | None:
    if not named:
        found = [session.cwd / one for one in ("manifest.yml", "manifest.yaml")]
        return next((one for one in found if one.is_file()), None)
    path = session.cwd / named
    if path.is_dir():
        for one in ("manifest.yml", "manifest.yaml"):
            if (path / one).is_file():
                return path / one
        raise CfError(f"Could not find 'manifest.yml' or 'manifest.yaml' in {path}")
    if not path.is_file():
        raise IncorrectUsage(f"The specified path '{named}' does not exist.")
    return path


def _variables(session: Session, given: Given) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in given.lists.get("vars-file", []):
        values.update(yaml.load((session.cwd / name).read_text(encoding="utf-8"), LOADER) or {})  # noqa: S506 - safe in C
    for word in given.lists.get("var", []):
        key, equals, value = word.partition("=")
        if not equals:
            raise IncorrectUsage(
                f"invalid argument for flag `--var' (expected var to be of form key=value): {word}"
            )
        values[key] = yaml.load(value, LOADER)  # noqa: S506 - safe in C
    return values


def _parse(path: Path, values: dict[str, Any]) -> list[Application]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 - safe in C
    except yaml.YAMLError:
        raise CfError(f"Unable to push app because manifest {path} is not valid yaml.") from None
    missing: set[str] = set()
    document = _fill(document, values, missing)
    if missing:
        raise CfError(f"Expected to find variables: {', '.join(sorted(missing))}")
    applications = document.get("applications") if isinstance(document, dict) else None
    if not isinstance(applications, list) or not applications:
        raise CfError("Manifest must have at least one application.")
    return [dict(one) for one in applications]


def _fill(value: Any, values: dict[str, Any], missing: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(one, values, missing) for key, one in value.items()}
    if isinstance(value, list):
        return [_fill(one, values, missing) for one in value]
    if not isinstance(value, str):
        return value
    missing.update(name for name in VARIABLE.findall(value) if name not in values)
    whole = VARIABLE.fullmatch(value)
    if whole and whole[1] in values:
        return values[whole[1]]
    return VARIABLE.sub(lambda found: str(values.get(found[1], found[0])), value)


def _choose(applications: list[Application], name: str, given: Given) -> list[Application]:
    """The app that is named, or all; flags change a single app only."""
    if name:
        if len(applications) == 1:
            applications[0]["name"] = name  # actor/v7pushaction/handle_app_name_override.go
        else:
            applications = [one for one in applications if one.get("name") == name]
            if not applications:
                raise CfError(f"Could not find app named '{name}' in manifest")
    flags = _flags(given)
    if flags and len(applications) > 1:
        raise IncorrectUsage(
            "Command line flags (except -f and --no-start) cannot be applied when pushing multiple apps"
            " from a manifest file."
        )
    for one in applications:
        for key, value in flags.items():
            if key == "no-route":
                for other in ("routes", "default-route", "random-route"):
                    one.pop(other, None)
            one[key] = value
    return applications


def _flags(given: Given) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for flag, key in (
        ("disk", "disk_quota"), ("memory", "memory"), ("start-command", "command"), ("stack", "stack"),
        ("health-check-type", "health-check-type"), ("endpoint", "health-check-http-endpoint"),
    ):  # fmt: skip
        if given.value(flag):
            found[key] = given.value(flag)
    for flag, key in (("instances", "instances"), ("app-start-timeout", "timeout")):
        if (number := given.number(flag)) is not None:
            found[key] = number
    if given.has("buildpack"):
        found["buildpacks"] = given.lists["buildpack"]
    for flag in ("no-route", "random-route"):
        if given.has(flag):
            found[flag] = True
    return found
