"""What `runback init` writes: a runback.toml from what the repository and `cf` show.

Names of apps tell the environments: tdp-backend-raft and tdp-frontend-raft are two roles in `raft`.
What nothing tells stands in the file as a comment, never as a guess that looks like a fact.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runback.errors import ConfigurationError, UsageError
from runback.model import Record, Repository

if TYPE_CHECKING:
    from runback.collect.session import Session
    from runback.http import Client

NAME = "runback.toml"
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class SeenApp(Record, frozen=True, kw_only=True):
    """An app that the platform shows."""

    name: str
    org: str
    space: str


class Proposal(Record, frozen=True, kw_only=True):
    """The text of a runback.toml, and what a person should look at in it."""

    text: str
    notes: tuple[str, ...] = ()


class _Deploy(Record, frozen=True, kw_only=True):
    """A deploying job of the CI configuration, and the only branch that it runs for."""

    job: str
    branch: str | None = None


def propose(project: str | None, repository: Repository | None, apps: Sequence[SeenApp]) -> Proposal:
    """A runback.toml for these apps; without apps, an environment for each deploy job."""
    deploys = _deploys(repository)
    places = _environments(apps)
    notes: list[str] = []
    if not project:
        notes.append("The CircleCI project could not be told from the git remote: write it in.")
    if not places:
        places = {_environment_name(deploy.job): {} for deploy in deploys}
        notes.append("No apps were seen: log in with `cf login`, or write org, space and apps in.")
    if not places:
        places = {"staging": {}}
    lines = [f"project = {_text(project)}" if project else '# project = "gh/ORG/REPO"']
    for name, roles in places.items():
        lines += ["", *_table(name, roles, deploys)]
    return Proposal(text="\n".join(lines) + "\n", notes=tuple(notes))


def write(folder: Path, proposal: Proposal, *, force: bool = False) -> Path:
    """Writes the file in one step. Raises UsageError where there is one already, unless `force`."""
    path = folder / NAME
    if (path.exists() or path.is_symlink()) and not force:
        raise UsageError(f"{path} exists already", "Use --force to replace it.")
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=".runback-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(proposal.text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}", "Check the folder."
        ) from error
    return path


def seen_apps(session: Session, client: Client) -> tuple[SeenApp, ...]:
    """Every app that the login may see. Raises FetchError or AccessError."""
    from runback.collect.capi import Apps

    url = f"{session.endpoints.api}/v3/apps?per_page=5000&include=space,space.organization"
    found: list[SeenApp] = []
    for page in client.pages(url, Apps, Apps.following, token=session):
        orgs = {org.guid: org.name for org in page.included.organizations}
        spaces = {space.guid: space for space in page.included.spaces}
        for app in page.resources:
            space = spaces.get(app.relationships.guid("space"))
            if space is not None:
                org = orgs.get(space.relationships.guid("organization"), "")
                found.append(SeenApp(name=app.name, org=org, space=space.name))
    return tuple(found)


# --- environments from the apps' names ------------------------------------------------------------


def _environments(apps: Sequence[SeenApp]) -> dict[str, dict[str, SeenApp]]:
    """Environment → role → app. Two apps in a space that end alike are an environment."""
    ends: dict[tuple[str, str, str], list[SeenApp]] = defaultdict(list)
    for app in apps:
        ends[app.org, app.space, app.name.rpartition("-")[2]].append(app)
    groups = {key: found for key, found in ends.items() if len(found) > 1}
    placed = {app.name for found in groups.values() for app in found}
    prefix = _prefix([app.name for found in groups.values() for app in found])
    places: dict[str, dict[str, SeenApp]] = {}
    for (org, space, end), found in sorted(groups.items()):
        roles = {_role(app.name, prefix, end): app for app in found}
        shared = [app for app in apps if (app.org, app.space) == (org, space) and app.name not in placed]
        suffix = space.rpartition("-")[2]
        roles |= {_role(app.name, prefix, suffix): app for app in shared}
        places[end if end not in places else f"{end}-{space}"] = roles
    return places


def _role(name: str, prefix: str, end: str) -> str:
    return name.removeprefix(prefix).removesuffix(f"-{end}") or name


def _prefix(names: Iterable[str]) -> str:
    """What all names begin with, up to and with a hyphen."""
    common = os.path.commonprefix(list(names))  # noqa: RUF071 (names, not paths)
    return common[: common.rfind("-") + 1]


# --- deploy jobs from the CI configuration --------------------------------------------------------


def _deploys(repository: Repository | None) -> list[_Deploy]:
    """The jobs whose name begins with 'deploy', in the order of the workflows."""
    found: dict[str, _Deploy] = {}
    for file in repository.files if repository else ():
        if file.path.startswith(".circleci/"):
            for name, settings in _workflow_jobs(file.text):
                if name.startswith("deploy") and "infrastructure" not in name and name not in found:
                    found[name] = _Deploy(job=name, branch=_only_branch(settings))
    return list(found.values())


def _workflow_jobs(text: str) -> list[tuple[str, Mapping[str, Any]]]:
    import yaml

    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    workflows = loaded.get("workflows") if isinstance(loaded, dict) else None
    jobs: list[tuple[str, Mapping[str, Any]]] = []
    for flow in workflows.values() if isinstance(workflows, dict) else ():
        entries = flow.get("jobs") if isinstance(flow, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str):
                jobs.append((entry, {}))
            elif isinstance(entry, dict):
                jobs += [
                    (str((settings or {}).get("name", name)), settings or {})
                    for name, settings in entry.items()
                    if settings is None or isinstance(settings, dict)
                ]
    return jobs


def _only_branch(settings: Mapping[str, Any]) -> str | None:
    filters = settings.get("filters")
    branches = filters.get("branches") if isinstance(filters, dict) else None
    only = branches.get("only") if isinstance(branches, dict) else None
    names = only if isinstance(only, list) else [only]
    name = names[0] if len(names) == 1 else None
    return name if isinstance(name, str) and not name.startswith("/") else None


def _environment_name(job: str) -> str:
    return re.sub(r"^deploy[-_]?(to[-_])?", "", job) or job


def _deploys_of(name: str, spaces: set[str], deploys: list[_Deploy]) -> list[_Deploy]:
    """The jobs that carry the environment's own name, else those of its space ('deploy-dev' → 'tanf-dev').

    A job of a whole space tells the branch only of the environment that is called like it.
    """
    own = [one for one in deploys if _word(_environment_name(one.job)) == _word(name)]
    if own:
        return own
    words = {_word(space.rpartition("-")[2]) for space in spaces}
    shared = [one for one in deploys if _word(_environment_name(one.job)) in words]
    return [one if one.branch == name else _Deploy(job=one.job) for one in shared]


def _word(name: str) -> str:
    return {"development": "dev", "production": "prod", "stage": "staging"}.get(name, name)


# --- TOML -----------------------------------------------------------------------------------------


def _table(name: str, roles: Mapping[str, SeenApp], deploys: list[_Deploy]) -> list[str]:
    seen = next(iter(roles.values()), None)
    jobs = _deploys_of(name, {app.space for app in roles.values()}, deploys)
    branch = next((job.branch for job in jobs if job.branch), None)
    lines = [f"[environments.{_key(name)}]"]
    lines += (
        [f"org = {_text(seen.org)}", f"space = {_text(seen.space)}"]
        if seen
        else ['# org = "…"', '# space = "…"']
    )
    lines.append(f"branch = {_text(branch)}" if branch else '# branch = "…"  # the one deployed here')
    if jobs:
        lines.append(f"deploy_jobs = [{', '.join(_text(job.job) for job in jobs)}]")
    else:
        lines.append('# deploy_jobs = ["…"]')
    if roles:
        lines += ["", f"[environments.{_key(name)}.apps]"]
        lines += [f"{_key(role)} = {_text(app.name)}" for role, app in sorted(roles.items())]
    return lines


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are among TOML's, but for the slash, which needs none."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
