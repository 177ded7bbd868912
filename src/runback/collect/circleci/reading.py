"""Pipelines read with their workflows and jobs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runback.collect.circleci import records
from runback.collect.circleci.api import Api
from runback.collect.circleci.bodies import JobBody, PipelineBody, WorkflowBody
from runback.collect.interface import had
from runback.http import gather
from runback.model import Gap, Job, Pipeline, Workflow


class Reading:
    """Reads pipelines of one project; each at most once in a run, since the client remembers."""

    def __init__(self, api: Api, web: str) -> None:
        self.api = api
        self._web = web

    def shallow(self, body: PipelineBody) -> Pipeline:
        """The pipeline without its workflows: nothing is asked."""
        return records.pipeline(body, self._web, records.unread(body.number))

    def deep(self, bodies: Sequence[PipelineBody], *, with_jobs: bool = True) -> list[Pipeline]:
        return list(gather(*((lambda one=body: self._deep(one, with_jobs)) for body in bodies)))

    def filled(self, pipelines: Sequence[Pipeline]) -> list[Pipeline]:
        """Pipelines that were only listed, with their workflows and jobs."""
        flows = gather(*((lambda p=one: self._workflows(p.id, p.number, True)) for one in pipelines))
        return [
            msgspec.structs.replace(one, workflows=found) for one, found in zip(pipelines, flows, strict=True)
        ]

    def _deep(self, body: PipelineBody, with_jobs: bool) -> Pipeline:
        return records.pipeline(body, self._web, self._workflows(body.id, body.number, with_jobs))

    def _workflows(self, pipeline: str, number: int, with_jobs: bool) -> tuple[Workflow, ...] | Gap:
        flows = had(f"the workflows of pipeline {number}", lambda: self.api.workflows(pipeline))
        if isinstance(flows, Gap):
            return flows
        return gather(*((lambda one=flow: self._workflow(number, one, with_jobs)) for flow in flows))

    def _workflow(self, number: int, body: WorkflowBody, with_jobs: bool) -> Workflow:
        what = f"the jobs of workflow {body.name or 'unnamed'} of pipeline {number}"
        url = f"{self._web}/{number}/workflows/{body.id}" if body.id else None
        jobs: list[JobBody] | Gap = Gap(what=what, reason=records.UNASKED)
        if body.id is None:
            jobs = Gap(what=what, reason="CircleCI no longer keeps this workflow: it has expired")
        elif with_jobs:
            wanted = body.id
            jobs = had(what, lambda: self.api.jobs(wanted))
        return records.workflow(body, number, url, jobs)


def jobs_of(pipeline: Pipeline) -> list[Job]:
    """All jobs of all workflows, reruns included: what an earlier run deployed, it did deploy."""
    flows = () if isinstance(pipeline.workflows, Gap) else pipeline.workflows
    return [job for flow in flows if not isinstance(flow.jobs, Gap) for job in flow.jobs]


def replaced(pipeline: Pipeline, read: dict[str, Job]) -> Pipeline:
    """The pipeline with the jobs of `read` (by their ids) in place of its own."""
    if isinstance(pipeline.workflows, Gap) or not read:
        return pipeline
    flows = tuple(
        flow
        if isinstance(flow.jobs, Gap)
        else msgspec.structs.replace(flow, jobs=tuple(read.get(job.id, job) for job in flow.jobs))
        for flow in pipeline.workflows
    )
    return msgspec.structs.replace(pipeline, workflows=flows)
