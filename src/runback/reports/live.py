"""Which commit runs where, for a terminal: first where the person's own commit is, then each environment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from runback.reports.console import in_memory, text_of
from runback.reports.printable import printable

NOBODY = "?"  # in place of apps that cannot be seen
SHOWN = 10  # commits between what runs and the head
_SIGNS = {True: ("✗", "red"), False: ("✓", "green"), None: ("·", "")}


class App(Protocol):
    """What one app runs."""

    @property
    def environment(self) -> str | None: ...
    @property
    def app(self) -> str: ...
    @property
    def commit(self) -> str | None: ...
    @property
    def known_by(self) -> str: ...
    @property
    def confidence(self) -> str | None: ...
    @property
    def doubt(self) -> str: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def pipeline(self) -> int | None: ...
    @property
    def by(self) -> str | None: ...
    @property
    def by_branch(self) -> str | None: ...
    @property
    def branch(self) -> str | None: ...
    @property
    def stale(self) -> bool | None: ...
    @property
    def why(self) -> str: ...
    @property
    def between(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def unknown(self) -> str: ...


class Yours(Protocol):
    """Where one commit is."""

    @property
    def commit(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def present(self) -> tuple[str, ...]: ...
    @property
    def absent(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def unknown(self) -> tuple[str, ...]: ...


def render(
    apps: Sequence[App],
    yours: Yours | None,
    *,
    width: int = 100,
    colour: bool = False,
    everything: bool = False,
) -> str:
    """The text. Apps of one environment that run the same stand together, and environments of which nothing
    is seen for the same reason."""
    from rich.text import Text

    console, out = in_memory(width, colour)

    def line(text: str, style: str = "") -> None:
        console.print(Text(text, style=style), soft_wrap=True)

    if yours is not None:
        line(f"Your commit {said(yours)}", "bold")
        console.print()
    for group in _groups(apps):
        first = group[0]
        sign, style = _SIGNS[first.stale] if first.commit else ("?", "magenta")
        names = ", ".join(printable(app.app) for app in group if app.app != NOBODY)
        places = ", ".join(dict.fromkeys(printable(app.environment) for app in group if app.environment))
        line(f"{sign} {f'{places}: ' if places else ''}{_what(first)}", style)
        if names:
            line(f"    {names}", "dim")
        for text in _more(first, everything):
            line(f"    {text}")
    return text_of(out)


def said(yours: Yours) -> str:
    """'3b7e53a1 “Link the help pages” is in staging, not in prod: deployment waits for … since 14:02 UTC'."""
    parts = []
    if yours.present:
        parts.append(f"is in {', '.join(map(printable, yours.present))}")
    reasons: dict[str, list[str]] = {}
    for place, reason in yours.absent:
        reasons.setdefault(reason, []).append(place)
    for reason, places in reasons.items():
        because = f": {printable(reason, 300)}" if reason else ""
        parts.append(f"not in {', '.join(map(printable, places))}{because}")
    if yours.unknown:
        parts.append(f"unknown of {', '.join(map(printable, yours.unknown))}")
    lead = "" if yours.present or not yours.absent else "is "
    text = f"{lead}{'; '.join(parts)}"
    if yours.present:
        text = text.replace("; not in", ", not in", 1)
    return f"{yours.commit[:8]} “{printable(yours.subject, 80)}” {text}"


def _groups(apps: Sequence[App]) -> list[list[App]]:
    groups: dict[object, list[App]] = {}
    for app in apps:
        minute = app.since.strftime("%F %R") if app.since and not app.commit else ""
        place = app.environment if app.app != NOBODY else None  # of all at once, where no app is seen
        key = (place, app.commit, app.known_by, app.doubt, app.why, app.unknown, app.stale, minute)
        groups.setdefault(key, []).append(app)
    return list(groups.values())


def _what(app: App) -> str:
    if app.commit is None:
        return f"unknown, because {printable(app.unknown, 500)}"
    since = f" since {app.since:%Y-%m-%d %H:%M} UTC" if app.since else ""
    by = f", by pipeline {app.pipeline}" if app.pipeline is not None else ""
    of = f" of {printable(app.by_branch)}" if by and app.by_branch else ""
    who = f" ({printable(app.by)})" if by and app.by else ""
    return f"{app.commit[:8]}{since}{by}{of}{who}"


def _more(app: App, everything: bool) -> list[str]:
    if app.commit is None:
        return []
    sure = f", {app.confidence} confidence" if app.confidence else ""
    lines = [f"known by {printable(app.known_by)}{sure}"]
    if app.doubt:
        lines.append(printable(app.doubt, 300))
    count = len(app.between)
    if count:
        branch = printable(app.branch or "its branch")
        why = f": {printable(app.why, 300)}" if app.why else ""
        lines.append(f"{count} commit{'' if count == 1 else 's'} of {branch} not there yet{why}")
        shown = app.between if everything else app.between[:SHOWN]
        lines += [f"  {sha[:8]} {printable(subject, 80)}" for sha, subject in shown]
        if len(shown) < count:
            lines.append(f"  and {count - len(shown)} more (--show all)")
    elif app.stale and app.why:
        lines.append(printable(app.why, 300))
    elif app.unknown:
        lines.append(f"unknown, because {printable(app.unknown, 300)}")
    return lines
