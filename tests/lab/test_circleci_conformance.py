"""API v2 of the lab held to the official description: paths, methods, and the schemas of the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import urllib3
import yaml

from runback import lab
from runback.lab.circleci import api
from runback.lab.running import RunningLab

SPECS = Path(__file__).parents[3] / "shared" / "specs"
FILE = SPECS / "circleci-v2-2024-03.openapi.yaml"
SLUG = "gh/runback-lab/portal"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="../shared/specs is not there")

# Where the description is known to be too strict: what recorded responses of the service have instead.
NULLABLE = {
    "next_page_token",  # null on the last page
    "stopped_at",  # of a workflow that runs
    "started_at",  # of a job that has not begun
    "avatar_url",
    "message",
    "file",
}
# Recorded responses spell these keys with underscores.
UNDERSCORES = "/insights/{project-slug}/flaky-tests"


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), LOADER)  # noqa: S506 - a safe loader
    return loaded


@pytest.fixture(scope="module")
def running() -> Iterator[RunningLab]:
    with lab.start("ci-flaky-test") as made:
        yield made


def shape(path: str) -> str:
    """A path without the names of its parameters; a slug is one of them."""
    path = re.sub(r"/api/v2", "", path).replace("{vcs}/{organization}/{name}", "{}")
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_path_and_method_is_in_the_description(
    description: dict[str, Any], running: RunningLab
) -> None:
    described = {
        (method.upper(), shape(path)) for path, methods in description["paths"].items() for method in methods
    }
    rooms = (api.routes(running._project, running._engine, running._output),)
    ours = {
        (one.method, shape(one.pattern)) for routes in rooms for one in routes if "/api/v2/" in one.pattern
    }
    assert len(ours) > 25
    assert ours - described == set()


def schema(description: dict[str, Any], path: str, method: str = "get") -> dict[str, Any]:
    answers = description["paths"][path][method]["responses"]
    answer = next(answers[status] for status in ("200", "201", "202") if status in answers)
    found = _plain(answer["content"]["application/json"]["schema"], description["components"]["schemas"])
    if path == UNDERSCORES:
        found = _underscored(found)
    assert isinstance(found, dict)
    return found


def _plain(node: Any, schemas: dict[str, Any]) -> Any:
    """The schema with its references resolved, as JSON Schema; what may be null may be."""
    if isinstance(node, list):
        return [_plain(one, schemas) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(schemas[node["$ref"].rsplit("/", 1)[-1]], schemas)
    found = {key: _plain(one, schemas) for key, one in node.items() if not key.startswith("x-")}
    for name, one in (found.get("properties") or {}).items():
        if isinstance(one, dict) and (name in NULLABLE or one.get("nullable")):
            found["properties"][name] = {"anyOf": [one, {"type": "null"}]}
    return found


def _underscored(node: Any) -> Any:
    if isinstance(node, list):
        return [_underscored(one) for one in node]
    if not isinstance(node, dict):
        return node.replace("-", "_") if isinstance(node, str) else node
    return {key.replace("-", "_"): _underscored(one) for key, one in node.items()}


class Asked:
    """Answers of the lab, with the ids that paths need."""

    def __init__(self, running: RunningLab) -> None:
        self._running = running
        self._pool = urllib3.PoolManager(retries=False)
        pipeline = running.pipelines()[-1]
        self.ids = {
            "{project-slug}": SLUG,
            "{provider}/{organization}/{project}": SLUG,
            "{pipeline-id}": pipeline.id,
            "{pipeline-number}": str(pipeline.number),
            "{id}": pipeline.workflows[0].id,
            "{job-number}": "225",
            "{workflow-name}": "build-and-test",
            "{context-id}": running._project.new_id("context", "tdp-dev"),
            "{context_id}": running._project.new_id("context", "tdp-dev"),
        }

    def close(self) -> None:
        self._pool.clear()

    def get(self, path: str, query: str) -> Any:
        for name, value in self.ids.items():
            path = path.replace(name, value)
        if path.startswith("/user/"):
            path = "/user/" + self._running._project.new_id("user", "lab")
        url = f"{self._running.environ['CIRCLE_HOST']}/api/v2{path}?{query}"
        answer = self._pool.request(
            "GET", url, headers={"Circle-Token": self._running.environ["CIRCLE_TOKEN"]}
        )
        assert answer.status == 200, (url, answer.data)
        return answer.json()


@pytest.fixture(scope="module")
def asked(running: RunningLab) -> Iterator[Asked]:
    made = Asked(running)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/me", ""),
        ("/user/{id}", ""),
        ("/project/{project-slug}", ""),
        ("/project/{project-slug}/pipeline", ""),
        ("/project/{project-slug}/pipeline/mine", ""),
        ("/project/{project-slug}/pipeline/{pipeline-number}", ""),
        ("/project/{project-slug}/job/{job-number}", ""),
        ("/project/{project-slug}/{job-number}/tests", ""),
        ("/project/{project-slug}/{job-number}/artifacts", ""),
        ("/project/{project-slug}/envvar", ""),
        ("/pipeline/{pipeline-id}", ""),
        ("/pipeline/{pipeline-id}/config", ""),
        ("/pipeline/{pipeline-id}/workflow", ""),
        ("/workflow/{id}", ""),
        ("/workflow/{id}/job", ""),
        ("/context", f"owner-slug={SLUG.rsplit('/', 1)[0]}"),
        ("/context/{context-id}", ""),
        ("/context/{context-id}/environment-variable", ""),
        ("/context/{context_id}/restrictions", ""),
        (UNDERSCORES, ""),
        ("/insights/{project-slug}/workflows", "all-branches=true"),
        ("/insights/{project-slug}/workflows/{workflow-name}", "all-branches=true"),
        ("/insights/{project-slug}/workflows/{workflow-name}/jobs", "all-branches=true"),
    ],
    ids=lambda value: value or None,
)
def test_an_answer_validates_against_its_schema(
    description: dict[str, Any], asked: Asked, path: str, query: str
) -> None:
    jsonschema.validate(asked.get(path, query), schema(description, path))
