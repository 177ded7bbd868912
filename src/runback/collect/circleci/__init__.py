"""What CircleCI knows of the target: pipelines → workflows → jobs → steps → output of those that matter."""

from __future__ import annotations

import msgspec

from runback.collect.circleci.api import Api, JobBody, PipelineBody, WorkflowBody, when
from runback.collect.circleci.choose import GREEN, NEVER_RAN, deploys, first, green, of_target, ran, telling
from runback.collect.circleci.compiled import Compiled
from runback.collect.circleci.steps import Read, messages, read_job
from runback.collect.circleci.words import earliest, gap_of_project, no_such_pipeline, web
from runback.collect.interface import Collected, Progress, RawLog, had
from runback.config import CircleAccess
from runback.errors import FetchError
from runback.http import Client, gather, later
from runback.model import Ci, Gap, Job, Pipeline, Target, Workflow

PAGES = 3  # of the branch's pipelines
SIBLINGS = 6  # pipelines of one commit that are looked at
OLDER = 8  # older pipelines whose workflows and jobs are looked at
UNASKED = "not asked for: it does not bear on the newest run"


def collect_circleci(
    target: Target, access: CircleAccess, client: Client, progress: Progress
) -> Collected[Ci]:
    """The pipelines of the target: the one to look at first, then others, newest first.

    Steps are those of its failed and deploying jobs, and of the newest older deploy; other pipelines of the
    project are listed without their workflows. Raises UsageError for a pipeline number that does not exist.
    """
    if not target.project:
        return Collected(
            Gap(what="CircleCI", reason="no project is known: write it into runback.toml as `project`")
        )
    if not access.token:
        return Collected(Gap(what="CircleCI", reason=access.missing or "there is no token for it"))
    api = Api(client, access, target.project)
    return _Collection(api, access, target, progress).collected()


class _Collection:
    """One run's questions to one project."""

    def __init__(self, api: Api, access: CircleAccess, target: Target, progress: Progress) -> None:
        self._api = api
        self._target = target
        self._progress = progress
        self._host = access.host
        self._web = web(access.host, target.project or "")

    def collected(self) -> Collected[Ci]:
        branch = later(self._pipelines, self._target.branch, PAGES)
        all_of_them = later(self._pipelines, None, 1)
        asked, own, everyone = self._asked(), branch.result(), all_of_them.result()
        at = self._api.client.date(self._host)
        if isinstance(own, Gap):
            return Collected(own, at=at)
        if isinstance(asked, Gap):
            return Collected(asked, at=at)
        if asked is not None and asked.branch != self._target.branch:
            own = self._pipelines(asked.branch, PAGES) if asked.branch else [asked]
            if isinstance(own, Gap):
                own = [asked]
        focus = [asked] if asked else of_target(own, self._target)
        project = self._target.project or ""
        if not focus:
            return Collected(Ci(project=project, pipelines=()), at=at)
        self._progress(f"CircleCI: pipeline {focus[0].number} of {focus[0].branch or 'no branch'}")
        pipelines, logs = self._deep(focus[:SIBLINGS], own, [] if isinstance(everyone, Gap) else everyone)
        return Collected(Ci(project=project, pipelines=pipelines), logs=logs, at=at)

    def _asked(self) -> PipelineBody | Gap | None:
        """The pipeline that was asked for by its number, or by one of its jobs."""
        number, job = self._target.pipeline, self._target.job
        try:
            if number is not None:
                return self._api.pipeline(number)
            return self._api.pipeline_of(job) if job is not None else None
        except FetchError as error:
            if error.status != 404:
                return Gap(what=f"pipeline {number or f'of job {job}'}", reason=str(error))
            known = self._pipelines(None, 1)
            if isinstance(known, Gap):
                return known
            raise no_such_pipeline(self._target, [one.number for one in known]) from error

    def _pipelines(self, branch: str | None, pages: int) -> list[PipelineBody] | Gap:
        try:
            return self._api.pipelines(branch, pages)
        except FetchError as error:
            return gap_of_project(self._api, self._target.project or "", error)

    def _deep(
        self, focus: list[PipelineBody], own: list[PipelineBody], everyone: list[PipelineBody]
    ) -> tuple[tuple[Pipeline, ...], tuple[RawLog, ...]]:
        """The pipelines with their workflows, the telling jobs with their steps; and the output."""
        seen = {one.id for one in focus}
        before = [one for one in own if one.id not in seen and one.number < focus[0].number]
        newer = [one for one in own if one.id not in seen and one.number > focus[0].number]
        looked = focus + before[:OLDER]
        filled = list(gather(*((lambda one=body: self._pipeline(one)) for body in looked)))
        siblings, older = filled[: len(focus)], filled[len(focus) :]
        if not any(map(green, filled)):
            older += self._last_green(before[OLDER : 3 * OLDER])
        main = first(siblings)
        ordered = [main, *(one for one in siblings if one is not main), *older]
        ordered, logs = self._with_steps(ordered, len(siblings))
        listed = {one.number for one in ordered}
        rest = {one.number: one for one in (*newer, *before, *everyone) if one.number not in listed}
        shallow = [self._shallow(rest[number]) for number in sorted(rest, reverse=True)]
        return (*ordered, *shallow), logs

    def _last_green(self, bodies: list[PipelineBody]) -> list[Pipeline]:
        """Those of a longer past, where the newest few were all red."""
        if not bodies:
            return []
        return list(gather(*((lambda one=body: self._pipeline(one, with_jobs=False)) for body in bodies)))

    def _with_steps(
        self, pipelines: list[Pipeline], siblings: int
    ) -> tuple[list[Pipeline], tuple[RawLog, ...]]:
        wanted = [job for one in pipelines[:siblings] for job in _jobs(one) if telling(job, self._target)]
        deployed = next((one for one in pipelines[siblings:] if self._deploy_jobs(one)), None)
        if deployed is not None and not any(deploys(job.name, self._target) for job in wanted):
            wanted += self._deploy_jobs(deployed)
        if wanted:
            self._progress(f"CircleCI: the steps of {len(wanted)} jobs")
        compiled = later(self._compiled, pipelines[0], any(job.status not in GREEN for job in wanted))
        found: tuple[Read, ...] = gather(
            *((lambda one=job: read_job(self._api, one, self._target, compiled)) for job in wanted)
        )
        read = {one.job.id: one.job for one in found}
        return [_replaced(one, read) for one in pipelines], tuple(log for one in found for log in one.logs)

    def _deploy_jobs(self, pipeline: Pipeline) -> list[Job]:
        return [job for job in _jobs(pipeline) if ran(job) and deploys(job.name, self._target)]

    def _compiled(self, pipeline: Pipeline, needed: bool) -> Compiled:
        text = had("the compiled configuration", lambda: self._api.compiled(pipeline.id)) if needed else ""
        return Compiled("" if isinstance(text, Gap) else text)

    def _pipeline(self, body: PipelineBody, *, with_jobs: bool = True) -> Pipeline:
        what = f"the workflows of pipeline {body.number}"
        flows = had(what, lambda: self._api.workflows(body.id))
        if isinstance(flows, Gap):
            return self._modelled(body, flows)
        filled = gather(*((lambda one=flow: self._workflow(body, one, with_jobs)) for flow in flows))
        return self._modelled(body, filled)

    def _shallow(self, body: PipelineBody) -> Pipeline:
        return self._modelled(body, Gap(what=f"the workflows of pipeline {body.number}", reason=UNASKED))

    def _modelled(self, body: PipelineBody, flows: tuple[Workflow, ...] | Gap) -> Pipeline:
        trigger, vcs = body.trigger, body.vcs
        parameters = body.trigger_parameters or {}
        return Pipeline(
            id=body.id,
            number=body.number,
            state=body.state or "unknown",
            branch=body.branch,
            sha=body.sha,
            created_at=when(body.created_at) or earliest(),
            url=f"{self._web}/{body.number}",
            subject=(vcs.commit.subject if vcs and vcs.commit else None) or "",
            trigger=(trigger.type if trigger else None) or "",
            actor=(trigger.actor.login if trigger and trigger.actor else None) or "",
            parameters={
                name: str(value) for name, value in parameters.items() if isinstance(value, (str, int, float))
            },
            errors=messages(body.errors),
            workflows=flows,
        )

    def _workflow(self, pipeline: PipelineBody, body: WorkflowBody, with_jobs: bool) -> Workflow:
        name = body.name or "unnamed"
        what = f"the jobs of workflow {name} of pipeline {pipeline.number}"
        url = f"{self._web}/{pipeline.number}/workflows/{body.id}" if body.id else None
        jobs: list[JobBody] | Gap = Gap(what=what, reason=UNASKED)
        if body.id is None:
            jobs = Gap(what=what, reason="CircleCI no longer keeps this workflow: it has expired")
        elif with_jobs:
            wanted = body.id
            jobs = had(what, lambda: self._api.jobs(wanted))
        return Workflow(
            id=body.id or f"expired:{pipeline.number}/{name}",
            name=name,
            status=body.status or "unknown",
            tag=body.tag,
            url=url,
            created_at=when(body.created_at),
            stopped_at=when(body.stopped_at),
            jobs=jobs if isinstance(jobs, Gap) else _modelled_jobs(jobs, url),
        )


def _modelled_jobs(bodies: list[JobBody], url: str | None) -> tuple[Job, ...]:
    named = {body.id: body.name or "unnamed" for body in bodies if body.id}
    return tuple(
        Job(
            id=body.id or f"{url}/{index}",
            name=body.name or "unnamed",
            status=body.status or "unknown",
            type=body.type or "build",
            number=body.job_number,
            url=f"{url}/jobs/{body.job_number}" if body.job_number is not None else url,
            started_at=when(body.started_at),
            stopped_at=when(body.stopped_at),
            requires=tuple(named[one] for one in body.dependencies or () if one in named),
            approval_request_id=body.approval_request_id,
            steps=()
            if body.job_number is None or body.status in NEVER_RAN
            else Gap(what=f"the steps of job {body.job_number} ({body.name})", reason=UNASKED),
        )
        for index, body in enumerate(bodies)
    )


def _jobs(pipeline: Pipeline) -> list[Job]:
    """All jobs of all workflows, reruns included: what an earlier run deployed, it did deploy."""
    flows = () if isinstance(pipeline.workflows, Gap) else pipeline.workflows
    return [job for flow in flows if not isinstance(flow.jobs, Gap) for job in flow.jobs]


def _replaced(pipeline: Pipeline, read: dict[str, Job]) -> Pipeline:
    if isinstance(pipeline.workflows, Gap) or not read:
        return pipeline
    flows = tuple(
        flow
        if isinstance(flow.jobs, Gap)
        else msgspec.structs.replace(flow, jobs=tuple(read.get(job.id, job) for job in flow.jobs))
        for flow in pipeline.workflows
    )
    return msgspec.structs.replace(pipeline, workflows=flows)
