"""Plans that belong together: changes of the same app first, then one restart that brings them in.

A restage does what a restart does, and more: where one plan needs it, it is enough for both.
"""

from __future__ import annotations

from runback.model import Plan, PlanStep
from runback.remedies.restarts import RESTAGE

_BRINGS = ("POST /v3/apps/{guid}/actions/restart", "POST /v3/deployments", RESTAGE)


def _brings_in(step: PlanStep) -> bool:
    """Whether the step does nothing but let an app see what was changed before."""
    return step.action in _BRINGS and not step.parameters.get("revision")


def _app(step: PlanStep) -> object:
    """The guid of the app that a step restarts."""
    return step.parameters.get("app") or step.parameters.get("guid")


def merged(first: Plan, second: Plan) -> Plan | None:
    """Both as one plan, where they restart the same app; None where they have nothing to do with each other.

    Apart from each other they would not help: an app that lacks two variables still crashes with one of them.
    """
    restarted = {_app(step) for step in first.steps if _brings_in(step)}
    if not any(_brings_in(step) and _app(step) in restarted for step in second.steps):
        return None
    both = tuple(dict.fromkeys((*map(_Whole, first.steps), *map(_Whole, second.steps))))
    changes = tuple(one.step for one in both if not _brings_in(one.step))
    restarting = {_app(one.step): one.step for one in both if _brings_in(one.step)}
    restarting |= {_app(one.step): one.step for one in both if one.step.action == RESTAGE}
    return Plan(
        remedy=first.remedy,
        sentence=f"{first.sentence} {second.sentence}",
        safe=first.safe and second.safe,
        steps=(*changes, *restarting.values()),
    )


class _Whole:
    """A step as a key: its parameters are a dictionary, which has no hash."""

    def __init__(self, step: PlanStep) -> None:
        self.step = step

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Whole) and self.step == other.step

    def __hash__(self) -> int:
        return hash((self.step.sentence, self.step.action))
