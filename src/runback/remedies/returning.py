"""Gives a snapshot back after a rebuild that failed: app, code where a copy was kept, settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from runback.errors import FetchError
from runback.model import PlanStep
from runback.remedies import copies, restoring
from runback.remedies import snapshot as kept
from runback.remedies.reach import NotDone, Reach
from runback.remedies.snapshot import AppSeen, Snapshot

CarryOut: TypeAlias = Callable[[Reach, PlanStep], None]  # raises FetchError or NotDone


def give_back(reach: Reach, snapshots: Sequence[Snapshot], carry_out: CarryOut) -> str:
    """Makes each app what the snapshot says; what was done, in sentences. May be called again at any time.

    Raises NotDone with what could not be given back, after all the rest was.
    """
    now: dict[str, str] = {}
    said: list[str] = []
    other_code: set[str] = set()
    for old in snapshots:
        app = kept.find(reach, old.app, old.space)
        if app is None:
            app = _created(reach, old)
            said.append(f"made {old.app} anew")
        now[old.guid] = app.guid
        changed, sentence = _code(reach, old, app)
        other_code |= {old.app} if changed else set()
        said += [sentence] if sentence else []
    failed: list[str] = []
    for old in snapshots:
        done, not_done = _settings(reach, old, now, carry_out, restart=old.app in other_code)
        said.append(f"{old.app} has again: {', '.join(done)}" if done else f"{old.app} has its settings")
        failed += not_done
    if failed:
        raise NotDone(f"not all came back: {'; '.join(failed)}", stands=tuple(said))
    return "; ".join(said)


def _created(reach: Reach, old: Snapshot) -> AppSeen:
    body = {
        "name": old.app,
        "relationships": {"space": {"data": {"guid": old.space}}},
        "lifecycle": {
            "type": "buildpack",
            "data": {"buildpacks": list(old.buildpacks), **({"stack": old.stack} if old.stack else {})},
        },
    }
    return msgspec.json.decode(reach.send("POST", "/v3/apps", body).bytes(), type=AppSeen)


def _code(reach: Reach, old: Snapshot, app: AppSeen) -> tuple[bool, str]:
    """The old droplet again: the app's own where it was not deleted, else the copy that was kept.

    Whether another droplet is the current one now, and a sentence.
    """
    if old.droplet is None or kept.droplet(reach, app.guid) == old.droplet:
        return False, ""
    guid = old.droplet if app.guid == old.guid else copies.copy_back(reach, old, app.guid)
    if guid is None:
        return False, f"the code of {old.app} could not be kept: run its pipeline again"
    if kept.droplet(reach, app.guid) == guid:
        return False, ""
    path = f"/v3/apps/{app.guid}/relationships/current_droplet"
    reach.send("PATCH", path, {"data": {"guid": guid}})
    return True, f"gave {old.app} its old code back"


def _settings(
    reach: Reach, old: Snapshot, now: Mapping[str, str], carry_out: CarryOut, *, restart: bool
) -> tuple[list[str], list[str]]:
    """What was brought back, and why other things were not."""
    done: list[str] = []
    failed: list[str] = []
    for step in restoring.missing(reach, old, now, exact=True, restart=restart):
        if step.action.endswith(("/start", "/restart", "/deployments")) and not kept.droplet(
            reach, now[old.guid]
        ):
            continue  # nothing to run yet
        try:
            carry_out(reach, step)
        except (FetchError, NotDone) as error:
            failed.append(f"{step.sentence.rstrip('.')}: {error}")
        else:
            done += filter(None, [restoring.lacking(step)])
    return done, failed
