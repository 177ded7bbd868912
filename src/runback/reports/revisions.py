"""The past of an app as text: a line for each revision, or two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence

from runback.model import Gap, RevisionSeen
from runback.reports import changes as words
from runback.reports.printable import printable

DAY, HOUR, MINUTE = 86_400, 3_600, 60


def render(found: Sequence[RevisionSeen], *, width: int = 100) -> str:
    """A line for each revision, newest first, what it changed below it, and the safe way back at the end."""
    lines = [line for one in found for line in _lines(one, width)]
    back = next((one for one in found if one.safe), None)
    lines.append(
        f"The safe way back is revision {back.version}."
        if back
        else "No earlier revision is known to have run well and can still be deployed."
    )
    return "\n".join(lines) + "\n"


def render_two(found: Sequence[RevisionSeen], *, width: int = 100) -> str:
    """What the later of two revisions changed beside the earlier one."""
    new, old = found
    lines = [f"Revision {new.version} beside revision {old.version}:"]
    lines += [f"  {printable(words.said(one), width - 2)}" for one in new.changes]
    if not new.changes:
        lines.append("  nothing that a revision holds: code, variables, start commands, sidecars")
    return "\n".join((*lines, "", _line(new, width), _line(old, width))) + "\n"


def _lines(one: RevisionSeen, width: int) -> list[str]:
    below = [f"       {printable(words.said(change), width - 7)}" for change in one.changes]
    return [_line(one, width), *below]


def _line(one: RevisionSeen, width: int) -> str:
    sign = "→" if one.runs else "✓" if one.safe else " "
    began = f"{one.created_at:%Y-%m-%d %H:%M}" if one.created_at else "?"
    crashes = ", crashes unknown" if isinstance(one.crashes, Gap) else ""
    parts = [
        f"{sign} {one.version:>3}  {began}",
        f"{_span(one.ran_for)} {one.ended}{crashes}",
        one.commit[: words.SHORT],
        printable(one.changed, 60),
        "" if one.deployable else "its droplet is gone",
    ]
    return "  ".join(filter(None, parts))[:width]


def _span(seconds: int) -> str:
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
