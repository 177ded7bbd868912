"""What an action is: the one change that a step of a plan makes, with a look before and the way back.

`look` asks with GET alone: what stands now, whether the change is there already, whether the world has moved
so far that the step makes no sense. That is the precondition before a step, and after an interruption it
tells whether the step that was begun was carried out: nothing is ever sent twice blindly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from runback.model import PlanStep, Scalar
from runback.remedies.parameters import Parameters
from runback.remedies.reach import NotDone, Reach

Handle: TypeAlias = dict[str, str]  # guids of what a step has made: what its `settle` and `undo` need


class Look(NamedTuple):
    """What stands before a step. `before` goes into journal and audit log: no values of variables."""

    before: Mapping[str, Scalar]
    done: bool = False
    moved: str = ""  # why the step cannot be carried out any more


class Action:
    """One kind of change. `handle` is saved between `do` and `settle`, so that a new process can go on.

    `leaves`: a failed `settle` leaves something that could be taken back.
    """

    leaves = True

    def look(self, reach: Reach, given: Parameters) -> Look:
        raise NotImplementedError

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        raise NotImplementedError

    def adopt(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar]) -> Handle | None:
        """After an interruption: what the step made before it was interrupted; None: nothing that shows."""
        return None

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        """Waits until the change counts. Raises NotDone with what stands."""

    def told(self, handle: Handle) -> tuple[str, ...]:
        """What a person should know of the step though it was done."""
        return ()

    def following(self, reach: Reach, given: Parameters) -> tuple[PlanStep, ...]:
        """Steps that only now can be known; they come next."""
        return ()

    def proven(self, reach: Reach, given: Parameters) -> None:
        """The whole remedy is verified: what was kept for the way back may go."""

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        """Takes the change back; what was done, in a sentence. Raises NotDone where there is no way back."""
        raise NotDone("this step cannot be taken back by itself")
