"""One job read closely: its steps in all parallel runs, their output, its messages and tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from runback.collect.circleci.api import Api
from runback.collect.circleci.bodies import ActionBody, BuildBody, DetailsBody, Said, TestBody, when
from runback.collect.circleci.choose import GREEN, actions_to_read
from runback.collect.circleci.compiled import Compiled
from runback.collect.circleci.output import joined, text_of
from runback.collect.interface import RawLog, had
from runback.errors import FetchError
from runback.http import Later, gather, later
from runback.model import Gap, Job, LogKind, MemoryUse, Message, Step, Target, TestCase

KILLED = 137  # 128 + SIGKILL
_BASES = 8  # parallel runs of one green step that are learned from


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
    build = had(f"the steps of {named}", lambda: _build(api, job, number))
    details, tests = told.result(), tested.result()
    if isinstance(details, DetailsBody):
        job = msgspec.structs.replace(
            job,
            url=details.web_url or job.url,
            messages=messages(details.messages),
            contexts=tuple(context.name for context in details.contexts or () if context.name),
            parallel_runs=details.parallelism or 1,
            resource_class=details.executor.resource_class if details.executor else None,
        )
    job = msgspec.structs.replace(job, tests=_tests(tests))
    said = tuple(_own_words(job))
    if not isinstance(build, BuildBody):
        return Read(msgspec.structs.replace(job, steps=build), said)
    job = msgspec.structs.replace(job, parallel_runs=max(job.parallel_runs, build.parallel or 1))
    read = _with_steps(api, job, build, target, compiled)
    return Read(read.job, (*read.logs, *said))


def _own_words(job: Job) -> Iterator[RawLog]:
    """What CircleCI itself says of a job that did not succeed, to be read as the output of its steps is."""
    lines = [text for one in job.messages for text in (one.message, one.reason) if text]
    if lines and job.status not in GREEN:
        yield RawLog(
            id=f"step:{job.number}/messages",
            kind="step",
            name=f"{job.name}, CircleCI's own messages",
            data=("\n".join(lines) + "\n").encode(),
            url=job.url,
            started_at=job.started_at,
        )


def read_baseline(api: Api, green: Job, failed: Later[Read]) -> Read:
    """The green run of a job with its steps, and the output of those that failed in the other run of it."""
    number = green.number
    if number is None:
        return Read(green)
    named = f"job {number} ({green.name})"
    build = had(f"the steps of {named}", lambda: _build(api, green, number))
    if not isinstance(build, BuildBody):
        return Read(msgspec.structs.replace(green, steps=build))
    other = failed.result().job.steps
    wanted = {step.name for step in (() if isinstance(other, Gap) else other) if step.log is not None}
    actions = _actions(build)
    chosen = [action for action in actions if action.name in wanted and action.has_output is not False]
    chosen = chosen[:_BASES]
    outputs = gather(*((lambda one=action: _output(api, green, one, "baseline")) for action in chosen))
    read = {id(action): output for action, output in zip(chosen, outputs, strict=True)}
    steps = tuple(_step(green, action, read.get(id(action)), None) for action in actions)
    logs = tuple(output for output in outputs if isinstance(output, RawLog))
    return Read(msgspec.structs.replace(green, steps=steps, parallel_runs=build.parallel or 1), logs)


def read_tests(api: Api, job: Job) -> Read:
    """The job with its stored test results alone."""
    number = job.number or 0
    tests = had(f"the tests of job {number} ({job.name})", lambda: api.tests(number))
    return Read(msgspec.structs.replace(job, tests=_tests(tests)))


def messages(said: list[Said] | None) -> tuple[Message, ...]:
    """What CircleCI itself says of a job or a pipeline; () where it says nothing."""
    return tuple(
        Message(type=one.type or "", message=one.message or "", reason=one.reason) for one in said or ()
    )


def _build(api: Api, job: Job, number: int) -> BuildBody:
    """The steps from v1.1; from v3 where there is no v1.1."""
    try:
        return api.build(number)
    except FetchError as error:
        try:
            return api.newer.build(job.id)
        except FetchError:
            raise error from None


def _actions(build: BuildBody) -> list[ActionBody]:
    return [action for step in build.steps or () for action in step.actions or ()]


def _with_steps(api: Api, job: Job, build: BuildBody, target: Target, compiled: Later[Compiled]) -> Read:
    actions = _actions(build)
    memory: Later[MemoryUse | Gap] | None = None
    if any(action.exit_code == KILLED for action in actions):
        what = f"the memory of job {job.number} ({job.name})"
        memory = later(had, what, lambda: api.newer.memory(job.id))
    chosen = [action for action in actions_to_read(job, actions, target) if action.has_output is not False]
    outputs = gather(*((lambda one=action: _output(api, job, one)) for action in chosen))
    read = {id(action): output for action, output in zip(chosen, outputs, strict=True)}
    steps = tuple(_step(job, action, read.get(id(action)), compiled) for action in actions)
    logs = tuple(output for output in outputs if isinstance(output, RawLog))
    job = msgspec.structs.replace(job, steps=steps, memory=memory.result() if memory else None)
    if job.status not in GREEN:
        known = compiled.result()
        job = msgspec.structs.replace(
            job,
            image=known.image(job.name),
            directory=known.directory(job.name),
            resource_class=job.resource_class or known.resource_class(job.name),
        )
    return Read(job, logs)


def _step(
    job: Job, action: ActionBody, output: RawLog | Gap | None, compiled: Later[Compiled] | None
) -> Step:
    name = action.name or ""
    command = action.bash_command
    if command is None and compiled is not None and output is not None and job.status not in GREEN:
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


def _output(api: Api, job: Job, action: ActionBody, kind: LogKind = "step") -> RawLog | Gap:
    """The whole output: by its presigned address, else from v3 where the host offers that."""
    found = _downloaded(api, job, action)
    data, truncated = (b"", True) if isinstance(found, Gap) else found
    if truncated:
        try:
            data, truncated = _newer(api, job, action), False
        except FetchError:
            if isinstance(found, Gap):
                return found
    run = f", run {action.index}" if job.parallel_runs > 1 else ""
    return RawLog(
        id=f"step:{job.number}/{action.step or 0}.{action.index or 0}",
        kind=kind,
        name=f"{job.name}, step {action.name!r}{run}",
        data=data,
        url=job.url,
        started_at=when(action.start_time),
        truncated=truncated,
    )


def _downloaded(api: Api, job: Job, action: ActionBody) -> tuple[bytes | Path, bool] | Gap:
    """The output as v1.1 keeps it, and whether it is only a part."""
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
    return data, bool(action.truncated) or answer.truncated or broke_off


def _newer(api: Api, job: Job, action: ActionBody) -> bytes | Path:
    bodies = api.newer.output(job.id, action.index or 0, action.step or 0)
    if not bodies:
        raise FetchError("v3 has no output of the step either")
    return joined(bodies, api.client.spool)


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
