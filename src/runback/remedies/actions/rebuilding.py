"""A rebuild's own steps: the snapshot of an app, the deploy script, the comparison with the snapshot."""

from __future__ import annotations

from collections.abc import Mapping

from runback.errors import FetchError
from runback.model import PlanStep, Scalar
from runback.remedies import copies, restoring
from runback.remedies import snapshot as kept
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import NotDone, Reach
from runback.remedies.returning import give_back
from runback.remedies.running import alone, run
from runback.remedies.snapshot import Snapshot


class TakeSnapshot(Action):
    """Given the app's `guid` and `app_name`. A snapshot that is there is not replaced by one of less."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        name = text(given, "app_name")
        taken = reach.workshop is not None and reach.workshop.vault.kept(name) is not None
        return Look({"snapshot": "taken" if taken else "none"}, done=taken)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        if reach.workshop is None:
            raise NotDone("there is no place for a snapshot")
        taken = kept.take(reach, text(given, "guid"))
        try:
            copies.keep(reach, taken)
        except FetchError as error:
            if not copies.refused(error):
                raise
            reach.progress(f"the code of {taken.app} could not be copied: {error}")
        reach.workshop.vault.keep(taken.app, taken.encoded())
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        self.proven(reach, given)
        return f"the snapshot of {text(given, 'app_name')} is not kept any longer"

    def proven(self, reach: Reach, given: Parameters) -> None:
        name = text(given, "app_name")
        if reach.workshop is not None and reach.workshop.vault.kept(name) is not None:
            copies.drop(reach, kept.load(reach, name))
            reach.workshop.vault.forget(name)


def _apps(reach: Reach, given: Parameters) -> tuple[Snapshot, ...]:
    return tuple(kept.load(reach, name) for name in text(given, "apps").split(","))


def guids_now(reach: Reach, snapshots: tuple[Snapshot, ...]) -> dict[str, str]:
    """The guids of before → those of now, for the apps that are there."""
    found = {old.guid: kept.find(reach, old.app, old.space) for old in snapshots}
    return {guid: app.guid for guid, app in found.items() if app is not None}


class RunScript(Action):
    """Given the `script`, its `arguments` (JSON), the names of its `variables`, and its `apps`.

    `actions`: what gives an app back what its snapshot holds.
    """

    def __init__(self, actions: Mapping[str, Action]) -> None:
        self._actions = actions

    def look(self, reach: Reach, given: Parameters) -> Look:
        now = guids_now(reach, _apps(reach, given))
        return Look({old: new for old, new in now.items() if old != new} or {"apps": "as before"})

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        ended = run(reach, given, _apps(reach, given))
        return {"status": str(ended.status), "failed": "\n".join(ended.failed)}

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        status = int(handle.get("status") or 0)
        snapshots = _apps(reach, given)
        if status == 0 and all(_has_code(reach, old) for old in snapshots):
            return
        why = f"ended with exit status {status}" if status else "went on after an error"
        raise NotDone(
            f"{text(given, 'script')} {why}",
            "--apply runs it again; --undo gives the snapshot back.",
            stands=(*_failed(handle), *standing(reach, snapshots)),
        )

    def told(self, handle: Handle) -> tuple[str, ...]:
        return tuple(f"the script went on after {line}" for line in _failed(handle))

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if reach.workshop is None:
            raise NotDone("there is no checkout here, and so no snapshot")
        with alone(reach.workshop):  # a script that a killed run has left behind would delete it again
            return give_back(reach, _apps(reach, given), self._carry_out)

    def _carry_out(self, reach: Reach, step: PlanStep) -> None:
        reach.progress(step.sentence)
        action = self._actions[step.action]
        look = action.look(reach, step.parameters)
        if look.moved:
            raise NotDone(look.moved)
        if not look.done:
            action.settle(reach, step.parameters, action.do(reach, step.parameters, look))


def _failed(handle: Handle) -> tuple[str, ...]:
    """The script's cf commands that said FAILED."""
    return tuple(filter(None, handle.get("failed", "").split("\n")))


def _has_code(reach: Reach, old: Snapshot) -> bool:
    """Whether the app is there, with a droplet that can run."""
    app = kept.find(reach, old.app, old.space)
    return app is not None and kept.droplet(reach, app.guid) is not None


def standing(reach: Reach, snapshots: tuple[Snapshot, ...]) -> tuple[str, ...]:
    """What of each app is there now, and what of its snapshot is not: one sentence each."""
    now = guids_now(reach, snapshots)
    return tuple(_stands(reach, old, now) for old in snapshots)


def _stands(reach: Reach, old: Snapshot, now: Mapping[str, str]) -> str:
    if old.guid not in now:
        return f"{old.app} is deleted, and there is no new one."
    new = "is the one of before" if now[old.guid] == old.guid else "is a new one"
    code = "" if kept.droplet(reach, now[old.guid]) else ", has no code that can run"
    try:
        steps = restoring.missing(reach, old, now)
    except FetchError as error:
        return f"{old.app} {new}{code}; what it lacks could not be read: {error}"
    lacks = list(filter(None, map(restoring.lacking, steps)))
    return f"{old.app} {new}{code}" + (f", and lacks {', '.join(lacks)}." if lacks else ".")


class Compare(Action):
    """Given `apps`: what each lacks of its snapshot comes into the plan as steps of their own."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        return Look({})

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        return {}

    def following(self, reach: Reach, given: Parameters) -> tuple[PlanStep, ...]:
        snapshots = _apps(reach, given)
        now = guids_now(reach, snapshots)
        gone = [old.app for old in snapshots if old.guid not in now]
        if gone:
            raise NotDone(f"{' and '.join(gone)} cannot be compared: it is not there")
        steps = [step for old in snapshots for step in restoring.missing(reach, old, now)]
        return _each_once(steps)

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        return ""


def _each_once(steps: list[PlanStep]) -> tuple[PlanStep, ...]:
    """A policy between two apps that were both rebuilt stands in both snapshots."""
    found: list[PlanStep] = []
    for step in steps:
        given = {name: value for name, value in step.parameters.items() if name != "app_name"}
        known = (
            (each.action, {n: v for n, v in each.parameters.items() if n != "app_name"}) for each in found
        )
        if (step.action, given) not in known:
            found.append(step)
    return tuple(found)
