"""Plans that belong together: changes of the same app first, then one restart that brings them in."""

from __future__ import annotations

from runback.model import Plan, PlanStep

_BRINGS = ("POST /v3/apps/{guid}/actions/restart", "POST /v3/deployments")


def _brings_in(step: PlanStep) -> bool:
    """Whether the step does nothing but let an app see what was changed before."""
    return step.action in _BRINGS and not step.parameters.get("revision")


def merged(first: Plan, second: Plan) -> Plan | None:
    """Both as one plan, where they restart the same app; None where they have nothing to do with each other.

    Apart from each other they would not help: an app that lacks two variables still crashes with one of them.
    """
    restarts = [step for step in first.steps if _brings_in(step)]
    if not any(_brings_in(step) and step in restarts for step in second.steps):
        return None
    both = tuple(dict.fromkeys((*map(_Whole, first.steps), *map(_Whole, second.steps))))
    changes = tuple(one.step for one in both if not _brings_in(one.step))
    restarting = tuple(one.step for one in both if _brings_in(one.step))
    return Plan(
        remedy=first.remedy,
        sentence=f"{first.sentence} {second.sentence}",
        safe=first.safe and second.safe,
        steps=(*changes, *restarting),
    )


class _Whole:
    """A step as a key: its parameters are a dictionary, which has no hash."""

    def __init__(self, step: PlanStep) -> None:
        self.step = step

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Whole) and self.step == other.step

    def __hash__(self) -> int:
        return hash((self.step.sentence, self.step.action))
