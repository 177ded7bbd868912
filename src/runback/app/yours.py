"""Where one commit is live: a person asks for their merge, not for what runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runback.app.liveapps import LiveApp
from runback.errors import UsageError
from runback.git import git
from runback.model import Gap


@dataclass(frozen=True)
class Yours:
    """A commit, the environments that run it, and why the others do not."""

    commit: str
    subject: str
    present: tuple[str, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()  # environment and reason
    unknown: tuple[str, ...] = ()


def wanted(name: str | None, checkout: Path | None) -> tuple[str, str] | None:
    """The commit that a person names, by default what is checked out, and its subject.

    Raises UsageError for a name that the checkout does not know.
    """
    if checkout is None:
        return None
    asked = name or "HEAD"
    said = git(checkout, "log", "-1", "--no-show-signature", "--format=%H%x1f%s", "--end-of-options", asked)
    text = "" if isinstance(said, Gap) else said.decode("utf-8", "replace").strip()
    sha, _, subject = text.partition("\x1f")
    if not sha and name:
        raise UsageError(
            f"the checkout has no commit {name!r}",
            "`git fetch` brings what others pushed.",
        )
    return (sha, subject[:200]) if sha else None


def yours(commit: str, subject: str, apps: Iterable[LiveApp], checkout: Path) -> Yours:
    """Where the commit is, by the environments of `apps`: all apps of one have to run it."""
    places: dict[str, list[LiveApp]] = {}
    for app in apps:
        places.setdefault(app.environment or app.app, []).append(app)
    present, unknown = [], []
    absent: dict[str, str] = {}
    for place, found in places.items():
        held = [_holds(checkout, app.commit, commit) for app in found]
        if all(held):
            present.append(place)
        elif False in held:
            absent[place] = _reason(checkout, commit, found[held.index(False)])
        else:
            unknown.append(place)
    told = sorted(absent.items(), key=lambda one: (not one[1], one[1].startswith("not merged")))
    return Yours(commit, subject, tuple(present), tuple(told), tuple(unknown))


def _reason(checkout: Path, commit: str, app: LiveApp) -> str:
    if not app.head:
        return ""
    if _holds(checkout, app.head, commit) is False:
        return f"not merged into {app.branch or 'its branch'}"
    return app.why or "nothing that was read says why"


def _holds(checkout: Path, holder: str | None, commit: str) -> bool | None:
    """Whether the commit is an ancestor of `holder`, or the same; None where the checkout cannot tell."""
    if not holder:
        return None
    if holder == commit:
        return True
    lacking = git(checkout, "rev-list", "-1", commit, f"^{holder}")
    return None if isinstance(lacking, Gap) else not lacking.strip()
