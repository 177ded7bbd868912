"""CircleCI's API v3 over the lab's project: runs, workflows and jobs by their ids, step output, memory.

Its public description names paths, filters and the fields below; a body has those and no others. Output is an
octet stream that knows `Range`; `X-Terminal: true` says that no more will come.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from runback.lab.circleci.bodies import stamp
from runback.lab.circleci.runs import KILLED, MEMORY_MB
from runback.lab.circleci.state import Action, Job, Pipeline, Project, Workflow
from runback.lab.server import Handler, Refused, Request, Response, Route, route

LIMIT = 20
SAMPLE = timedelta(seconds=15)
_OUTCOMES = {"success": "succeeded", "unauthorized": "unauthorized", "not_run": "not_run"}
_WAITING = ("blocked", "on_hold", "queued")
_BRANCH = re.compile(r'^pipeline\.git\.branch == "([^"]*)"$')

One = TypeVar("One")


def routes(project: Project, guarded: Callable[[Handler], Handler]) -> tuple[Route, ...]:
    """All routes below /api/v3; `guarded` asks for the token."""
    api = _Api(project)
    table: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "/api/v3/runs/search", api.search),
        ("GET", "/api/v3/runs/{id}", api.run),
        ("GET", "/api/v3/workflows", api.workflows),
        ("GET", "/api/v3/jobs", api.jobs),
        ("GET", "/api/v3/jobs/{id}", api.job),
        ("GET", "/api/v3/jobs/{id}/stdout", api.stdout),
        ("GET", "/api/v3/jobs/{id}/stderr", api.stderr),
        ("GET", "/api/v3/jobs/{id}/tests", api.tests),
        ("GET", "/api/v3/jobs/{id}/resource-usage", api.resource_usage),
    )
    return tuple(route(method, pattern, guarded(handler)) for method, pattern, handler in table)


class _Api:
    def __init__(self, project: Project) -> None:
        self._project = project

    def search(self, request: Request) -> Response:
        try:
            asked = request.json() if request.body else {}
        except ValueError as error:
            raise Refused(_error(400, "Malformed JSON.")) from error
        found = self._project.newest_first()
        wanted = str(asked.get("filter") or "")
        if wanted:
            branch = _BRANCH.match(wanted)
            if branch is None:
                raise Refused(_error(400, "The filter is not understood."))
            found = [one for one in found if one.branch == branch[1]]
        page = asked.get("page") or {}
        limit = int(page.get("limit") or LIMIT)
        if not 1 <= limit <= LIMIT:
            raise Refused(_error(400, f"page.limit must be between 1 and {LIMIT}."))
        start = int(page.get("cursor") or 0)
        following = str(start + limit) if start + limit < len(found) else None
        items = [_run(one) for one in found[start : start + limit]]
        return Response.json({"items": items, "next_cursor": following})

    def run(self, request: Request) -> Response:
        return Response.json(_run(_there(self._project.pipeline(request.params["id"]), "Run")))

    def workflows(self, request: Request) -> Response:
        run = _there(self._project.pipeline(request.one("filter[run_id]")), "Run")
        return Response.json({"items": [_workflow(one) for one in run.workflows], "next_cursor": None})

    def jobs(self, request: Request) -> Response:
        _, flow = _there(self._project.workflow(request.one("filter[workflow_id]")), "Workflow")
        return Response.json({"items": [_job(one) for one in flow.jobs], "next_cursor": None})

    def job(self, request: Request) -> Response:
        job = self._job(request)
        runs = sorted({action.index for action in job.actions})
        executions = [
            {"index": index, "steps": [_step(one) for one in job.actions if one.index == index]}
            for index in runs
        ]
        return Response.json({**_job(job), "parallel_executions": executions})

    def stdout(self, request: Request) -> Response:
        return self._output(request, "out")

    def stderr(self, request: Request) -> Response:
        return self._output(request, "err")

    def tests(self, request: Request) -> Response:
        lines = (
            {"name": one.name, "classname": one.classname, "file": one.file, "result": one.result,
             "message": one.message, "run_time": one.run_time}
            for one in self._job(request).tests
        )  # fmt: skip
        body = "".join(json.dumps(line) + "\n" for line in lines)
        return Response.text(body, 200, "application/x-ndjson")

    def resource_usage(self, request: Request) -> Response:
        job = self._job(request)
        limit = MEMORY_MB.get(job.resource_class, 4096) * 1024 * 1024
        return Response.json({"memory_limit_bytes": limit, "samples": list(_samples(job, limit))})

    def _output(self, request: Request, kind: str) -> Response:
        index, number = request.one("filter[execution]", "0"), request.one("filter[step_num]")
        action = next(
            (one for one in self._job(request).actions if (str(one.index), str(one.step)) == (index, number)),
            None,
        )
        text = "".join(one.text for one in _there(action, "Step").output if one.type == kind).encode()
        done = ("X-Terminal", "true" if action and action.ended else "false")
        if not text:
            return Response(204, headers=(done,))
        given = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if given is None:
            return Response(200, text, "application/octet-stream", (done,))
        first, last = int(given[1]), min(int(given[2] or len(text) - 1), len(text) - 1)
        if first >= len(text):
            return Response(416, headers=(("Content-Range", f"bytes */{len(text)}"),))
        where = ("Content-Range", f"bytes {first}-{last}/{len(text)}")
        return Response(206, text[first : last + 1], "application/octet-stream", (done, where))

    def _job(self, request: Request) -> Job:
        return _there(self._project.job(request.params["id"]), "Job")[2]


def _run(of: Pipeline) -> dict[str, Any]:
    return {
        "id": of.id,
        "number": of.number,
        "created_at": stamp(of.created),
        "branch": of.branch,
        "revision": of.sha,
        "errors": of.errors,
    }


def _workflow(flow: Workflow) -> dict[str, Any]:
    return {"id": flow.id, "name": flow.name, **_state(flow.status, ended=flow.stopped is not None)}


def _job(job: Job) -> dict[str, Any]:
    state = _state(job.status, ended=job.stopped is not None)
    return {"id": job.id, "name": job.name, "number": job.number, "type": job.type, **state}


def _step(action: Action) -> dict[str, Any]:
    return {
        "num": action.step,
        "name": action.name,
        "type": "run" if action.command else "builtin",
        **_state(action.status, ended=action.ended is not None),
        "exit_code": action.exit_code,
        "command": action.command,
    }


def _state(status: str, *, ended: bool) -> dict[str, str | None]:
    """`phase` and `outcome` of what v2 calls a status."""
    if not ended:
        return {"phase": "created" if status in _WAITING else "started", "outcome": None}
    return {"phase": "ended", "outcome": _OUTCOMES.get(status, status)}


def _samples(job: Job, limit: int) -> Iterable[dict[str, Any]]:
    """Memory over the time of the job: a third of the limit, and all of it where a command was killed."""
    if job.started is None or job.stopped is None:
        return
    killed = [one for one in job.actions if one.exit_code == KILLED]
    at = job.started
    while at <= job.stopped:
        full = any(one.started <= at and (one.ended is None or at <= one.ended) for one in killed)
        yield {"at": stamp(at), "memory_bytes": limit if full else limit // 3}
        at += SAMPLE


def _there(found: One | None, what: str) -> One:
    if found is None:
        raise Refused(_error(404, f"{what} not found"))
    return found


def _error(status: int, message: str) -> Response:
    return Response.json({"message": message}, status)
