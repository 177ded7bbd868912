"""All apps at a glance, those in trouble first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import to_builtins

from runback.model import Fleet, FleetApp, Health
from runback.reports.printable import printable

STALLED = timedelta(minutes=10)
FEW = 25  # apps in trouble; `show all` prints every app
SIGNS: dict[Health, str] = {"bad": "✗", "hurt": "!", "unknown": "?", "good": "✓"}
ORDER: tuple[Health, ...] = ("bad", "hurt", "unknown", "good")


def render(fleet: Fleet, *, everything: bool = False) -> str:
    """One line for each app in trouble, or for each app; the sums at the end."""
    judged = sorted(((judge(app, fleet.at), app) for app in fleet.apps), key=_key)
    shown = [one for one in judged if everything or one[0][0] != "good"]
    cut = shown if everything else shown[:FEW]
    wide = max((len(_name(app)) for _, app in cut), default=0)
    lines = [f"{SIGNS[health]} {_name(app):<{wide}}  {says}" for (health, says), app in cut]
    if len(cut) < len(shown):
        lines.append(f"and {len(shown) - len(cut)} more (--show all)")
    lines += [f"? {gap.what}: {gap.reason}" for gap in fleet.unknown]
    counts = Counter[str](health for (health, _), _ in judged)
    sums = ", ".join(
        f"{counts[health]:,} {word}"
        for health, word in (("bad", "down"), ("hurt", "in trouble"), ("unknown", "unknown"))
        if counts[health]
    )
    lines.append(
        f"{len(judged):,} apps: {sums or 'nothing failed in the last day'}; {fleet.requests} requests"
    )
    return "".join(f"{printable(line)}\n" for line in lines)


def document(fleet: Fleet) -> dict[str, object]:
    """The fleet for JSON: each app with what was judged of it."""
    apps = []
    for app in fleet.apps:
        health, says = judge(app, fleet.at)
        apps.append({**to_builtins(app), "health": health, "says": says})
    return {"at": fleet.at, "apps": apps, "unknown": fleet.unknown, "requests": fleet.requests}


def _name(app: FleetApp) -> str:
    return f"{app.org}/{app.space}/{app.name}" if app.org else f"{app.space}/{app.name}"


def _key(one: tuple[tuple[Health, str], FleetApp]) -> tuple[int, str]:
    (health, _), app = one
    return ORDER.index(health), _name(app)


def judge(app: FleetApp, now: datetime) -> tuple[Health, str]:
    """How it is with an app, and in words why. Stopped, or scaled to nothing, is somebody's will."""
    if app.state != "STARTED":
        return "good", "stopped"
    if app.desired == 0:
        return "good", "scaled to no instances"
    says = "; ".join(_troubles(app, now))
    if app.running == 0:
        return "bad", f"none of {app.desired} instances runs; {says}"
    if says:
        return "hurt", says
    if app.crashes is None or app.desired is None:
        return "unknown", "crashes or instances could not be read"
    return "good", "nothing failed in the last day"


def _troubles(app: FleetApp, now: datetime) -> Iterator[str]:
    if app.crashes:
        last = f", last {app.crashed_at:%H:%M}" if app.crashed_at else ""
        yield f"{_times(app.crashes, 'crash', 'crashes')} in a day{last}"
    if app.running is not None and app.desired and 0 < app.running < app.desired:
        yield f"{app.running} of {app.desired} instances run"
    if app.deploying_since and now - app.deploying_since > STALLED:
        minutes = int((now - app.deploying_since).total_seconds() // 60)
        yield f"a deployment has not moved for {minutes} minutes"
    if app.failed_builds:
        yield f"{_times(app.failed_builds, 'build', 'builds')} failed in a day"
    if app.failed_tasks:
        yield f"{_times(app.failed_tasks, 'task', 'tasks')} failed in a day"


def _times(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {many}"
