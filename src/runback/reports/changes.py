"""Changes in words, as all reports say them."""

from __future__ import annotations

from runback.model import Change, ChangesSeen

SHORT = 8  # digits of a commit

_WORDS = {
    "variable": {"added": "variable {name} was set", "removed": "variable {name} was taken away"},
    "binding": {"added": "{name} was bound", "removed": "{name} was unbound"},
    "route": {"added": "route {name} was mapped", "removed": "route {name} was unmapped"},
    "sidecar": {"added": "sidecar {name} was added", "removed": "sidecar {name} was taken away"},
    "buildpack": {"added": "buildpack {name} {after} was added", "removed": "buildpack {name} is gone"},
}
_CHANGED = {
    "droplet": "other code",
    "variable": "variable {name} has another value",
    "buildpack": "buildpack {name}",
    "command": "another start command for {name}",
    "scale": "{name}",
    "setting": "{name} was set anew",
    "state": "it was {name}",
}


def title(seen: ChangesSeen) -> str:
    """The heading above the changes of one app."""
    return f"Changed since revision {seen.version} of {seen.app}, UTC"


def said(change: Change) -> str:
    """'tdp-db-dev was unbound', 'other code: 82ec58ad → 0df3bc9a'."""
    pattern = _WORDS.get(change.kind, {}).get(change.change) or _CHANGED.get(change.kind, "{name}")
    text = pattern.format(name=change.name, after=change.after)
    before, after = _short(change, change.before), _short(change, change.after)
    if change.kind == "droplet" and before == after:
        return f"a new droplet of the same commit, {after}" if after else "another droplet"
    if change.kind == "state" or change.change != "changed" or not (before or after):
        return text
    return f"{text}: {before} → {after}" if before and after else f"{text}: now {after or 'unknown'}"


def when(change: Change) -> str:
    """'03-03 14:20', or nothing where nobody knows."""
    return f"{change.at:%m-%d %H:%M}" if change.at else ""


def by(change: Change) -> str:
    """'by ann', or nothing where nobody knows."""
    return f"by {change.by}" if change.by else ""


def _short(change: Change, text: str) -> str:
    return text[:SHORT] if change.kind == "droplet" else text
