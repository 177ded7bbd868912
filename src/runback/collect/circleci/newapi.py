"""CircleCI's API v3, where the host offers it: what v2 and v1.1 do not tell, or no longer have.

The steps come from v1.1 first, because its output keeps both streams in the order in which they were written;
v3 gives them by the job's id where v1.1 has no address, broke off, or is not there at all. Only v3 tells how
much memory a job used. The condensed output is never read: the whole is.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec

from runback.collect.circleci.bodies import ActionBody, BuildBody, StepBody
from runback.config import CircleAccess
from runback.errors import FetchError
from runback.http import Client, HeaderToken
from runback.model import MemoryUse

_OUTCOMES = {"succeeded": "success"}


class _Step(msgspec.Struct, frozen=True):
    num: int | None = None
    name: str | None = None
    phase: str | None = None
    outcome: str | None = None
    exit_code: int | None = None
    command: str | None = None


class _Execution(msgspec.Struct, frozen=True):
    index: int | None = None
    steps: list[_Step] | None = None


class _Job(msgspec.Struct, frozen=True):
    parallel_executions: list[_Execution] | None = None


class _Sample(msgspec.Struct, frozen=True):
    memory_bytes: int | None = None


class _Usage(msgspec.Struct, frozen=True):
    memory_limit_bytes: int | None = None
    samples: list[_Sample] | None = None


class NewApi:
    """Answers about jobs, by their ids. Each method raises FetchError where there is none."""

    def __init__(self, client: Client, access: CircleAccess) -> None:
        self._client = client
        self._token = HeaderToken(access.host, "Circle-Token", access.token)
        self._base = f"{access.host}/api/v3/jobs"

    def build(self, job: str) -> BuildBody:
        """The steps, as v1.1 would tell them; without addresses of their output."""
        body = self._client.json(self._at(job), _Job, token=self._token)
        runs = body.parallel_executions or []
        actions = [
            ActionBody(
                name=step.name,
                step=step.num,
                index=run.index or 0,
                status=_status(step),
                exit_code=step.exit_code,
                bash_command=step.command,
            )
            for run in runs
            for step in run.steps or ()
        ]
        return BuildBody(
            steps=[StepBody(name=one.name, actions=[one]) for one in actions], parallel=len(runs) or None
        )

    def output(self, job: str, run: int, step: int) -> tuple[bytes | Path, ...]:
        """What the step wrote to its standard output, then to its standard error, where there is any."""
        query = urlencode({"filter[execution]": run, "filter[step_num]": step})
        bodies = []
        for stream in ("stdout", "stderr"):
            answer = self._client.download(f"{self._at(job)}/{stream}?{query}", token=self._token)
            if answer.truncated:
                raise FetchError("the output is longer than is read")
            if answer.status != 204 and answer.body:
                bodies.append(answer.body)
        return tuple(bodies)

    def memory(self, job: str) -> MemoryUse:
        """The highest of the samples that CircleCI took, and the limit."""
        usage = self._client.json(f"{self._at(job)}/resource-usage", _Usage, token=self._token)
        peaks = [sample.memory_bytes for sample in usage.samples or () if sample.memory_bytes is not None]
        if not peaks or not usage.memory_limit_bytes:
            raise FetchError("CircleCI took no sample of the job's memory")
        return MemoryUse(peak=max(peaks), limit=usage.memory_limit_bytes)

    def _at(self, job: str) -> str:
        return f"{self._base}/{quote(job, safe='')}"


def _status(step: _Step) -> str | None:
    if step.outcome:
        return _OUTCOMES.get(step.outcome, step.outcome)
    return "running" if step.phase == "started" else step.phase
