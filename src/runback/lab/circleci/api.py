"""CircleCI's API v2 and v1.1 over the lab's project; v3 is in newapi.py.

Bodies follow the official description (v2) and recorded responses (v1.1). A wrong token gets the answer
of the real service: 404, as if there were no such project.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from runback.lab.circleci import bodies, contexts, insights, newapi
from runback.lab.circleci.engine import Engine, Rejected
from runback.lab.circleci.output import OutputStore
from runback.lab.circleci.state import Continuation, Job, Pipeline, Project, Workflow
from runback.lab.server import Handler, Refused, Request, Response, Route, route

PAGE = 20
ME = "lab"  # whose token the lab gives out
SLUG = "{vcs}/{organization}/{name}"

One = TypeVar("One")


def routes(project: Project, engine: Engine, output: OutputStore) -> tuple[Route, ...]:
    """All routes of the listener `circleci`."""
    return _Api(project, engine, output).routes()


class _Api:
    def __init__(self, project: Project, engine: Engine, output: OutputStore) -> None:
        self._project = project
        self._engine = engine
        self._output = output

    def routes(self) -> tuple[Route, ...]:
        reads: dict[str, Handler] = {
            "/api/v2/me": self._me,
            "/api/v2/user/{id}": self._user,
            f"/api/v2/project/{SLUG}": self._show_project,
            f"/api/v2/project/{SLUG}/pipeline": self._pipelines,
            f"/api/v2/project/{SLUG}/pipeline/mine": self._mine,
            f"/api/v2/project/{SLUG}/pipeline/{{key}}": self._project_pipeline,
            f"/api/v2/project/{SLUG}/job/{{number}}": self._job,
            f"/api/v2/project/{SLUG}/{{number}}/tests": self._tests,
            f"/api/v2/project/{SLUG}/{{number}}/artifacts": self._artifacts,
            f"/api/v2/project/{SLUG}/envvar": self._variables,
            "/api/v2/pipeline/{id}": self._pipeline,
            "/api/v2/pipeline/{id}/config": self._config,
            "/api/v2/pipeline/{id}/workflow": self._workflows,
            "/api/v2/workflow/{id}": self._workflow,
            "/api/v2/workflow/{id}/job": self._workflow_jobs,
            f"/api/v1.1/project/{SLUG}/{{number}}": self._build,
        }
        writes: dict[str, Handler] = {
            f"/api/v2/project/{SLUG}/pipeline": self._trigger,
            f"/api/v2/project/{SLUG}/job/{{number}}/cancel": self._cancel_job,
            "/api/v2/pipeline/continue": self._continue,
            "/api/v2/workflow/{id}/rerun": self._rerun,
            "/api/v2/workflow/{id}/cancel": self._cancel,
            "/api/v2/workflow/{id}/approve/{approval}": self._approve,
        }
        found = [route("GET", pattern, self._entered(handler)) for pattern, handler in reads.items()]
        found += [route("POST", pattern, self._entered(handler)) for pattern, handler in writes.items()]
        more = (
            *newapi.routes(self._project, self._entered),
            *insights.routes(self._project, self._entered),
            *contexts.routes(self._project, self._entered),
        )
        return (*found, *more)

    def _entered(self, handler: Handler) -> Handler:
        def entered(request: Request) -> Response:
            if not self._may_read(request):
                raise Refused(_missing("Project" if "/project/" in request.path else "Resource"))
            params = request.params
            if "name" in params and not self._is_ours(params):
                raise Refused(_missing("Project"))
            return handler(request)

        return entered

    def _may_read(self, request: Request) -> bool:
        if request.path == "/api/v2/pipeline/continue":
            return True
        given = request.headers.get("circle-token", "") or request.one("circle-token")
        authorization = request.headers.get("authorization", "")
        kind, _, value = authorization.partition(" ")
        if kind.lower() == "bearer":
            given = value
        elif kind.lower() == "basic":
            given = base64.b64decode(value + "==").decode(errors="replace").split(":")[0]
        return given == self._project.token

    def _is_ours(self, params: Any) -> bool:
        vcs = {"github": "gh", "bitbucket": "bb"}.get(params["vcs"], params["vcs"])
        return f"{vcs}/{params['organization']}/{params['name']}" == self._project.slug

    # --- v2 -----------------------------------------------------------------------------------------

    def _me(self, request: Request) -> Response:
        return Response.json(bodies.user(self._project, ME))

    def _user(self, request: Request) -> Response:
        actors = {ME, *(one.actor for one in self._project.pipelines)}
        wanted = request.params["id"]
        found = next((name for name in actors if self._project.new_id("user", name) == wanted), None)
        return Response.json(bodies.user(self._project, _there(found, "User")))

    def _show_project(self, request: Request) -> Response:
        return Response.json(bodies.project(self._project))

    def _pipelines(self, request: Request) -> Response:
        found = self._project.newest_first(request.one("branch") or None)
        return _page(request, found, lambda one: bodies.pipeline(self._project, one))

    def _mine(self, request: Request) -> Response:
        found = [one for one in self._project.newest_first() if one.actor == ME]
        return _page(request, found, lambda one: bodies.pipeline(self._project, one))

    def _project_pipeline(self, request: Request) -> Response:
        key = request.params["key"]
        found = self._project.pipeline(int(key)) if key.isdigit() else None
        return Response.json(bodies.pipeline(self._project, _there(found, "Pipeline")))

    def _pipeline(self, request: Request) -> Response:
        return Response.json(bodies.pipeline(self._project, self._find_pipeline(request)))

    def _config(self, request: Request) -> Response:
        return Response.json(bodies.config(self._find_pipeline(request)))

    def _workflows(self, request: Request) -> Response:
        pipeline = self._find_pipeline(request)
        return _page(request, pipeline.workflows, lambda one: bodies.workflow(self._project, pipeline, one))

    def _workflow(self, request: Request) -> Response:
        pipeline, workflow = self._find_workflow(request)
        return Response.json(bodies.workflow(self._project, pipeline, workflow))

    def _workflow_jobs(self, request: Request) -> Response:
        _, workflow = self._find_workflow(request)
        return _page(request, workflow.jobs, lambda one: bodies.workflow_job(self._project, one))

    def _job(self, request: Request) -> Response:
        return Response.json(bodies.job(self._project, *self._find_job(request)))

    def _tests(self, request: Request) -> Response:
        return _page(request, self._find_job(request)[2].tests, bodies.test, size=1000)

    def _artifacts(self, request: Request) -> Response:
        job = self._find_job(request)[2]
        return _page(
            request,
            sorted(job.artifacts),
            lambda path: {"path": path, "node_index": 0, "url": self._output.artifact(job, path)},
        )

    def _variables(self, request: Request) -> Response:
        return _page(request, sorted(self._project.variables.items()), lambda one: bodies.variable(*one))

    def _trigger(self, request: Request) -> Response:
        asked = _given(request)
        branch = str(asked.get("branch") or self._project.default_branch)
        made = _done(lambda: self._engine.trigger(branch, asked.get("parameters") or {}))
        return Response.json(bodies.created(made), 201)

    def _rerun(self, request: Request) -> Response:
        pipeline, workflow = self._find_workflow(request)
        asked = _given(request)
        jobs = [str(one) for one in asked.get("jobs") or ()]
        new = _done(lambda: self._engine.rerun(pipeline, workflow, bool(asked.get("from_failed")), jobs))
        return Response.json({"workflow_id": new.id}, 202)

    def _cancel(self, request: Request) -> Response:
        _, workflow = self._find_workflow(request)
        _done(lambda: self._engine.cancel(workflow))
        return Response.json({"message": "Accepted."}, 202)

    def _cancel_job(self, request: Request) -> Response:
        _, workflow, job = self._find_job(request)
        _done(lambda: self._engine.cancel_job(workflow, job))
        return Response.json({"message": "Job successfully cancelled."}, 200)

    def _continue(self, request: Request) -> Response:
        """The door of setup workflows: whoever has the key needs no token."""
        asked = _given(request)
        key = asked.get("continuation-key")
        found = (one for one in self._project.pipelines if self._project.continuation_key(one) == key)
        pipeline = _there(next(found, None), "Pipeline")
        given = Continuation(str(asked.get("configuration", "")), asked.get("parameters") or {})
        _done(lambda: self._engine.go_on(pipeline, given))
        return Response.json({"message": "Pipeline was continued."})

    def _approve(self, request: Request) -> Response:
        pipeline, workflow = self._find_workflow(request)
        wanted = request.params["approval"]
        job = next((one for one in workflow.jobs if one.approval_request_id == wanted), None)
        approval = _there(job, "Job")
        _done(lambda: self._engine.approve(pipeline, workflow, approval))
        return Response.json({"message": "Accepted."}, 202)

    # --- v1.1 ---------------------------------------------------------------------------------------

    def _build(self, request: Request) -> Response:
        return Response.json(bodies.build(self._project, self._output.url, *self._find_job(request, "Build")))

    # --- finding ------------------------------------------------------------------------------------

    def _find_pipeline(self, request: Request) -> Pipeline:
        return _there(self._project.pipeline(request.params["id"]), "Pipeline")

    def _find_workflow(self, request: Request) -> tuple[Pipeline, Workflow]:
        return _there(self._project.workflow(request.params["id"]), "Workflow")

    def _find_job(self, request: Request, what: str = "Job") -> tuple[Pipeline, Workflow, Job]:
        number = request.params["number"]
        return _there(self._project.job(int(number)) if number.isdigit() else None, what)


def _there(found: One | None, what: str) -> One:
    if found is None:
        raise Refused(_missing(what))
    return found


def _missing(what: str) -> Response:
    return Response.json({"message": f"{what} not found"}, 404)


def _given(request: Request) -> dict[str, Any]:
    try:
        asked = request.json() if request.body else {}
    except ValueError as error:
        raise Refused(Response.json({"message": "Malformed JSON."}, 400)) from error
    if not isinstance(asked, dict):
        raise Refused(Response.json({"message": "Malformed JSON."}, 400))
    return asked


def _done(work: Callable[[], One]) -> One:
    try:
        return work()
    except Rejected as rejected:
        raise Refused(Response.json({"message": str(rejected)}, 400)) from rejected


def _page(
    request: Request, found: Sequence[One], body: Callable[[One], object], size: int = PAGE
) -> Response:
    """One page and the token of the next, as opaque as the real one."""
    token = request.one("page-token")
    start = 0
    if token:
        try:
            start = int(base64.urlsafe_b64decode(token).decode().removeprefix("from:"))
        except ValueError as error:
            raise Refused(Response.json({"message": "Invalid page token."}, 400)) from error
    rest = start + size
    following = base64.urlsafe_b64encode(f"from:{rest}".encode()).decode() if rest < len(found) else None
    return Response.json({"next_page_token": following, "items": [body(one) for one in found[start:rest]]})
