"""One job read closely: its steps in all parallel runs, their output, its messages and tests."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from runback.collect.circleci.api import ActionBody, Api, BuildBody, DetailsBody, Said, TestBody, when
from runback.collect.circleci.choose import GREEN, actions_to_read
from runback.collect.circleci.compiled import Compiled
from runback.collect.circleci.output import text_of
from runback.collect.interface import RawLog, had
from runback.errors import FetchError
from runback.http import Later, gather, later
from runback.model import Gap, Job, Message, Step, Target, TestCase


@dataclass(frozen=True, slots=True)
class Read:
    """A job with its steps, and their output still unsealed."""

    job: Job
    logs: tuple[RawLog, ...] = ()


def read_job(api: Api, job: Job, target: Target, compiled: Later[Compiled]) -> Read:
    """The job with all that CircleCI tells about it. What cannot be had is a Gap in it; the rest goes on."""
    number = job.number
    if number is None:
        return Read(job)
    wants_tests = job.status not in GREEN
    named = f"job {number} ({job.name})"
    told = later(had, f"the messages of {named}", lambda: api.details(number))
    tested = later(had, f"the tests of {named}", lambda: api.tests(number) if wants_tests else [])
    build = had(f"the steps of {named}", lambda: api.build(number))
    details, tests = told.result(), tested.result()
    if isinstance(details, DetailsBody):
        job = msgspec.structs.replace(
            job,
            url=details.web_url or job.url,
            messages=messages(details.messages),
            contexts=tuple(context.name for context in details.contexts or () if context.name),
            parallel_runs=details.parallelism or 1,
        )
    job = msgspec.structs.replace(job, tests=_tests(tests))
    if not isinstance(build, BuildBody):
        return Read(msgspec.structs.replace(job, steps=build))
    job = msgspec.structs.replace(job, parallel_runs=max(job.parallel_runs, build.parallel or 1))
    return _with_steps(api, job, build, target, compiled)


def messages(said: list[Said] | None) -> tuple[Message, ...]:
    return tuple(
        Message(type=one.type or "", message=one.message or "", reason=one.reason) for one in said or ()
    )


def _with_steps(api: Api, job: Job, build: BuildBody, target: Target, compiled: Later[Compiled]) -> Read:
    actions = [action for step in build.steps or () for action in step.actions or ()]
    chosen = [action for action in actions_to_read(job, actions, target) if action.has_output is not False]
    outputs = gather(*((lambda one=action: _output(api, job, one)) for action in chosen))
    read = {id(action): output for action, output in zip(chosen, outputs, strict=True)}
    steps = tuple(_step(job, action, read.get(id(action)), compiled) for action in actions)
    logs = tuple(output for output in outputs if isinstance(output, RawLog))
    image = compiled.result().image(job.name) if job.status not in GREEN else None
    return Read(msgspec.structs.replace(job, steps=steps, image=image), logs)


def _step(job: Job, action: ActionBody, output: RawLog | Gap | None, compiled: Later[Compiled]) -> Step:
    name = action.name or ""
    command = action.bash_command
    if command is None and output is not None and job.status not in GREEN:
        command = compiled.result().command(job.name, name)
    return Step(
        name=name,
        number=action.step or 0,
        run=action.index or 0,
        status=_status(action),
        exit_code=action.exit_code,
        command=command,
        background=bool(action.background),
        started_at=when(action.start_time),
        ended_at=when(action.end_time),
        log=output.id if isinstance(output, RawLog) else output,
    )


def _status(action: ActionBody) -> str:
    """The status word; where it is missing, what the flags say."""
    flags = (
        ("timedout", action.timedout),
        ("infrastructure_fail", action.infrastructure_fail),
        ("failed", action.failed),
    )
    return action.status or next((word for word, said in flags if said), "unknown")


def _output(api: Api, job: Job, action: ActionBody) -> RawLog | Gap:
    what = f"the output of step {action.name!r} of job {job.number} ({job.name})"
    url = action.output_url or ""
    if urlsplit(url).scheme not in ("https", "http"):
        return Gap(
            what=what, reason="CircleCI gives no address for it: it has expired, or is not written yet"
        )
    try:
        answer = api.client.download(url)  # presigned: never with the token
    except FetchError as error:
        return Gap(what=what, reason=str(error))
    data, broke_off = text_of(answer.body, api.client.spool)
    run = f", run {action.index}" if job.parallel_runs > 1 else ""
    return RawLog(
        id=f"step:{job.number}/{action.step or 0}.{action.index or 0}",
        kind="step",
        name=f"{job.name}, step {action.name!r}{run}",
        data=data,
        url=job.url,
        started_at=when(action.start_time),
        truncated=bool(action.truncated) or answer.truncated or broke_off,
    )


def _tests(tests: list[TestBody] | Gap) -> tuple[TestCase, ...] | Gap:
    if isinstance(tests, Gap):
        return tests
    return tuple(
        TestCase(
            name=test.name or "",
            classname=test.classname or "",
            file=test.file,
            result=test.result or "unknown",
            message=test.message or "",
            run_time=test.run_time or 0.0,
        )
        for test in tests
    )
