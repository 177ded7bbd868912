"""Ways back where no revision can serve: the droplets of before, else the pipeline of the commit before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from runback.facts.releases import commit_of, job_at
from runback.facts.revisions import running_revision
from runback.facts.views import deploys, latest_workflows, pipelines
from runback.model import App, Droplet, Evidence, Gap, Plan, PlanStep, Scalar, Tables
from runback.remedies import rerun
from runback.remedies.interface import DEVELOPER, command
from runback.remedies.reach import Reach
from runback.remedies.restarts import beside_web
from runback.remedies.rollback import KEPT, sharing_code


class Older(NamedTuple):
    """An app, and a droplet of before that can still run, with its birth."""

    app: App
    droplet: str
    of: datetime


class _Droplet(msgspec.Struct):
    guid: str
    created_at: datetime


def droplets(reach: Reach, app: App, evidence: Evidence, known: Tables) -> tuple[Older, ...]:
    """That of the app, and those of the apps whose code came with it; () where the app itself has none."""
    made = _made_by(app, evidence)
    others = (one for one in sharing_code(app, evidence, known) if made and _made_by(one, evidence) == made)
    own = _before(reach, app, evidence)
    if own is None:
        return ()
    return (own, *(found for one in others if (found := _before(reach, one, evidence))))


def _before(reach: Reach, app: App, evidence: Evidence) -> Older | None:
    """The newest of a release before the current one.

    One deploy job may make several droplets: its push, and the restage at its end.
    """
    path = f"/v3/apps/{app.guid}/droplets?states=STAGED&order_by=-created_at&per_page=50"
    if not isinstance(app.droplet, Droplet):
        return None
    current = app.droplet
    made_by = job_at(evidence, current.created_at)
    end = made_by[1] if made_by else current.created_at
    found = reach.listed(path, _Droplet)
    older = (one for one in found if one.guid != current.guid and one.created_at < end)
    return next((Older(app, one.guid, one.created_at) for one in older), None)


def commits(older: Older, evidence: Evidence) -> tuple[str | None, str | None]:
    """Of the droplet of before, and of what runs."""
    made = job_at(evidence, older.of)
    return made[0] if made else None, running_commit(older.app, evidence)


def running_commit(app: App, evidence: Evidence) -> str | None:
    """The commit whose job made what the app runs."""
    running = running_revision(app) if not isinstance(app.revisions, Gap) else None
    if running is not None and commit_of(evidence, running):
        return commit_of(evidence, running)
    return _made_by(app, evidence) or app.commit


def _made_by(app: App, evidence: Evidence) -> str | None:
    """The commit whose job made the app's droplet."""
    found = job_at(evidence, app.droplet.created_at) if isinstance(app.droplet, Droplet) else None
    return found[0] if found else None


def plan_droplets(olds: Sequence[Older], before: Sequence[PlanStep] = ()) -> Plan:
    """The plan for an app without revisions, the first one, and for those that were released with it."""
    names = " and ".join(old.app.name for old in olds)
    what = "its droplet" if len(olds) == 1 else "their droplets"
    return Plan(
        remedy="rollback",
        sentence=f"No revision of {olds[0].app.name} can serve: let {names} go back to {what} of before.",
        safe=False,
        steps=(*before, *map(_step, olds)),
    )


def _step(old: Older) -> PlanStep:
    app, droplet, of = old
    body = {
        "droplet": {"guid": droplet},
        "relationships": {"app": {"data": {"guid": app.guid}}},
        "strategy": "rolling",
    }
    undo = dict(body)
    parameters: dict[str, Scalar] = {
        "app": app.guid,
        "app_name": app.name,
        "droplet": droplet,
        "strategy": "rolling",
    }
    if isinstance(app.droplet, Droplet):
        undo["droplet"] = {"guid": app.droplet.guid}
        found = () if isinstance(app.deployments, Gap) else app.deployments
        if not any(one.status == "ACTIVE" for one in found):  # else cancelling it brings another droplet
            parameters["instead_of"] = app.droplet.guid
    kept = f"not environment variables, start command, {KEPT.removeprefix('not ')}"
    return PlanStep(
        sentence=f"Let {app.name} run its droplet of {of:%Y-%m-%d %H:%M} UTC again.",
        command=command("cf", "curl", "/v3/deployments", "-X", "POST", "-d", json.dumps(body)),
        changes=f"the droplet alone; {kept}{beside_web(app)}",
        undo=command("cf", "curl", "/v3/deployments", "-X", "POST", "-d", json.dumps(undo)),
        needs=DEVELOPER,
        action="POST /v3/deployments",
        parameters=parameters,
    )


def plan_pipeline(app: App, evidence: Evidence) -> tuple[Plan, str] | None:
    """The deploy job of the newest older commit run again, where one was seen, and that commit.

    It deploys all apps of the job.
    """
    running = running_commit(app, evidence)
    found = pipelines(evidence)
    for pipeline in () if isinstance(found, Gap) else found:
        if pipeline.sha is None or pipeline.sha in (running, evidence.target.sha):
            continue
        workflows = latest_workflows(pipeline)
        for workflow in () if isinstance(workflows, Gap) else workflows:
            for job in () if isinstance(workflow.jobs, Gap) else workflow.jobs:
                if deploys(evidence, job) and job.status == "success":
                    plan = Plan(
                        remedy="rollback",
                        sentence=f"Deploy {pipeline.sha[:8]} again by its own pipeline {pipeline.number}.",
                        safe=False,
                        steps=(rerun.again(pipeline, workflow, job, failed=False),),
                    )
                    return plan, pipeline.sha
    return None
