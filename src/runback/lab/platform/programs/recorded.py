"""Recordings of real programs, replayed at the world's time.

A recording carries the times of the day it was made. Each line keeps its distance from the first; the dates
in the text become the world's, in the same zone and form.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal

from runback.lab import recordings

if TYPE_CHECKING:
    from runback.lab.platform.programs.program import Run

_STAMP = re.compile(
    r"\[(?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:,(?P<millis>\d{3})| (?P<zone>[+-]\d{4}))(?=[\] :])"
)
DJANGO_ZONE = UTC  # TIME_ZONE of the settings


@dataclass(frozen=True, slots=True)
class Line:
    offset: float  # seconds since the first line
    text: str
    stamp: tuple[int, int] | None  # where its time stands
    zone: timezone
    millis: bool


@functools.cache
def lines(name: str) -> tuple[Line, ...]:
    """The lines of a recording with their offsets; a line without a time has the one before."""
    found: list[Line] = []
    first: datetime | None = None
    offset = 0.0
    for text in recordings.read(name).splitlines():
        match = _STAMP.match(text)
        if match is None:
            found.append(Line(offset, text, None, UTC, millis=False))
            continue
        zone = _zone(match["zone"]) if match["zone"] else DJANGO_ZONE
        moment = datetime.strptime(match["moment"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        moment += timedelta(milliseconds=int(match["millis"] or 0))
        first = first or moment
        offset = max(offset, (moment - first).total_seconds())
        found.append(Line(offset, text, match.span(), zone, millis=match["millis"] is not None))
    return tuple(found)


def play(
    run: Run,
    name: str,
    *,
    replace: Mapping[str, str] | None = None,
    after: float = 0.0,
    stream: Literal["OUT", "ERR"] = "ERR",
) -> None:
    """Write a recording into the log of a run, line by line as time goes on."""
    now = run.world.clock.now()
    batch: list[str] = []
    batch_offset = 0.0
    for line in lines(name):
        text = line.text
        if line.stamp is not None:
            text = (
                stamp(now + timedelta(seconds=after + line.offset), line.zone, millis=line.millis)
                + text[line.stamp[1] :]
            )
        for old, new in (replace or {}).items():
            text = text.replace(old, new)
        if batch and line.offset - batch_offset > 0.4:
            run.write("\n".join(batch), stream, after=after + batch_offset)
            batch = []
        if not batch:
            batch_offset = line.offset
        batch.append(text)
    if batch:
        run.write("\n".join(batch), stream, after=after + batch_offset)


def stamp(moment: datetime, zone: timezone, *, millis: bool) -> str:
    """'[2026-03-03 15:00:00 +0000' as gunicorn writes it, '[2026-03-03 09:00:00,123' as Django's logging."""
    local = moment.astimezone(zone)
    if millis:
        return f"[{local:%Y-%m-%d %H:%M:%S},{local.microsecond // 1000:03d}"
    return f"[{local:%Y-%m-%d %H:%M:%S %z}"


def _zone(text: str) -> timezone:
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5])))
