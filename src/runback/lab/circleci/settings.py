"""The CI project's settings, as `circleci.yml` of a world holds them."""

from __future__ import annotations

from pathlib import Path

import yaml

from runback.lab.circleci.definitions import LOADER, read_registry
from runback.lab.circleci.state import Project


def read(folder: Path) -> Project:
    """The project without its past; values such as '{api}' are still to be filled in."""
    loaded = yaml.load((folder / "circleci.yml").read_text(encoding="utf-8"), LOADER)  # noqa: S506 - safe
    _, organization, name = loaded["slug"].split("/")
    shared = loaded.get("shared", {})
    return Project(
        slug=loaded["slug"],
        organization=organization,
        name=name,
        repository=loaded["repository"],
        default_branch=loaded["default_branch"],
        token=loaded["token"],
        variables=dict(loaded.get("variables", {})),
        contexts={context: {**shared, **own} for context, own in loaded["contexts"].items()},
        environments=dict(loaded["environments"]),
        orbs=read_registry(folder / "orbs"),
    )
