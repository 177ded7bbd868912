"""`runback.toml`: the environments of a project. It names targets; hosts and tokens are not its matter.

project = "gh/acme/portal"                # CircleCI; may be left out where the git remote tells it

[apps]                                    # role = the app's name in every environment
backend = "portal-backend-{environment}"

[environments.staging]
org = "acme"
space = "portal-staging"
branch = "main"                           # what is deployed there
deploy_jobs = ["deploy-staging"]          # the CI jobs that deploy it
may_differ = ["variable SENTRY_*"]        # need not be as expected or as at the peers; at the top: anywhere
protected = true                          # changes there always ask for the app's name
apps = {frontend = "portal-web"}          # other names, or roles that only this environment has
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from runback.config.checked import Checked, listed, parse_toml
from runback.config.slug import OPAQUE, is_slug
from runback.errors import ConfigurationError
from runback.model import Record

NAME = "runback.toml"
SUBJECTS = ("variable", "service", "route", "policy", "scale", "setting")  # of `runback compare`
LARGEST = 1_000_000  # bytes; a configuration is a page of text
_PLACE = re.compile(r"\{([^{}]*)\}")


class Environment(Record, frozen=True, kw_only=True):
    """One environment: where it is, what is deployed to it, and its apps by role."""

    name: str
    org: str | None = None
    space: str | None = None
    branch: str | None = None
    apps: dict[str, str] = msgspec.field(default_factory=dict)
    deploy_jobs: tuple[str, ...] = ()
    may_differ: tuple[str, ...] = ()
    protected: bool = False  # what the file says; `Configuration.protected` has the last word


def find(start: Path, checkout: Path | None) -> Path | None:
    """The nearest runback.toml from `start` upward, never above the checkout."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        if folder == (checkout or start):
            return None
    return None


def read(path: Path) -> tuple[str | None, dict[str, Environment]]:
    """The project and the environments. Raises ConfigurationError with file, line and key."""
    root = parse_toml(path, _text(path))
    project = root.text("project")
    if project and not is_slug(project):
        root.refuse("project", f"{project!r} is not a CircleCI project such as gh/acme/portal", OPAQUE)
    roles = _roles(root.table("apps"))
    anywhere = _may_differ(root)
    tables = root.table("environments")
    environments = {
        name: _environment(name, table, roles, anywhere) for name, table in tables.tables().items()
    }
    root.finish()
    if not environments:
        raise ConfigurationError(
            f"{path}: there is no environment in it",
            "Add one: [environments.staging], or run `runback init`.",
        )
    return project or None, environments


def _roles(table: Checked) -> dict[str, str]:
    roles = table.named_texts()
    for role, name in roles.items():
        for place in _PLACE.findall(name):
            if place != "environment":
                table.refuse(role, f"{{{place}}} is not known", "Only {environment} is filled in.")
    return roles


def _may_differ(table: Checked) -> tuple[str, ...]:
    found = table.texts("may_differ")
    for one in found:
        if one.partition(" ")[0] not in SUBJECTS or not one.partition(" ")[2].strip():
            table.refuse(
                "may_differ",
                f"{one!r} is not a kind and a name",
                f"Such as 'variable SENTRY_*'. Kinds: {listed(SUBJECTS)}.",
            )
    return found


def _environment(name: str, table: Checked, roles: dict[str, str], anywhere: tuple[str, ...]) -> Environment:
    own = table.table("apps").named_texts()
    apps = {role: template.replace("{environment}", name) for role, template in roles.items()} | own
    environment = Environment(
        name=name,
        org=table.text("org") or None,
        space=table.text("space") or None,
        branch=table.text("branch") or None,
        apps=apps,
        deploy_jobs=table.texts("deploy_jobs"),
        may_differ=(*anywhere, *_may_differ(table)),
        protected=table.flag("protected"),
    )
    if table.has("protected") and not environment.protected:
        table.refuse(
            "protected",
            "a checkout cannot take protection away",
            "Leave it out; the user's own config.toml may list the space under protection.open_spaces.",
        )
    table.finish()
    twice = {app for app in apps.values() if list(apps.values()).count(app) > 1}
    if twice:
        table.refuse("apps", f"{sorted(twice)[0]!r} has two roles")
    return environment


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f"{path}: larger than {LARGEST:,} bytes", "This is not a configuration.")
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: byte {error.start} is not UTF-8", "Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}", "Check the file.") from None
