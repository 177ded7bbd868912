"""Insights over API v2, computed from what the project's jobs really did: flaky tests, durations, credits."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from runback.lab.circleci.bodies import seconds, stamp
from runback.lab.circleci.state import Job, Pipeline, Project, TestResult, Workflow
from runback.lab.server import Handler, Request, Response, Route, route

SLUG = "{vcs}/{organization}/{name}"
# Credits a minute of the docker executor's resource classes, by the price list.
CREDITS = {"small": 5, "medium": 10, "medium+": 15, "large": 20}
ENDED = ("success", "failed", "error", "canceled", "unauthorized")
FAILED = ("failure", "error")


def routes(project: Project, guarded: Callable[[Handler], Handler]) -> tuple[Route, ...]:
    """All routes below /api/v2/insights; `guarded` asks for the token."""
    api = _Api(project)
    flows = f"/api/v2/insights/{SLUG}/workflows"
    table: tuple[tuple[str, Handler], ...] = (
        (f"/api/v2/insights/{SLUG}/flaky-tests", api.flaky),
        (flows, api.workflows),
        (f"{flows}/{{workflow}}", api.runs),
        (f"{flows}/{{workflow}}/jobs", api.jobs),
    )
    return tuple(route("GET", pattern, guarded(handler)) for pattern, handler in table)


class _Api:
    def __init__(self, project: Project) -> None:
        self._project = project

    def flaky(self, request: Request) -> Response:
        """Tests that both failed and passed on the same commit, as recorded responses spell them."""
        found = [_flake(*one) for one in _flaky(self._project)]
        return Response.json({"flaky_tests": found, "total_flaky_tests": len(found)})

    def workflows(self, request: Request) -> Response:
        names = dict.fromkeys(flow.name for _, flow in self._ended(request))
        items = []
        for name in names:
            flows = [flow for _, flow in self._ended(request, name)]
            metrics = _metrics([_outcome(flow.status) for flow in flows], [_span(one) for one in flows])
            metrics |= {"mttr": 0, "total_recoveries": 0}
            metrics["total_credits_used"] = sum(_credits(job) for flow in flows for job in flow.jobs)
            project = {"project_id": self._project.new_id("project")}
            items.append({"name": name, **self._window(), **project, "metrics": metrics})
        return _list(items)

    def runs(self, request: Request) -> Response:
        return _list(
            {
                "id": flow.id,
                "branch": pipeline.branch,
                "duration": _span(flow),
                "created_at": stamp(flow.created),
                "stopped_at": stamp(flow.stopped or flow.created),
                "credits_used": sum(_credits(job) for job in flow.jobs),
                "status": flow.status,
                "is_approval": any(job.type == "approval" for job in flow.jobs),
            }
            for pipeline, flow in self._ended(request, request.params["workflow"])
        )

    def jobs(self, request: Request) -> Response:
        by_name: dict[str, list[Job]] = defaultdict(list)
        for _, flow in self._ended(request, request.params["workflow"]):
            for job in flow.jobs:
                if job.type == "build" and job.started and job.stopped:
                    by_name[job.name].append(job)
        items = []
        for name, jobs in by_name.items():
            metrics = _metrics([_outcome(job.status) for job in jobs], [_span(one) for one in jobs])
            metrics["total_credits_used"] = sum(map(_credits, jobs))
            items.append({"name": name, **self._window(), "metrics": metrics})
        return _list(items)

    def _ended(self, request: Request, name: str = "") -> Iterator[tuple[Pipeline, Workflow]]:
        """Newest first, on the branch that is asked for; without one on the default branch."""
        every = request.one("all-branches") == "true"
        branch = request.one("branch") or self._project.default_branch
        for pipeline in self._project.newest_first(None if every else branch):
            for flow in pipeline.workflows:
                if flow.status in ENDED and name in ("", flow.name):
                    yield pipeline, flow

    def _window(self) -> dict[str, str]:
        first, last = self._project.pipelines[0], self._project.pipelines[-1]
        return {"window_start": stamp(first.created), "window_end": stamp(last.created)}


def _flaky(project: Project) -> Iterator[tuple[Pipeline, Workflow, Job, TestResult, int]]:
    """Each such test once, with its newest failure and how often it failed where it also passed."""
    seen: dict[tuple[str, str, str, str], list[tuple[Pipeline, Workflow, Job, TestResult]]] = defaultdict(
        list
    )
    for pipeline, flow, job in project.jobs():
        for test in job.tests:
            seen[pipeline.sha, job.name, test.classname, test.name].append((pipeline, flow, job, test))
    flakes: dict[tuple[str, ...], list[tuple[Pipeline, Workflow, Job, TestResult]]] = defaultdict(list)
    for key, results in seen.items():
        failures = [one for one in results if one[3].result in FAILED]
        if failures and any(one[3].result == "success" for one in results):
            flakes[key[1:]] += failures
    for failures in flakes.values():
        yield (*max(failures, key=lambda one: one[2].created), len(failures))


def _flake(pipeline: Pipeline, flow: Workflow, job: Job, test: TestResult, times: int) -> dict[str, Any]:
    return {
        "workflow_created_at": seconds(flow.created),
        "classname": test.classname,
        "job_number": job.number,
        "times_flaked": times,
        "source": "",
        "pipeline_number": pipeline.number,
        "file": test.file or "",
        "workflow_name": flow.name,
        "job_name": job.name,
        "workflow_id": flow.id,
        "time_wasted": 0,
        "test_name": test.name,
    }


def _metrics(outcomes: Sequence[str], spans: Sequence[int]) -> dict[str, Any]:
    good, bad = outcomes.count("success"), outcomes.count("failed")
    return {
        "total_runs": len(outcomes),
        "successful_runs": good,
        "failed_runs": bad,
        "success_rate": good / (good + bad) if good + bad else 0.0,
        "throughput": len(outcomes) / 30,
        "duration_metrics": {
            "min": min(spans),
            "mean": int(statistics.mean(spans)),
            "median": int(statistics.median(spans)),
            "p95": sorted(spans)[int(len(spans) * 0.95)] if len(spans) > 1 else spans[0],
            "max": max(spans),
            "standard_deviation": float(statistics.pstdev(spans)),
        },
    }


def _outcome(status: str) -> str:
    return "failed" if status in ("timedout", "infrastructure_fail", "error") else status


def _span(one: Workflow | Job) -> int:
    begun: datetime | None = one.created if isinstance(one, Workflow) else one.started
    return int((one.stopped - begun).total_seconds()) if one.stopped and begun else 0


def _credits(job: Job) -> int:
    return round(_span(job) / 60 * CREDITS.get(job.resource_class, 10) * job.parallelism)


def _list(items: Iterable[dict[str, Any]]) -> Response:
    return Response.json({"items": list(items), "next_page_token": None})
