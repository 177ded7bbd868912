"""Names of CircleCI projects and pipelines as people have them at hand: slugs, remotes, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from runback.errors import UsageError
from runback.model import Record

_HOSTS = {"github.com": "gh", "bitbucket.org": "bb"}
_SHORT = {"github": "gh", "bitbucket": "bb"}
_SLUG = re.compile(r"(?:gh|github|bb|bitbucket|circleci)/(?!\.+/)[\w.~-]+/(?!\.+$)[\w.~-]+")
OPAQUE = (
    "A project of the GitHub App, GitLab or Bitbucket Data Center is called circleci/ORG-ID/PROJECT-ID: "
    "see Project Settings → Overview in CircleCI, and write it into runback.toml as `project`."
)


class Asked(Record, frozen=True, kw_only=True):
    """What a person meant with `--pipeline`: a pipeline or a job by its number, and perhaps the project."""

    pipeline: int | None = None
    job: int | None = None
    project: str | None = None


def is_slug(text: str) -> bool:
    """Whether it has the form of a CircleCI project's slug."""
    return _SLUG.fullmatch(text) is not None


def same_project(one: str, other: str) -> bool:
    """gh/org/repo and github/org/repo are the same project."""
    return _normal(one) == _normal(other)


def asked(text: str | int) -> Asked:
    """Reads a pipeline's number, `#123`, or the address of a pipeline, workflow or job in the browser.

    Raises UsageError where it is neither.
    """
    if isinstance(text, int) or re.fullmatch(r"#?\d{1,9}", text.strip()):
        return Asked(pipeline=int(str(text).strip().lstrip("#")))
    parts = [unquote(part) for part in urlsplit(text.strip()).path.split("/") if part]
    if parts[:1] == ["pipelines"] and len(parts) >= 5 and parts[4].isdigit():
        slug = "/".join(parts[1:4])
        if is_slug(slug):
            return Asked(pipeline=int(parts[4]), project=slug)
    if len(parts) == 4 and parts[3].isdigit() and is_slug("/".join(parts[:3])):
        return Asked(job=int(parts[3]), project="/".join(parts[:3]))
    raise UsageError(
        f"{text!r} is neither a pipeline's number nor the address of a pipeline or job",
        "Copy the address of the pipeline from CircleCI, or give its number: --pipeline 1234.",
    )


def derive(checkout: Path | None, environ: Mapping[str, str]) -> str | None:
    """The slug that the CI job, `.circleci/info.yml` or the git remote gives; None where none does."""
    owner, name = environ.get("CIRCLE_PROJECT_USERNAME", ""), environ.get("CIRCLE_PROJECT_REPONAME", "")
    if owner and name and environ.get("CIRCLE_REPOSITORY_URL"):
        slug = from_remote(environ["CIRCLE_REPOSITORY_URL"])
        if slug is not None:
            return slug
    if checkout is None:
        return None
    linked = _linked(checkout / ".circleci" / "info.yml")
    if linked is not None:
        return linked
    from runback.git import remote_url

    url = remote_url(checkout)
    return from_remote(url) if url else None


def from_remote(url: str) -> str | None:
    """`git@github.com:org/repo.git` or `https://github.com/org/repo` → `gh/org/repo`."""
    found = re.fullmatch(
        r"(?:(?:https?|ssh|git)://(?:[^@/]*@)?|[\w.-]+@)(?P<host>[\w.-]+)(?::\d+)?[:/]"
        r"/?(?P<owner>[\w.~-]+)/(?P<name>[\w.~-]+?)(?:\.git)?/?",
        url,
    )
    if found is None or found["host"].lower() not in _HOSTS:
        return None
    slug = f"{_HOSTS[found['host'].lower()]}/{found['owner']}/{found['name']}"
    return slug if is_slug(slug) else None


def _linked(path: Path) -> str | None:
    """`project.slug` of the file that `circleci project link` writes (circleci-cli, projectref)."""
    try:
        if path.is_symlink() or path.stat().st_size > 65_536:
            return None
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    import yaml

    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    project = loaded.get("project") if isinstance(loaded, dict) else None
    slug = project.get("slug") if isinstance(project, dict) else None
    return slug if isinstance(slug, str) and is_slug(slug) else None


def _normal(slug: str) -> str:
    kind, _, rest = slug.partition("/")
    return f"{_SHORT.get(kind, kind)}/{rest}".lower()
