"""What CircleCI knows of the target: pipelines → workflows → jobs → steps → output of those that matter."""

from __future__ import annotations

from runback.collect.circleci.api import Api
from runback.collect.circleci.bodies import PipelineBody
from runback.collect.circleci.choose import GREEN, deploys, first, green, like_a_base, of_target, ran, telling
from runback.collect.circleci.comparing import Compared, compare, failed_jobs
from runback.collect.circleci.compiled import Compiled
from runback.collect.circleci.deployers import with_deployers
from runback.collect.circleci.reading import Reading, jobs_of, replaced
from runback.collect.circleci.steps import read_job
from runback.collect.circleci.words import gap_of_project, no_project, no_such_pipeline, web
from runback.collect.interface import Collected, Progress, RawLog, had
from runback.config import CircleAccess
from runback.errors import FetchError
from runback.http import Client, later
from runback.model import Ci, Gap, Job, Pipeline, Target

__all__ = ["collect_circleci", "with_deployers"]

PAGES = 3  # of the branch's pipelines
SIBLINGS = 6  # pipelines of one commit that are looked at
OLDER = 8  # older pipelines whose workflows and jobs are looked at


def collect_circleci(
    target: Target, access: CircleAccess, client: Client, progress: Progress
) -> Collected[Ci]:
    """The pipelines of the target: the one to look at first, then others, newest first.

    Steps are those of its failed and deploying jobs, and of the newest older deploy; other pipelines of the
    project are listed without their workflows. Raises UsageError for a pipeline number that does not exist.
    """
    if not target.project:
        return Collected(no_project())
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
        self._reading = Reading(api, web(access.host, target.project or ""))

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
            others = [] if isinstance(everyone, Gap) else everyone
            branches = tuple(dict.fromkeys(one.branch for one in others if one.branch))
            return Collected(Ci(project=project, pipelines=(), branches=branches), at=at)
        self._progress(f"CircleCI: pipeline {focus[0].number} of {focus[0].branch or 'no branch'}")
        found = self._deep(focus[:SIBLINGS], own, [] if isinstance(everyone, Gap) else everyone)
        return Collected(found.part, logs=found.logs, limits=_limits(focus), at=at)

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
    ) -> Collected[Ci]:
        """The pipelines with their workflows, the telling jobs with their steps; and the output."""
        seen = {one.id for one in focus}
        before = [one for one in own if one.id not in seen and one.number < focus[0].number]
        newer = [one for one in own if one.id not in seen and one.number > focus[0].number]
        filled = self._reading.deep(focus + before[:OLDER])
        siblings, older = filled[: len(focus)], filled[len(focus) :]
        if not any(map(green, filled)):
            older += self._reading.deep(before[OLDER : 3 * OLDER], with_jobs=False)
        main = first(siblings)
        ordered = [main, *(one for one in siblings if one is not main), *older]
        others = like_a_base([one for one in everyone if one.number < focus[0].number], focus[0].branch)
        compared = self._compared(ordered, len(siblings), others)
        read = {one.job.id: one.job for one in compared.reads}
        ordered = [replaced(one, read) for one in (*ordered, *compared.more)]
        listed = {one.number for one in ordered}
        rest = {one.number: one for one in (*newer, *before, *everyone) if one.number not in listed}
        shallow = [self._reading.shallow(rest[number]) for number in sorted(rest, reverse=True)]
        ci = Ci(project=self._target.project or "", pipelines=(*ordered, *shallow), flaky=compared.flaky)
        return Collected(ci, logs=_logs(compared))

    def _compared(self, pipelines: list[Pipeline], siblings: int, others: list[PipelineBody]) -> Compared:
        """The telling jobs with their steps, and what the failed ones are compared with."""
        wanted = [job for one in pipelines[:siblings] for job in jobs_of(one) if telling(job, self._target)]
        deployed = next((one for one in pipelines[siblings:] if self._deploy_jobs(one)), None)
        if deployed is not None and not any(deploys(job.name, self._target) for job in wanted):
            wanted += self._deploy_jobs(deployed)
        if wanted:
            self._progress(f"CircleCI: the steps of {len(wanted)} jobs")
        compiled = later(self._compiled, pipelines[0], any(job.status not in GREEN for job in wanted))
        reads = {job.id: later(read_job, self._api, job, self._target, compiled) for job in wanted}
        failed = [job for job in failed_jobs(pipelines[:siblings]) if job.id in reads]
        return compare(self._reading, reads, failed, pipelines[siblings:], others)

    def _deploy_jobs(self, pipeline: Pipeline) -> list[Job]:
        return [job for job in jobs_of(pipeline) if ran(job) and deploys(job.name, self._target)]

    def _compiled(self, pipeline: Pipeline, needed: bool) -> Compiled:
        text = had("the compiled configuration", lambda: self._api.compiled(pipeline.id)) if needed else ""
        return Compiled("" if isinstance(text, Gap) else text)


def _limits(focus: list[PipelineBody]) -> tuple[Gap, ...]:
    """The pipelines of the commit that are not looked at, if any."""
    more = [str(one.number) for one in focus[SIBLINGS:]]
    if not more:
        return ()
    said = f"its {SIBLINGS} newest pipelines were read; {', '.join(more)} were not"
    return (Gap(what="CircleCI runs of the commit", reason=said),)


def _logs(compared: Compared) -> tuple[RawLog, ...]:
    """Each log once."""
    logs: dict[str, RawLog] = {}
    for read in compared.reads:
        for log in read.logs:
            logs.setdefault(log.id, log)
    return tuple(logs.values())
