"""The past of an app as text: a line for each revision, or two of them side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runback.model import Change, Gap, RevisionSeen
from runback.reports import changes as words
from runback.reports.printable import printable

DAY, HOUR, MINUTE = 86_400, 3_600, 60
SETTLED = 10 * MINUTE  # so long a revision must have run well to count as good


def render(found: Sequence[RevisionSeen], *, width: int = 100) -> str:
    """A line for each revision, newest first, what it changed below it, and the safe way back at the end."""
    lines = [line for one in found for line in _lines(one, width)]
    back = next((one for one in found if one.safe), None)
    lines.append(
        f"The safe way back is revision {back.version}."
        if back
        else "No earlier revision is known to have run well and can still be deployed."
    )
    return "\n".join((*lines, *_doubts(found))) + "\n"


def _doubts(found: Sequence[RevisionSeen]) -> Iterator[str]:
    """Why going back may not help."""
    running = next((one for one in found if one.runs), None)
    if running is None:
        return
    if running.well_for is not None and running.well_for >= SETTLED:
        yield f"But revision {running.version} ran well for {_span(running.well_for)} before its first crash."
    if running.since:
        yield f"No revision brings back what was changed while {running.version} ran: ! above."


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
    below += [f"     ! {printable(_told(change), width - 7)}" for change in one.since]
    return [_line(one, width), *below]


def _told(change: Change) -> str:
    return " ".join(filter(None, (words.when(change), words.said(change), words.by(change))))


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
