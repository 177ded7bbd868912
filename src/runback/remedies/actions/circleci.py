"""CircleCI: workflows run again, cancelled, and their approvals."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from runback.model import Scalar
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import NotDone, Reach

LOOK_SECONDS = 10.0
MOST_SECONDS = 5400.0
ENDED = ("success", "failed", "error", "canceled", "unauthorized")


class _Workflow(msgspec.Struct):
    id: str
    name: str = ""
    status: str = ""
    pipeline_id: str = ""
    created_at: str = ""


class _Job(msgspec.Struct):
    id: str
    name: str = ""
    status: str = ""
    approval_request_id: str | None = None


class _Made(msgspec.Struct):
    workflow_id: str


def _workflow(reach: Reach, given: Parameters) -> _Workflow:
    return reach.ci(f"/workflow/{text(given, 'workflow')}", _Workflow)


def _siblings(reach: Reach, one: _Workflow) -> list[_Workflow]:
    """The pipeline's workflows of this name, newest first: each rerun adds one."""
    found = reach.ci_listed(f"/pipeline/{one.pipeline_id}/workflow", _Workflow)
    return sorted((each for each in found if each.name == one.name), key=lambda w: w.created_at, reverse=True)


def _jobs(reach: Reach, workflow: str) -> list[_Job]:
    return reach.ci_listed(f"/workflow/{workflow}/job", _Job)


def _follow(reach: Reach, workflow: str, verb: str) -> None:
    """Until the workflow has ended. Raises NotDone where that is not a success."""
    waited = 0.0
    while waited < MOST_SECONDS:
        one = reach.ci(f"/workflow/{workflow}", _Workflow)
        jobs = _jobs(reach, workflow)
        if one.status in ENDED:
            break
        if one.status == "on_hold" and any(job.status == "on_hold" for job in jobs):
            raise NotDone(f"{one.name} waits for an approval", "'runback rerun' approves it.")
        running = ", ".join(job.name for job in jobs if job.status == "running")
        reach.progress(f"{one.name}: {running or one.status.replace('_', ' ')}")
        waited += reach.pause(LOOK_SECONDS)
    if one.status != "success":
        failed = ", ".join(job.name for job in jobs if job.status in ("failed", "timedout"))
        raise NotDone(f"{one.name} {verb} {one.status}" + (f": {failed}" if failed else ""))


class Rerun(Action):
    """Given `workflow`, and `from_failed` or the one `job` to run again."""

    leaves = False

    def look(self, reach: Reach, given: Parameters) -> Look:
        one = _workflow(reach, given)
        newest = _siblings(reach, one)[0]
        before: dict[str, Scalar] = {"status": one.status, "newest": newest.id}
        if newest.id != one.id:
            return Look(before, moved=f"{one.name} has been run again already (it is {newest.status})")
        if one.status not in ENDED:
            return Look(before, moved=f"{one.name} is still {one.status.replace('_', ' ')}")
        return Look(before)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        body = {"jobs": [given["job"]]} if given.get("job") else {"from_failed": True}
        answer = reach.send_ci(f"/workflow/{text(given, 'workflow')}/rerun", body)
        return {"workflow": msgspec.json.decode(answer.bytes(), type=_Made).workflow_id}

    def adopt(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar]) -> Handle | None:
        newest = _siblings(reach, _workflow(reach, given))[0]
        return {"workflow": newest.id} if newest.id != before.get("newest") else None

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        _follow(reach, handle["workflow"], "ran again and ended")

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if not handle.get("workflow"):
            return "nothing was run again"
        one = reach.ci(f"/workflow/{handle['workflow']}", _Workflow)
        if one.status in ENDED:
            raise NotDone(f"the new run has ended ({one.status}): what it deployed stays")
        reach.send_ci(f"/workflow/{one.id}/cancel")
        return "cancelled the new run"


class CancelWorkflow(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        one = _workflow(reach, given)
        before: dict[str, Scalar] = {"status": one.status}
        if one.status == "canceled":
            return Look(before, done=True)
        if one.status in ENDED:
            return Look(before, moved=f"{one.name} has ended already ({one.status})")
        return Look(before)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send_ci(f"/workflow/{text(given, 'workflow')}/cancel")
        return {}


class _Context(msgspec.Struct):
    id: str
    name: str = ""


class _Variable(msgspec.Struct):
    variable: str
    updated_at: str = ""


class SetContextVariable(Action):
    """Given the `context` by name, its `owner` (gh/organization), and the `name` of the variable.

    CircleCI shows no value: that it was set again shows in the time alone.
    """

    def _context(self, reach: Reach, given: Parameters) -> str | None:
        owner = quote(text(given, "owner"), safe="")
        found = reach.ci_listed(f"/context?owner-slug={owner}", _Context)
        return next((one.id for one in found if one.name == text(given, "context")), None)

    def look(self, reach: Reach, given: Parameters) -> Look:
        context = self._context(reach, given)
        if context is None:
            return Look({}, moved=f"there is no context {text(given, 'context')} that this token may see")
        found = reach.ci_listed(f"/context/{context}/environment-variable", _Variable)
        one = next((each for each in found if each.variable == text(given, "name")), None)
        return Look({"context": context, "updated_at": one.updated_at if one else None})

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        name = text(given, "name")
        value = reach.values.get(name)
        if not value:
            raise NotDone(f"there is no value for {name}", f"Say where it is: --value {name}=SOURCE.")
        reach.send_ci(
            f"/context/{look.before['context']}/environment-variable/{name}", {"value": value}, method="PUT"
        )
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        raise NotDone(f"CircleCI gives no value away: what {text(given, 'name')} was before, nobody kept")


class Approve(Action):
    """Given `workflow` and the job's `approval`."""

    leaves = False

    def _job(self, reach: Reach, given: Parameters) -> _Job | None:
        jobs = _jobs(reach, text(given, "workflow"))
        return next((one for one in jobs if one.approval_request_id == text(given, "approval")), None)

    def look(self, reach: Reach, given: Parameters) -> Look:
        job = self._job(reach, given)
        if job is None:
            return Look({}, moved="the approval is not there any more")
        before: dict[str, Scalar] = {"job": job.name, "status": job.status}
        if job.status == "success":
            return Look(before, done=True)
        return Look(before, moved="" if job.status == "on_hold" else f"{job.name} is {job.status}")

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send_ci(f"/workflow/{text(given, 'workflow')}/approve/{text(given, 'approval')}")
        return {}

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        _follow(reach, text(given, "workflow"), "was approved and ended")
