"""The shapes of CircleCI's answers: v2 by the official description, v1.1 by recorded responses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from runback.lab.circleci.state import Action, Job, Pipeline, Project, TestResult, Workflow

Body = dict[str, Any]

FINISHED = ("success", "failed", "canceled", "timedout", "infrastructure_fail", "not_run", "unauthorized")


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def seconds(at: datetime | None) -> str | None:
    """Workflows and their jobs have no fractions of a second."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def project(one: Project) -> Body:
    return {
        "slug": one.slug,
        "name": one.name,
        "id": one.new_id("project"),
        "organization_name": one.organization,
        "organization_slug": f"gh/{one.organization}",
        "organization_id": one.new_id("organization"),
        "vcs_info": {"vcs_url": one.repository, "provider": "GitHub", "default_branch": one.default_branch},
    }


def pipeline(one: Project, of: Pipeline) -> Body:
    body: Body = {
        "id": of.id,
        "errors": of.errors,
        "project_slug": one.slug,
        "updated_at": stamp(of.created),
        "number": of.number,
        "state": of.state,
        "created_at": stamp(of.created),
        "trigger": {
            "received_at": stamp(of.created),
            "type": of.trigger,
            "actor": {"login": of.actor, "avatar_url": None},
        },
        "vcs": {
            "origin_repository_url": one.repository,
            "target_repository_url": one.repository,
            "revision": of.sha,
            "provider_name": "GitHub",
            "commit": {"body": of.body, "subject": of.subject},
            "branch": of.branch,
        },
    }
    if of.parameters:
        body["trigger_parameters"] = of.parameters
    return body


def user(one: Project, name: str) -> Body:
    return {"id": one.new_id("user", name), "login": name.lower().replace(" ", "-"), "name": name}


def config(of: Pipeline) -> Body:
    body: Body = {"source": of.source, "compiled": of.compiled or of.source}
    if of.setup_source:
        body |= {"setup-config": of.setup_source, "compiled-setup-config": of.setup_compiled}
    return body


def created(of: Pipeline) -> Body:
    return {"id": of.id, "state": "pending", "number": of.number, "created_at": stamp(of.created)}


def workflow(one: Project, of: Pipeline, flow: Workflow) -> Body:
    body: Body = {
        "pipeline_id": of.id,
        "id": flow.id,
        "name": flow.name,
        "project_slug": one.slug,
        "status": flow.status,
        "started_by": one.new_id("user", of.actor),
        "pipeline_number": of.number,
        "created_at": seconds(flow.created),
        "stopped_at": seconds(flow.stopped),
    }
    if flow.tag:
        body["tag"] = flow.tag
    return body


def workflow_job(one: Project, job: Job) -> Body:
    body: Body = {
        "id": job.id,
        "name": job.name,
        "type": job.type,
        "status": job.status,
        "project_slug": one.slug,
        "dependencies": list(job.requires),
        "started_at": seconds(job.started),
    }
    if job.number is not None:
        body["job_number"] = job.number
    if job.stopped:
        body["stopped_at"] = seconds(job.stopped)
    if job.approval_request_id:
        body["approval_request_id"] = job.approval_request_id
    if job.approved_by:
        body["approved_by"] = one.new_id("user", job.approved_by)
    return body


def job_url(one: Project, of: Pipeline, flow: Workflow, job: Job) -> str:
    where = one.slug.replace("gh/", "github/", 1)
    return f"https://app.circleci.com/pipelines/{where}/{of.number}/workflows/{flow.id}/jobs/{job.number}"


def job(one: Project, of: Pipeline, flow: Workflow, job: Job) -> Body:
    runs = sorted({action.index for action in job.actions}) or [0]
    return {
        "web_url": job_url(one, of, flow, job),
        "project": {
            "id": one.new_id("project"),
            "slug": one.slug,
            "name": one.name,
            "external_url": one.repository,
        },
        "parallel_runs": [{"index": index, "status": _run_status(job, index)} for index in runs],
        "started_at": _maybe(job.started),
        "latest_workflow": {"name": flow.name, "id": flow.id},
        "name": job.name,
        "executor": {"resource_class": job.resource_class, "type": job.executor},
        "parallelism": job.parallelism,
        "status": job.status,
        "number": job.number,
        "pipeline": {"id": of.id},
        "duration": _millis(job),
        "created_at": stamp(job.created),
        "messages": job.messages,
        "contexts": [{"name": name} for name in job.contexts],
        "organization": {"name": one.organization},
        "queued_at": stamp(job.created),
        "stopped_at": _maybe(job.stopped),
    }


def test(one: TestResult) -> Body:
    return {
        "classname": one.classname,
        "file": one.file,
        "name": one.name,
        "result": one.result,
        "run_time": one.run_time,
        "message": one.message,
        "source": "pytest",
        "source_type": "pytest",
    }


def variable(name: str, value: str) -> Body:
    return {"name": name, "value": "xxxx" + value[-4:] if len(value) > 4 else "xxxx"}


def build(one: Project, url: Callable[[Job, Action], str], of: Pipeline, flow: Workflow, job: Job) -> Body:
    """The v1.1 body of a job, steps with all their parallel actions; `url` is where an action's output is."""
    steps: dict[int, Body] = {}
    for action in sorted(job.actions, key=lambda each: (each.step, each.index)):
        step = steps.setdefault(action.step, {"name": action.name, "actions": []})
        step["actions"].append(_action(job, action, url))
    failed = job.status in ("failed", "timedout", "infrastructure_fail")
    return {
        "build_num": job.number,
        "build_url": f"https://circleci.com/{one.slug}/{job.number}",
        "vcs_url": one.repository,
        "vcs_type": "github",
        "username": one.organization,
        "reponame": one.name,
        "branch": of.branch,
        "vcs_revision": of.sha,
        "subject": of.subject,
        "body": of.body,
        "author_name": of.actor,
        "why": "github",
        "status": job.status,
        "outcome": job.status if job.status in FINISHED else None,
        "lifecycle": "finished" if job.stopped else "running",
        "failed": failed if job.stopped else None,
        "timedout": job.status == "timedout",
        "canceled": job.status == "canceled",
        "infrastructure_fail": job.status == "infrastructure_fail",
        "parallel": job.parallelism,
        "platform": "2.0",
        "queued_at": stamp(job.created),
        "start_time": _maybe(job.started),
        "stop_time": _maybe(job.stopped),
        "build_time_millis": _millis(job) if job.stopped else None,
        "picard": {
            "executor": "docker",
            "resource_class": {"class": job.resource_class, "cpu": 2, "ram": 4096},
        },
        "workflows": {
            "job_name": job.name,
            "job_id": job.id,
            "workflow_id": flow.id,
            "workspace_id": flow.id,
            "upstream_job_ids": list(job.requires),
            "upstream_concurrency_map": {},
            "workflow_name": flow.name,
        },
        "has_artifacts": bool(job.artifacts),
        "messages": job.messages,
        "steps": list(steps.values()),
    }


def _action(job: Job, action: Action, url: Callable[[Job, Action], str]) -> Body:
    # `failed` says nothing of a time-out: it stays null there, as the status does not.
    body: Body = {
        "truncated": action.truncated,
        "index": action.index,
        "parallel": True,
        "failed": True if action.status == "failed" else None,
        "infrastructure_fail": True if action.status == "infrastructure_fail" else None,
        "name": action.name,
        "bash_command": action.command,
        "status": action.status,
        "timedout": True if action.status == "timedout" else None,
        "continue": None,
        "end_time": _maybe(action.ended),
        "type": "test",
        "allocation_id": f"{job.id[:8]}-{action.index}-build",
        "start_time": stamp(action.started),
        "background": action.background,
        "exit_code": action.exit_code,
        "insignificant": action.background,
        "canceled": True if action.status == "canceled" else None,
        "step": action.step,
        "run_time_millis": action.millis,
        "has_output": bool(action.output),
    }
    if action.output:
        body["output_url"] = url(job, action)
    return body


def _run_status(job: Job, index: int) -> str:
    """Of one parallel run: that of its first action without success, background ones aside."""
    for action in job.actions:
        if action.index == index and not action.background and action.status != "success":
            return action.status
    return "success" if job.actions else job.status


def _maybe(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _millis(job: Job) -> int:
    return int((job.stopped - job.started).total_seconds() * 1000) if job.started and job.stopped else 0
