"""Running the failed or the deploying jobs of CircleCI again."""

from __future__ import annotations

from runback.app.diagnosis import collect, judge
from runback.app.keeping import memory
from runback.app.place import Place
from runback.app.remedying import Proposal, Remedied, guarded
from runback.app.request import Request
from runback.errors import UsageError


def propose_rerun(
    request: Request, place: Place, job: str | None = None, *, cancel: bool = False
) -> Proposal:
    """The plan that runs the newest pipeline's failed jobs, or the named job, again.

    With `cancel` a workflow that is still at work is ended first.

    A workflow that waits for an approval is not run again: the plan is then to approve it.
    Raises UsageError where there is nothing to run.
    """
    from runback.facts import tables
    from runback.model import Finding
    from runback.remedies import rerun
    from runback.remedies.interface import Asked, Blocked

    evidence, collect_ms = collect(request, place.start, place.environ, place.progress, place.now)
    diagnosis = judge(evidence, collect_ms)
    memory(evidence.target, place.environ).remember(diagnosis, evidence.collected_at)
    nobody = Finding(page="", title="", stage="ci", severity="info", confidence="high")
    parameters = {"job": job} if job else {}
    try:
        asked = Asked("rerun", parameters, nobody, evidence, tables(evidence))
        plan = rerun.cancel_and_rerun(asked) if cancel else rerun.plan(asked)
    except Blocked as reason:
        raise UsageError(str(reason), "'runback live' says what runs.") from reason
    remedies = (Remedied(None, plan, "planned"),)
    return Proposal(evidence.target, diagnosis, remedies, guarded(remedies, evidence, place))
