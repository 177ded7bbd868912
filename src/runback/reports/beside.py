"""A cause beside its failed step of CI: what changed since it was green, and how to run it at home."""

from __future__ import annotations

from collections.abc import Iterator

from runback.model import Cause, Since, StepSeen, Views

FEW = 3  # commits, files and versions that are named; `show all` names them all


def step_of(cause: Cause, views: Views) -> StepSeen | None:
    """The failed step whose output proves the cause, or one of its consequences."""
    places = [*cause.finding.where, *cause.related]
    places += [place for finding in cause.chain for place in finding.where]
    places += [place for symptom in cause.symptoms for place in symptom.where]
    known = {step.log: step for step in views.steps if step.log}
    return next((known[place.log] for place in places if place.log in known), None)


def since(step: StepSeen, *, everything: bool = False) -> tuple[str, ...]:
    """What differs from the last green run, a line each; () where none is known."""
    return tuple(_since(step, step.since, everything)) if step.since else ()


def _since(step: StepSeen, green: Since, everything: bool) -> Iterator[str]:
    at = f", {green.at:%Y-%m-%d %H:%M} UTC" if green.at else ""
    of = f" of {green.branch}" if green.branch else ""
    yield f"{step.job} was green last in pipeline {green.pipeline}{of}{at}"
    if green.unknown:
        yield f"what changed since is unknown: {green.unknown}"
    for title, items in (
        ("commits since", green.commits),
        ("files", green.files),
        ("versions", green.versions),
        ("slower", green.slower),
    ):
        if items:
            yield f"{title}: {_listed(items, everything)}"
    if step.novel:
        blocks = sorted(step.novel, key=lambda block: block.first)
        ranges = [f"{one.first}" if one.first == one.last else f"{one.first}–{one.last}" for one in blocks]
        yield f"lines that it never printed when it was green: {_listed(tuple(ranges), everything)}"


def _listed(items: tuple[str, ...], everything: bool) -> str:
    shown = items if everything else items[:FEW]
    more = f" and {len(items) - len(shown)} more" if len(shown) < len(items) else ""
    return "; ".join(shown) + more


def place(step: StepSeen) -> str:
    """Where the step ran: ' in cimg/python:3.11.7', ' in backend'."""
    image = f" in {step.image}" if step.image else ""
    return image + (f", folder {step.directory}" if step.directory else "")
