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
# cf writes these first, in this order, and then the others by name (util/manifestparser/application.go).
FIRST = (
    "name", "disk-quota", "docker", "health-check-type", "health-check-http-endpoint", "timeout", "instances",
    "path", "processes", "memory", "no-route", "random-route", "default-route", "stack",
    "log-rate-limit-per-second", "lifecycle",
)  # fmt: skip


class Manifest:
    """The applications to push, and the file they come from (None: none was given or found).

    `named` is the file as the person named it; what is found without -f is shown with its whole path.
    """

    def __init__(
        self, applications: list[Application], path: Path | None, named: str = "", version: int = 0
    ) -> None:
        self.applications = applications
        self.path = path
        self.named = named or str(path or "")
        self.version = version

    def document(self) -> dict[str, Any]:
        """The manifest as cf sends and shows it."""
        found: dict[str, Any] = {"applications": [_ordered(one) for one in self.applications]}
        return found | ({"version": self.version} if self.version else {})

    def written(self) -> str:
        return str(yaml.safe_dump(self.document(), sort_keys=False, default_flow_style=False))


def _ordered(one: Application) -> Application:
    one = {"disk-quota" if key == "disk_quota" else key: value for key, value in one.items()}
    rest = sorted(key for key in one if key not in FIRST)
    return {key: one[key] for key in (*FIRST, *rest) if key in one}


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
        return Manifest(_choose(session, [{"name": name}], name, given), path)
    document = _parse(path, _variables(session, given))
    applications = _choose(session, [dict(one) for one in document["applications"]], name, given)
    return Manifest(applications, path, given.value("manifest"), int(document.get("version") or 0))


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


def _parse(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 - safe in C
    except yaml.MarkedYAMLError as error:
        raise CfError(_complaint(error)) from None
    missing: set[str] = set()
    document = _fill(document, values, missing)
    if missing:
        raise CfError(f"Expected to find variables: {', '.join(sorted(missing))}")
    applications = document.get("applications") if isinstance(document, dict) else None
    listed = isinstance(applications, list) and all(isinstance(one, dict) for one in applications)
    if applications and not listed:
        raise CfError("yaml: unmarshal errors:\n  ")  # its own error without the errors in it
    if not applications:
        raise CfError("Manifest must have at least one application.")
    return dict(document)


def _complaint(error: yaml.MarkedYAMLError) -> str:
    """In the words of go-yaml v2, which is libyaml in Go, as PyYAML's parser is libyaml in C; its `fail`
    counts the lines of the scanner's errors from 1, those of the parser's from 0, and leaves a 0 out."""
    if isinstance(error, yaml.composer.ComposerError):
        return f"yaml: {error.problem}"
    line = error.problem_mark.line if error.problem_mark else 0
    if line == 0:
        line = error.context_mark.line if error.context_mark else 0
    elif isinstance(error, yaml.scanner.ScannerError):
        line += 1
    return f"yaml: line {line}: {error.problem}" if line else f"yaml: {error.problem}"


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


def _choose(session: Session, applications: list[Application], name: str, given: Given) -> list[Application]:
    """The app that is named, or all; flags change a single app only."""
    if name:
        if len(applications) == 1:
            applications[0]["name"] = name  # actor/v7pushaction/handle_app_name_override.go
        else:
            applications = [one for one in applications if one.get("name") == name]
            if not applications:
                raise CfError(f"Could not find app named '{name}' in manifest")
    flags = _flags(session, given)
    if flags and len(applications) > 1:
        raise IncorrectUsage(
            "Command line flags (except -f and --no-start) cannot be applied when pushing multiple apps"
            " from a manifest file."
        )
    for one in applications:
        one.update(flags)
        if not (one.get("no-route") or one.get("random-route")):
            one["default-route"] = True  # which the platform gives to an app without any route
    return applications


def _flags(session: Session, given: Given) -> dict[str, Any]:
    found: dict[str, Any] = {}
    # With a strategy sizes are options of the deployment, and the app keeps its own until that is through.
    sizes = () if given.value("strategy") else (("disk", "disk-quota"), ("memory", "memory"))
    for flag, key in (
        *sizes, ("start-command", "command"), ("stack", "stack"),
        ("health-check-type", "health-check-type"), ("endpoint", "health-check-http-endpoint"),
    ):  # fmt: skip
        if given.value(flag):
            found[key] = given.value(flag)
    if given.value("path"):
        found["path"] = str((session.cwd / given.value("path")).resolve())
    for flag, key in (("instances", "instances"), ("app-start-timeout", "timeout")):
        if key == "instances" and given.value("strategy"):
            continue
        if (number := given.number(flag)) is not None:
            found[key] = number
    if given.has("buildpack"):
        found["buildpacks"] = given.lists["buildpack"]
    for flag in ("no-route", "random-route"):
        if given.has(flag):
            found[flag] = True
    return found
