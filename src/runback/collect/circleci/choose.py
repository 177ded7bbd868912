"""Which pipelines, jobs and steps are worth their requests. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.collect.circleci.bodies import ActionBody, PipelineBody
from runback.model import Gap, Job, Pipeline, Target, Workflow

GREEN = ("success", "fixed", "no_tests")
NEVER_RAN = ("not_run", "blocked", "on_hold", "queued", "not_running", "unauthorized")
_BASES = ("develop", "main", "master", "trunk")  # the usual names of what others branch off
_DEPLOY = re.compile(r"deploy", re.IGNORECASE)
# Steps that CircleCI adds itself, as it names them.
_BUILT_IN = re.compile(
    r"^(Spin up (environment|container environment)|Preparing environment variables|Checkout code"
    r"|Restoring cache|Saving cache|Attaching workspace|Persisting to workspace"
    r"|Uploading (artifacts|test results)|Setup a remote Docker engine)$"
)


def of_target(pipelines: Sequence[PipelineBody], target: Target) -> list[PipelineBody]:
    """Those of the asked commit, else those of the newest commit; newest first, each once."""
    if target.sha:
        wanted = target.sha.lower()
        return [one for one in pipelines if (one.sha or "").lower().startswith(wanted)]
    newest = pipelines[0] if pipelines else None
    return [one for one in pipelines if newest is not None and one.sha == newest.sha]


def first(pipelines: Sequence[Pipeline]) -> Pipeline:
    """Of several pipelines of one commit the one to look at: not simply the newest.

    One whose failure no newer run of the same workflow has made good; else the newest that ran anything.
    """
    made_good: set[str] = set()
    for pipeline in pipelines:
        flows = latest(pipeline)
        if pipeline.state == "errored" or any(_bad(flow) and flow.name not in made_good for flow in flows):
            return pipeline
        made_good |= {flow.name for flow in flows if flow.status in GREEN}
    return next((one for one in pipelines if latest(one)), pipelines[0])


def latest(pipeline: Pipeline) -> tuple[Workflow, ...]:
    """The newest run of each workflow: a rerun replaces the one before."""
    if isinstance(pipeline.workflows, Gap):
        return ()
    known: dict[str, Workflow] = {}
    for flow in sorted(pipeline.workflows, key=lambda flow: (flow.created_at is not None, flow.created_at)):
        known[flow.name] = flow
    return tuple(known.values())


def green(pipeline: Pipeline) -> bool:
    """Whether the newest run of each of its workflows went well."""
    flows = latest(pipeline)
    return bool(flows) and all(flow.status in GREEN for flow in flows)


def baseline(job: Job, older: Sequence[Pipeline]) -> Job | None:
    """The newest green run of the same job in older pipelines."""
    runs = (one for pipeline in older for flow in latest(pipeline) for one in _jobs(flow))
    return next((one for one in runs if one.name == job.name and one.status == "success" and ran(one)), None)


def like_a_base(bodies: Sequence[PipelineBody], branch: str | None) -> list[PipelineBody]:
    """Of other branches' pipelines those that a new branch most likely began from, the likeliest first."""
    others = [one for one in bodies if one.branch and one.branch != branch]
    return sorted(others, key=lambda one: _BASES.index(one.branch) if one.branch in _BASES else len(_BASES))


def _jobs(flow: Workflow) -> tuple[Job, ...]:
    return () if isinstance(flow.jobs, Gap) else flow.jobs


def deploys(name: str, target: Target) -> bool:
    """Named by the configuration, or by itself."""
    return name in target.deploy_jobs or bool(_DEPLOY.search(name))


def ran(job: Job) -> bool:
    """Whether the job got as far as its steps."""
    return job.number is not None and job.status not in NEVER_RAN


def telling(job: Job, target: Target) -> bool:
    """Whether the job says something: it did not simply succeed, it deploys, or it was not allowed to run."""
    if job.status == "unauthorized":
        return job.number is not None
    return ran(job) and (job.status not in GREEN or deploys(job.name, target))


def actions_to_read(job: Job, actions: Sequence[ActionBody], target: Target) -> list[ActionBody]:
    """The actions whose output is read: all that failed in all parallel runs, and what a deploy job did.

    A job that failed without a failed action (the machine never came up) is read whole.
    """
    bad = [action for action in actions if failed(action)]
    if deploys(job.name, target):
        chosen = [action for action in actions if failed(action) or not _BUILT_IN.match(action.name or "")]
    else:
        chosen = bad
    if not bad and job.status not in (*GREEN, "running", "canceled"):
        chosen = list(actions)
    return [action for action in chosen if not _container(action)]


def failed(action: ActionBody) -> bool:
    """By its status: a time-out has no `failed` and no exit code. A background step ends as it ends."""
    if _container(action):
        return False
    if action.status in ("failed", "timedout", "infrastructure_fail"):
        return True
    flags = (action.failed, action.timedout, action.infrastructure_fail)
    if any(flags):
        return True
    known = action.status in (*GREEN, "running", "canceled", "queued", "not_run", "", None)
    return not known or (action.status == "canceled" and not action.background)


def _bad(flow: Workflow) -> bool:
    return flow.status in ("failed", "error", "failing", "unauthorized", "canceled")


def _container(action: ActionBody) -> bool:
    """`Container <image>`: a secondary container, which always ends canceled."""
    return (action.name or "").startswith("Container ") and action.status in ("canceled", *GREEN)
