"""What to say when CircleCI shows nothing, and where a person looks at what it shows."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from runback.collect.circleci.api import Api
from runback.config import OPAQUE, listed, near
from runback.errors import FetchError, UsageError
from runback.model import Gap, Target

_LONG = {"gh": "github", "bb": "bitbucket"}


def gap_of_project(api: Api, project: str, error: FetchError) -> Gap:
    """Why the project's pipelines cannot be had. CircleCI answers 404 to a wrong token: asked here once."""
    what = f"the pipelines of {project}"
    if error.status != 404:
        return Gap(what=what, reason=str(error))
    try:
        api.me()
    except FetchError as refused:
        return Gap(
            what=what,
            reason=f"CircleCI does not accept the token ({refused.status or refused}): it takes a personal "
            "API token, not a project token, and hides projects (404) from any other",
        )
    meant = near(project, _followed(api)) or " Check `project` in runback.toml."
    return Gap(
        what=what,
        reason=f"404: the token is good, but CircleCI has no project {project}, or does not show it to this "
        f"person.{meant}{_opaque(project)}",
    )


def no_project() -> Gap:
    """Why nothing can be asked: neither runback.toml nor the git remote names the project."""
    return Gap(
        what="CircleCI",
        reason="no project is known: write it into runback.toml as `project`, such as gh/acme/portal. "
        + OPAQUE,
    )


def _followed(api: Api) -> list[str]:
    """The slugs of the projects that the token's owner follows; [] where CircleCI does not tell."""
    try:
        found = api.projects()
    except FetchError:
        return []
    short = {long: kind for kind, long in _LONG.items()}
    return [
        f"{short.get(one.vcs_type or '', one.vcs_type)}/{one.username}/{one.reponame}"
        for one in found
        if one.username and one.reponame
    ]


def _opaque(project: str) -> str:
    """A project that moved to the GitHub App has another slug than its remote suggests."""
    return "" if project.startswith("circleci/") else f" {OPAQUE}"


def no_such_pipeline(target: Target, numbers: list[int]) -> UsageError:
    """The error for a pipeline that the project does not have, with the numbers that it has."""
    asked = f"pipeline {target.pipeline}" if target.pipeline is not None else f"job {target.job}"
    wanted = target.pipeline or 0
    near = sorted(sorted(numbers, key=lambda number: abs(number - wanted))[:3])
    advice = f"The nearest are {listed(map(str, near))}." if target.pipeline and near else ""
    return UsageError(f"{target.project} has no {asked}", advice or "Copy the address from CircleCI.")


def web(host: str, project: str) -> str:
    """Where a browser shows the project's pipelines. A server on loopback has no pages of its own."""
    kind, _, rest = project.partition("/")
    name = urlsplit(host).hostname or ""
    cloud = name in ("circleci.com", "localhost", "127.0.0.1", "::1")
    base = "https://app.circleci.com" if cloud else host
    return f"{base}/pipelines/{_LONG.get(kind, kind)}/{rest}"


def earliest() -> datetime:
    """For a pipeline that says no time: older than all others."""
    return datetime.fromtimestamp(0, UTC)
