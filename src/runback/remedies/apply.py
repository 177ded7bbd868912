"""Carries out plans step by step, with each step in the journal and the audit log before and after."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from runback.errors import FetchError, RunbackError
from runback.model import PlanStep, Scalar
from runback.redact import outgoing_report
from runback.remedies.actions import Action, Handle
from runback.remedies.actions.registry import ACTIONS
from runback.remedies.journal import Item, Journal, JournalStep, encode
from runback.remedies.reach import NotDone, Reach
from runback.remedies.refusals import may_come_back, plain

Audit = Callable[[Mapping[str, Any]], None]
Save = Callable[[bytes], None]
NOT_TAKEN_BACK = "not taken back"
_WORLD_MOVED = "Look again: runback diagnose."


@dataclass
class Run:
    """A journal being carried out. `save` and `audit` return when what they were given is on disk."""

    journal: Journal
    reach: Reach
    save: Save
    audit: Audit

    def apply(self, index: int) -> None:
        """Every step of one item, those that were done already left out.

        Raises NotDone where a step cannot be carried out or does not settle; FetchError and AccessError as
        they come. The journal then says what stands.
        """
        number = 0
        while number < len(self.journal.items[index].plan.steps):  # a step may bring further ones
            step = self.journal.items[index].plan.steps[number]
            if step.action:
                self._step(index, number, step)
            number += 1
        self._set_item(index, applied=True)

    def told(self, index: int) -> tuple[str, ...]:
        """What a person should know of the steps that were done."""
        one = self.journal.items[index]
        return tuple(
            line
            for step, made in zip(one.plan.steps, one.steps, strict=True)
            if step.action in ACTIONS
            for line in ACTIONS[step.action].told(made.handle)
        )

    def undo(self, index: int) -> Iterator[str]:
        """Takes back the steps of one item, the last first; what was done, in sentences, as it is done.

        A step that has no way back is told, and does not keep the others from it. One that could not be
        asked for just now raises as it comes, and so does a snapshot that could not be given back: both may
        be tried again.
        """
        for number in reversed(range(len(self.journal.items[index].steps))):
            made = self.journal.items[index].steps[number]
            step = self.journal.items[index].plan.steps[number]
            if made.state in ("waiting", "undone") or not step.action:
                continue
            if step.parameters.get("restores"):  # the snapshot itself is given back by the script's step
                self._set_step(index, number, replace(made, state="undone"))
                continue
            try:
                sentence = self._undone(index, number, step, made)
            except RunbackError as error:
                if isinstance(error, FetchError):
                    error = plain(error, step)
                self._hide_values(error)
                self._audit(index, number, "not undone", result=str(error))
                if step.action == "script" or may_come_back(error):
                    raise error from None
                yield f"{NOT_TAKEN_BACK}: {step.sentence.rstrip('.')}: {error}"
                continue
            self._audit(index, number, "undone", result=sentence)
            self._set_step(index, number, replace(made, state="undone"))
            if sentence:
                yield sentence

    def _undone(self, index: int, number: int, step: PlanStep, made: JournalStep) -> str:
        handle = made.handle or self._adopted(ACTIONS[step.action], step, made) or {}
        self._audit(index, number, "undo", before=made.before)
        return ACTIONS[step.action].undo(self.reach, step.parameters, made.before, handle)

    def verified(self, index: int, well: bool) -> None:
        """Notes how the proof ended; what was kept for the way back goes where it ended well."""
        for step in self.journal.items[index].plan.steps if well else ():
            if step.action in ACTIONS:
                ACTIONS[step.action].proven(self.reach, step.parameters)
        self._set_item(index, verified=well)

    def _step(self, index: int, number: int, step: PlanStep) -> None:
        made = self.journal.items[index].steps[number]
        if made.state == "done":
            return
        action = ACTIONS.get(step.action)
        if action is None:
            raise NotDone(f"this version of Runback cannot carry out '{step.action}'")
        self.reach.progress(step.sentence)
        handle = made.handle if made.state == "sent" else None
        try:
            if handle is None:
                handle = self._change(index, number, step, action, made)
            if handle is not None:
                action.settle(self.reach, step.parameters, handle)
        except FetchError as error:
            error = plain(error, step)
            self._hide_values(error)
            self._audit(index, number, "failed", result=str(error))
            self._failed(index, number, error)
            raise error from None
        except RunbackError as error:
            self._hide_values(error)
            self._audit(index, number, "failed", result=str(error))
            self._failed(index, number, error)
            raise
        after = action.look(self.reach, step.parameters).before
        more = action.following(self.reach, step.parameters)
        self._audit(
            index, number, "after", after=after, result="done" if handle is not None else "already so"
        )
        self._done(index, number, more)

    def _done(self, index: int, number: int, more: tuple[PlanStep, ...]) -> None:
        """In one write: a run that is killed here knows of the further steps, or asks for them again."""
        one = self.journal.items[index]
        steps = list(one.steps)
        steps[number] = replace(steps[number], state="done")
        steps[number + 1 : number + 1] = [JournalStep() for _ in more]
        planned = list(one.plan.steps)
        planned[number + 1 : number + 1] = more
        self._set_item(index, plan=replace(one.plan, steps=tuple(planned)), steps=tuple(steps))

    def _failed(self, index: int, number: int, error: RunbackError) -> None:
        """What the platform refused was not done; what failed afterwards is tried anew the next time.

        Of a step that broke off without an answer nobody knows: it stays as it is, and the next run looks.
        """
        made = self.journal.items[index].steps[number]
        status = error.status if isinstance(error, FetchError) else None
        if made.state == "begun" and status is not None and status < 500:
            self._set_step(index, number, replace(made, state="waiting"))
        elif made.state in ("begun", "sent") and isinstance(error, NotDone):
            self._set_step(index, number, replace(made, state="failed"))

    def _hide_values(self, error: RunbackError) -> None:
        """A platform that refuses a value may repeat it; a person, or a log, need not see it again."""
        text = str(error)
        for name, value in self.reach.values.items():
            text = text.replace(value, f"[{name}]") if value else text
        error.args = (text,)

    def _change(
        self, index: int, number: int, step: PlanStep, action: Action, made: JournalStep
    ) -> Handle | None:
        """Sends the change, unless it is there already (None) or was sent before the run was interrupted."""
        if made.state == "begun":
            adopted = self._adopted(action, step, made)
            if adopted is not None:
                self._set_step(index, number, replace(made, state="sent", handle=adopted))
                return adopted
        look = action.look(self.reach, step.parameters)
        if look.moved:
            raise NotDone(f"{step.sentence.rstrip('.')}: {look.moved}", _WORLD_MOVED)
        before = {name: _sealed(value) for name, value in look.before.items()}
        begun = made if made.state == "begun" else replace(made, state="begun", before=before, handle={})
        if look.done:
            self._set_step(index, number, replace(begun, state="done"))
            return None
        self._audit(index, number, "before", before=look.before)
        self._set_step(index, number, begun)
        handle = self._sent(action, step, look)
        self._set_step(index, number, replace(begun, state="sent", handle=handle))
        return handle

    def _sent(self, action: Action, step: PlanStep, look: Any) -> Handle:
        """Where no answer came, a look says whether the change was made: it is never sent twice blindly."""
        try:
            return action.do(self.reach, step.parameters, look)
        except FetchError as error:
            if error.status is not None:
                raise
            adopted = action.adopt(self.reach, step.parameters, look.before)
            if adopted is None and not action.look(self.reach, step.parameters).done:
                raise
            return adopted or {}

    def _adopted(self, action: Action, step: PlanStep, made: JournalStep) -> Handle | None:
        return action.adopt(self.reach, step.parameters, made.before)

    def _set_step(self, index: int, number: int, made: JournalStep) -> None:
        steps = list(self.journal.items[index].steps)
        steps[number] = made
        self._set_item(index, steps=tuple(steps))

    def _set_item(self, index: int, **changes: Any) -> None:
        items = list(self.journal.items)
        items[index] = replace(items[index], **changes)
        self.journal = replace(self.journal, items=tuple(items))
        self.save(encode(self.journal))

    def _audit(self, index: int, number: int, phase: str, **more: Any) -> None:
        one: Item = self.journal.items[index]
        step = one.plan.steps[number]
        self.audit(
            {
                "who": _user(),
                "as": self.reach.who(),
                "command": self.journal.command,
                "environment": self.journal.target.environment,
                "remedy": one.plan.remedy,
                "step": number + 1,
                "action": step.action,
                "parameters": dict(step.parameters),  # a plan holds no values of variables
                "phase": phase,
                **more,
            }
        )


def _user() -> str:
    """The user's name; the number where the system knows no name, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError from Python 3.13 on
        return f"user {os.getuid()}"


def _sealed(value: Scalar) -> Scalar:
    """What the platform says now, for the journal: secrets that are known become tokens."""
    return outgoing_report(value) if isinstance(value, str) else value
