"""The timeline: CI and each app on a lane, over the time in which it went wrong; the same as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import htpy as h

from runback.model import Diagnosis, LogRate, Moment, Timeline
from runback.reports.html.text import outside, say, stamp

LEFT, WIDTH, ROW, LANE, TOP = 178, 960, 19, 62, 30
CHARACTER = 6.4  # width of one, of the small text
STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360))
TICKS = 8
SIGNS = {"deployment": "deployment", "revision": "revision", "crash": "crash", "build": "staging failed"}


def timeline_figure(diagnosis: Diagnosis) -> h.Node:
    """Drawing and table; nothing where there is no timeline."""
    line = diagnosis.views.timeline
    if line is None:
        return None
    drawing = _Drawing(line)
    marks = [drawing.cause(cause.finding.at) for cause in diagnosis.causes if cause.finding.at]
    bodies, y = [], float(TOP)
    for name in _lanes(line):
        body, height = drawing.lane(name, y)
        bodies.append(body)
        y += height
    label = f"Timeline from {line.since:%H:%M} to {line.until:%H:%M} UTC; the table below holds the same."
    picture = h.svg(
        {"viewBox": f"0 0 {WIDTH} {y + 6:.0f}"},
        class_="timeline",
        role="img",
        aria_label=label,
        width=str(WIDTH),
        height=f"{y + 6:.0f}",
    )[drawing.axis(y), bodies, [mark(y) for mark in marks]]
    return [
        h.div(class_="scroll", tabindex="0", role="region", aria_label="Timeline")[picture],
        h.p(class_="legend meta")[
            h.span(class_="key job")[" "], " CI job ",
            h.span(class_="key deployment")[" "], " deployment ",
            h.span(class_="key revision")[" "], " revision ",
            h.span(class_="key crash")["✕"], " crash ",
            h.span(class_="key rate")[" "], " log lines",
        ],
        h.details[h.summary["The same as a table"], _table(line.moments)],
    ]  # fmt: skip


def _lanes(line: Timeline) -> list[str]:
    """CI first, then the apps: those to which most happened stand first."""
    lanes = {moment.lane for moment in line.moments} | {rate.app for rate in line.rates}
    busy = {
        lane: sum(moment.lane == lane and moment.at >= line.since for moment in line.moments)
        for lane in lanes
    }
    return sorted(lanes, key=lambda lane: (lane != "CI", -busy[lane], lane))


class _Drawing:
    """Turns times into places."""

    def __init__(self, line: Timeline) -> None:
        self._line = line
        self._span = max((line.until - line.since).total_seconds(), 1.0)
        self._most = max((count for rate in line.rates for count in rate.counts), default=1)

    def x(self, at: datetime) -> float:
        part = (at - self._line.since).total_seconds() / self._span
        return LEFT + min(max(part, 0.0), 1.0) * (WIDTH - LEFT - 8)

    def axis(self, bottom: float) -> h.Element:
        ticks = list(self._ticks())
        return h.g(class_="axis")[
            [
                [
                    h.path(d=f"M{self.x(at):.1f} {TOP - 8} V{bottom:.0f}"),
                    h.text(
                        class_="small",
                        x=f"{min(self.x(at), WIDTH - 17):.1f}",
                        y=f"{TOP - 14}",
                        text_anchor="middle",
                    )[f"{at:%H:%M}"],
                ]
                for at in ticks
            ],
            h.text(class_="small", x="0", y=f"{TOP - 14}")[f"{self._line.until:%Y-%m-%d}, UTC"],
        ]

    def _ticks(self) -> Iterator[datetime]:
        step = next((one for one in STEPS if self._span / one.total_seconds() <= TICKS), STEPS[-1])
        at = self._line.since.replace(minute=0, second=0, microsecond=0)
        while at <= self._line.until:
            if self._line.since <= at and self.x(at) > LEFT + 18:
                yield at
            at += step

    def cause(self, at: datetime) -> _Mark:
        return _Mark(self.x(at))

    def lane(self, name: str, y: float) -> tuple[h.Element, float]:
        moments = [moment for moment in self._line.moments if moment.lane == name]
        before = [moment for moment in moments if (moment.until or moment.at) < self._line.since]
        during = [moment for moment in moments if moment not in before]
        jobs = [moment for moment in during if moment.kind == "job"]
        height = max(len(jobs) * ROW + 22, 40) if name == "CI" else LANE
        return (
            h.g(class_="lane")[
                h.path(class_="rule", d=f"M0 {y:.0f} H{WIDTH}"),
                h.text(class_="name", x="0", y=f"{y + 18:.0f}")[say(name, 26)],
                self._before(before if name != "CI" or len(during) == 0 else [], y),
                [self._job(job, y + 8 + index * ROW) for index, job in enumerate(jobs)],
                self._rate(name, y),
                [self._moment(one, y) for one in during if one.kind not in ("job", "pipeline", "step")],
                self._pipeline(during, y),
            ],
            float(height),
        )

    def _before(self, before: Sequence[Moment], y: float) -> h.Node:
        return [
            h.text(class_="small", x="0", y=f"{y + 33 + index * 14:.0f}")[
                f"{say(moment.title.split(':')[0], 18)}, {moment.at:%b %d %H:%M}"
            ]
            for index, moment in enumerate(before[-1:])
        ]

    def _pipeline(self, during: Sequence[Moment], y: float) -> h.Node:
        return [
            h.text(class_="small", x="0", y=f"{y + 33 + index * 14:.0f}")[say(moment.title, 28)]
            for index, moment in enumerate(one for one in during if one.kind == "pipeline")
        ]

    def _job(self, job: Moment, y: float) -> h.Element:
        x1, x2 = self.x(job.at), self.x(job.until or job.at)
        words = say(job.title, 60)
        fits = x2 + 6 + len(words) * CHARACTER < WIDTH
        return h.g(class_=f"job {job.health}")[
            h.title[say(job.title)],
            h.rect(x=f"{x1:.1f}", y=f"{y:.0f}", width=f"{max(x2 - x1, 3):.1f}", height="13", rx="3"),
            h.text(
                class_="small",
                x=f"{x2 + 6 if fits else x1 - 6:.1f}",
                y=f"{y + 11:.0f}",
                text_anchor="start" if fits else "end",
            )[words],
        ]

    def _moment(self, moment: Moment, y: float) -> h.Element:
        x = self.x(moment.at)
        classes = f"{moment.kind} {moment.health}"
        if moment.kind == "deployment":
            width = max(self.x(moment.until or moment.at) - x, 4)
            shape: h.Node = h.rect(x=f"{x:.1f}", y=f"{y + 8:.0f}", width=f"{width:.1f}", height="6", rx="3")
        elif moment.kind == "revision":
            number = moment.title.split(":")[0].removeprefix("revision ")
            shape = [
                h.path(d=f"M{x:.1f} {y + 14:.0f} V{y + LANE - 4:.0f}"),
                h.text(class_="small", x=f"{x + 3:.1f}", y=f"{y + 24:.0f}")[f"r{say(number, 6)}"],
            ]
        elif moment.health == "bad":
            shape = h.path(d=f"M{x - 4:.1f} {y + 30:.0f} l8 8 M{x + 4:.1f} {y + 30:.0f} l-8 8")
        else:
            shape = h.circle(cx=f"{x:.1f}", cy=f"{y + 34:.0f}", r="3")
        return h.g(class_=classes)[h.title[f"{moment.at:%H:%M:%S} {say(moment.title)}"], shape]

    def _rate(self, name: str, y: float) -> h.Node:
        return [self._bars(rate, y) for rate in self._line.rates if rate.app == name]

    def _bars(self, rate: LogRate, y: float) -> h.Element:
        """Bars with the square root of the counts: a traceback must not flatten all the rest."""
        wide = (WIDTH - LEFT - 8) / len(rate.counts)
        base = y + LANE - 4
        parts = []
        for index, count in enumerate(rate.counts):
            if count:
                tall = max(2.0, 24 * (count / self._most) ** 0.5)
                left = LEFT + index * wide
                parts.append(f"M{left + 1:.1f} {base:.0f} v{-tall:.1f} h{wide - 2:.1f} v{tall:.1f} Z")
        total = sum(rate.counts)
        return h.g(class_="rate")[h.title[f"{total:,} log lines"], h.path(d=" ".join(parts))]


class _Mark:
    """The line at a cause's time, drawn over all lanes."""

    def __init__(self, x: float) -> None:
        self._x = x

    def __call__(self, bottom: float) -> h.Element:
        return h.g(class_="cause-mark")[
            h.path(d=f"M{self._x:.1f} {TOP - 8} V{bottom:.0f}"),
            h.text(class_="small", x=f"{self._x + 4:.1f}", y=f"{bottom - 2:.0f}")["the cause"],
        ]


def _table(moments: Sequence[Moment]) -> h.Element:
    """Equal moments that follow each other are one row with a count."""
    rows = []
    for _, same in groupby(moments, key=lambda one: (one.lane, one.kind, one.title)):
        alike = list(same)
        first = alike[0]
        count = f" ({len(alike)} times, last {alike[-1].at:%H:%M:%S})" if len(alike) > 1 else ""
        title = say(first.title)
        rows.append(
            h.tr[
                h.td[stamp(first.at)],
                h.td[say(first.lane)],
                h.td[outside(first.url, title) or title, count],
            ]
        )
    head = h.thead[h.tr[[h.th(scope="col")[name] for name in ("Time", "Where", "What")]]]
    return h.div(class_="scroll", tabindex="0", role="region", aria_label="Timeline as a table")[
        h.table[head, h.tbody[rows]]
    ]
