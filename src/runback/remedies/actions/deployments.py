"""Rolling deployments: of the current droplet (a restart), of a revision (a rollback), and cancelling one.

A deployment has no state FAILED and no time-out: one that stalls is told by its health checks, cancelled, and
reported with what its instances said (Cloud Controller, app/models/runtime/deployment_model.rb).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from runback.collect.logcache import since
from runback.errors import FetchError
from runback.model import Gap, Scalar
from runback.redact import outgoing
from runback.remedies.actions.apps import wait_for_other_types
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.bodies import App, Stats
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import Guid, NotDone, Reach

LOOK_SECONDS = 5.0
STALL_SECONDS = 300.0  # without a step forward
MOST_SECONDS = 3600.0
CANCEL_SECONDS = 180.0
SAID = 12  # lines of instances that failed
CANARY_SECONDS = 60.0  # that one new instance serves before the others follow


class _Guid(msgspec.Struct):
    guid: str | None = None


class _Revision(msgspec.Struct):
    guid: str | None = None
    version: int | None = None


class _Details(msgspec.Struct):
    last_successful_healthcheck: datetime | None = None
    error: str | None = None


class _Status(msgspec.Struct):
    value: str = ""
    reason: str = ""
    details: _Details | None = None


class _New(msgspec.Struct):
    guid: str = ""
    type: str = "web"


class Deployment(msgspec.Struct):
    guid: str
    status: _Status = msgspec.field(default_factory=_Status)
    created_at: datetime | None = None
    revision: _Revision | None = None
    droplet: _Guid | None = None
    new_processes: list[_New] = []


class _Event(msgspec.Struct):
    created_at: datetime
    data: dict[str, object] | None = None


def deployments_of(reach: Reach, app: str) -> list[Deployment]:
    """Newest first."""
    return reach.listed(f"/v3/deployments?app_guids={app}&order_by=-created_at&per_page=20", Deployment)


class Deploy(Action):
    """Given `app`, and `revision` or `droplet` where it is not the current one; `strategy`.

    `instead_of`: the revisions (guids) or the droplet that ran when the plan was made, where that is known.
    """

    leaves = False

    def look(self, reach: Reach, given: Parameters) -> Look:
        app = reach.found(f"/v3/apps/{text(given, 'app')}", App)
        if app is None:
            return Look({}, moved="the app is not there any more")
        found = deployments_of(reach, app.guid)
        before: dict[str, Scalar] = {
            "app": app.name,
            "newest_deployment": found[0].guid if found else None,
            "newest_at": found[0].created_at.isoformat() if found and found[0].created_at else None,
        }
        if found and found[0].status.value == "ACTIVE":
            reason = found[0].status.reason.lower()
            return Look(before, moved=f"another deployment of {app.name} is under way ({reason})")
        if self._replaced(reach, given):
            return Look(before, moved=f"{app.name} does not run any more what ran when this was planned")
        return Look(before)

    def _replaced(self, reach: Reach, given: Parameters) -> bool:
        """Whether somebody has deployed since: going back would take away what nobody has looked at."""
        planned = set(filter(None, str(given.get("instead_of") or "").split(",")))
        if not planned:
            return False
        path = f"/v3/apps/{text(given, 'app')}"
        if given.get("revision"):
            now = {one.guid for one in reach.listed(f"{path}/revisions/deployed", Guid)}
        else:
            current = reach.found(f"{path}/droplets/current", Guid)
            now = {current.guid} if current else set()
            planned.add(str(given["droplet"]))  # ours, of a deployment that failed
        return bool(now) and not now & planned

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        body: dict[str, object] = {
            "strategy": given.get("strategy") or "rolling",
            "relationships": {"app": {"data": {"guid": text(given, "app")}}},
        }
        for what in ("revision", "droplet"):
            if given.get(what):
                body[what] = {"guid": given[what]}
        answer = reach.send("POST", "/v3/deployments", body)
        made = msgspec.json.decode(answer.bytes(), type=Deployment)
        return {"deployment": made.guid, "app": str(look.before.get("app", ""))}

    def adopt(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar]) -> Handle | None:
        """The deployment that is newer than those that stood before the step: nobody else's would be."""
        found = deployments_of(reach, text(given, "app"))
        if found and found[0].guid != before.get("newest_deployment"):
            return {"deployment": found[0].guid, "app": str(before.get("app", ""))}
        return None

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        follow(reach, handle["deployment"], text(given, "app"), handle.get("app") or "the app")

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        guid = handle.get("deployment")
        if not guid:
            return "no deployment was begun"
        one = reach.read(f"/v3/deployments/{guid}", Deployment)
        if one.status.value == "ACTIVE":
            cancel(reach, guid)
            return "cancelled the deployment: the old instances serve on"
        if one.status.reason == "CANCELED":
            return "the deployment was cancelled already"
        raise NotDone("the deployment has ended: 'runback rollback' goes to another revision")


def follow(reach: Reach, guid: str, app: str, name: str) -> None:
    """Until the deployment has ended well. Cancels one that crashes or stalls, and raises NotDone."""
    waited, idle, moved = 0.0, 0.0, ""
    while waited < MOST_SECONDS:
        one = reach.read(f"/v3/deployments/{guid}", Deployment)
        if one.status.value == "FINALIZED":
            if one.status.reason == "DEPLOYED":
                reach.progress(f"{name}: deployed")
                return wait_for_other_types(reach, app, name)
            raise NotDone(f"the deployment of {name} ended {one.status.reason.lower()}")
        states = [state for each in one.new_processes for state in _states(reach, each, one)]
        if one.status.reason == "PAUSED" and idle >= CANARY_SECONDS and _all_run(states):
            reach.send("POST", f"/v3/deployments/{guid}/actions/continue")
        reach.progress(
            f"{name}: {one.status.reason.lower()}, new instances: {', '.join(states) or 'none yet'}"
        )
        crash = _crash(reach, app, one) if one.status.reason != "CANCELING" else ""
        step = f"{states} {one.status.reason}"
        idle, moved = (idle, moved) if step == moved else (0.0, step)
        if crash or idle >= STALL_SECONDS:
            cancel(reach, guid)
            _wait_for_end(reach, guid)
            said = _said(reach, app, name, one)
            error = one.status.details.error if one.status.details else None
            why = crash or error or f"no instance became healthy within {STALL_SECONDS / 60:.0f} minutes"
            raise NotDone(
                f"the deployment of {name} was cancelled: {why}. The old instances serve on",
                f"All that they said: cf logs {name} --recent",
                stands=said,
            )
        pause = reach.pause(LOOK_SECONDS)
        waited, idle = waited + pause, idle + pause
    raise NotDone(f"the deployment of {name} did not end within {MOST_SECONDS / 60:.0f} minutes")


def _states(reach: Reach, new: _New, of: Deployment) -> list[str]:
    """'0 running' for each new instance; with the type where several are replaced together."""
    found = reach.found(f"/v3/processes/{new.guid}/stats", Stats)
    kind = f"{new.type} " if len(of.new_processes) > 1 else ""
    return [f"{kind}{one.index} {one.state.lower()}" for one in found.resources] if found else []


def _said(reach: Reach, app: str, name: str, one: Deployment) -> tuple[str, ...]:
    """The last lines of the app since the deployment began, secrets masked; () where none is had."""
    if one.created_at is None:
        return ()
    found = since(reach.client, reach.session, app, name, one.created_at)
    lines: list[tuple[int, str]] = []
    for log in () if isinstance(found, Gap) else found:
        if log.kind == "app" and isinstance(log.data, bytes):
            texts = log.data.decode("utf-8", "replace").splitlines()
            lines += zip(log.times or range(len(texts)), texts, strict=False)
    return tuple(f"| {outgoing(text)[:400]}" for _, text in sorted(lines)[-SAID:])


def _all_run(states: list[str]) -> bool:
    return bool(states) and all(state.endswith(" running") for state in states)


def _crash(reach: Reach, app: str, one: Deployment) -> str:
    """How the first new instance that crashed ended, from the events since the deployment began; or ''."""
    process = one.new_processes[0].guid if one.new_processes else ""
    stats = reach.found(f"/v3/processes/{process}/stats", Stats) if process else None
    crashed = next((s for s in stats.resources if s.state in ("CRASHED", "DOWN")), None) if stats else None
    if crashed is None:
        return ""
    path = (
        f"/v3/audit_events?types=audit.app.process.crash&target_guids={app}&order_by=-created_at&per_page=5"
    )
    try:
        events = reach.listed(path, _Event)
    except FetchError:
        events = []
    said = str((events[0].data or {}).get("exit_description", "")) if events else ""
    return (
        f"new instance {crashed.index} crashed ({said})" if said else f"new instance {crashed.index} crashed"
    )


def cancel(reach: Reach, guid: str) -> None:
    """Cancels; one that has ended meanwhile is left alone."""
    try:
        reach.send("POST", f"/v3/deployments/{guid}/actions/cancel")
    except FetchError as error:
        if error.status != 422:
            raise


def _wait_for_end(reach: Reach, guid: str) -> None:
    waited = 0.0
    while waited < CANCEL_SECONDS:
        if reach.read(f"/v3/deployments/{guid}", Deployment).status.value == "FINALIZED":
            return
        waited += reach.pause(LOOK_SECONDS)


class CancelDeployment(Action):
    leaves = False

    def look(self, reach: Reach, given: Parameters) -> Look:
        one = reach.found(f"/v3/deployments/{text(given, 'guid')}", Deployment)
        if one is None:
            return Look({}, moved="the deployment is not there any more")
        before: dict[str, Scalar] = {"status": one.status.value, "reason": one.status.reason}
        if one.status.reason == "CANCELED":
            return Look(before, done=True)
        if one.status.value == "FINALIZED":
            return Look(before, moved=f"the deployment has ended already ({one.status.reason.lower()})")
        return Look(before)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        cancel(reach, text(given, "guid"))
        return {}

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        _wait_for_end(reach, text(given, "guid"))
        one = reach.read(f"/v3/deployments/{text(given, 'guid')}", Deployment)
        if one.status.reason not in ("CANCELED", "SUPERSEDED"):
            raise NotDone(f"the deployment is {one.status.reason.lower()} and not cancelled")
