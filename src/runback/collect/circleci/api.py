"""CircleCI's API as far as Runback reads it: v2, and v1.1 for steps. Unknown words and nulls are read.

The fields are those of the published description of v2 (March 2024) and of recorded v1.1 responses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from runback.config import CircleAccess
from runback.errors import FetchError
from runback.http import Client, HeaderToken

Item = TypeVar("Item")


class _Body(msgspec.Struct, frozen=True):
    """Base of all bodies: what is missing or null is None."""


class Said(_Body, frozen=True):
    type: str | None = None
    message: str | None = None
    reason: str | None = None


class Actor(_Body, frozen=True):
    login: str | None = None


class Trigger(_Body, frozen=True):
    type: str | None = None
    actor: Actor | None = None


class VcsCommit(_Body, frozen=True):
    subject: str | None = None


class Vcs(_Body, frozen=True):
    branch: str | None = None
    tag: str | None = None
    revision: str | None = None
    commit: VcsCommit | None = None


class PipelineBody(_Body, frozen=True):
    id: str
    number: int
    state: str | None = None
    created_at: str | None = None
    errors: list[Said] | None = None
    trigger: Trigger | None = None
    vcs: Vcs | None = None
    trigger_parameters: dict[str, Any] | None = None

    @property
    def branch(self) -> str | None:
        return self.vcs.branch if self.vcs else None

    @property
    def sha(self) -> str | None:
        return self.vcs.revision if self.vcs else None


class WorkflowBody(_Body, frozen=True):
    id: str | None = None  # null once the pipeline has expired
    name: str | None = None
    status: str | None = None
    tag: str | None = None
    created_at: str | None = None
    stopped_at: str | None = None


class JobBody(_Body, frozen=True):
    id: str | None = None
    name: str | None = None
    type: str | None = None
    status: str | None = None
    job_number: int | None = None
    started_at: str | None = None
    stopped_at: str | None = None
    dependencies: list[str] | None = None
    approval_request_id: str | None = None


class Named(_Body, frozen=True):
    name: str | None = None


class PipelineId(_Body, frozen=True):
    id: str | None = None


class DetailsBody(_Body, frozen=True):
    web_url: str | None = None
    messages: list[Said] | None = None
    contexts: list[Named] | None = None
    parallelism: int | None = None
    pipeline: PipelineId | None = None


class ActionBody(_Body, frozen=True):
    name: str | None = None
    step: int | None = None
    index: int | None = None
    status: str | None = None
    failed: bool | None = None
    timedout: bool | None = None
    infrastructure_fail: bool | None = None
    exit_code: int | None = None
    bash_command: str | None = None
    background: bool | None = None
    has_output: bool | None = None
    truncated: bool | None = None
    output_url: str | None = None  # presigned: a secret
    start_time: str | None = None
    end_time: str | None = None


class StepBody(_Body, frozen=True):
    name: str | None = None
    actions: list[ActionBody] | None = None


class BuildBody(_Body, frozen=True):
    steps: list[StepBody] | None = None
    parallel: int | None = None


class TestBody(_Body, frozen=True):
    name: str | None = None
    classname: str | None = None
    file: str | None = None
    result: str | None = None
    message: str | None = None
    run_time: float | None = None


class ConfigBody(_Body, frozen=True):
    compiled: str | None = None


class _Pipelines(_Body, frozen=True):
    items: list[PipelineBody] | None = None
    next_page_token: str | None = None


class _Workflows(_Body, frozen=True):
    items: list[WorkflowBody] | None = None
    next_page_token: str | None = None


class _Jobs(_Body, frozen=True):
    items: list[JobBody] | None = None
    next_page_token: str | None = None


class _Tests(_Body, frozen=True):
    items: list[TestBody] | None = None
    next_page_token: str | None = None


class Api:
    """One project's answers. Each method raises FetchError where there is none."""

    def __init__(self, client: Client, access: CircleAccess, slug: str) -> None:
        self.client = client
        self._token = HeaderToken(access.host, "Circle-Token", access.token)
        self._v2 = f"{access.host}/api/v2"
        self._v1 = f"{access.host}/api/v1.1"
        self._slug = "/".join(quote(part, safe="") for part in slug.split("/"))

    def me(self) -> None:
        """Raises FetchError where the token is not one of a person."""
        self.client.get(f"{self._v2}/me", token=self._token)

    def pipelines(self, branch: str | None, pages: int) -> list[PipelineBody]:
        """Newest first; of one branch, or of all."""
        query = {"branch": branch} if branch else {}
        return self._listed(f"{self._v2}/project/{self._slug}/pipeline", _Pipelines, pages, query)

    def pipeline(self, number: int) -> PipelineBody:
        return self._one(f"{self._v2}/project/{self._slug}/pipeline/{number}", PipelineBody)

    def pipeline_of(self, job: int) -> PipelineBody:
        """The pipeline that a job belongs to."""
        details = self.details(job)
        if details.pipeline is None or not details.pipeline.id:
            raise FetchError(f"CircleCI does not say to which pipeline job {job} belongs")
        return self._one(f"{self._v2}/pipeline/{quote(details.pipeline.id, safe='')}", PipelineBody)

    def workflows(self, pipeline: str) -> list[WorkflowBody]:
        return self._listed(f"{self._v2}/pipeline/{quote(pipeline, safe='')}/workflow", _Workflows)

    def compiled(self, pipeline: str) -> str:
        """The configuration after orbs and parameters were filled in, as YAML."""
        return self._one(f"{self._v2}/pipeline/{quote(pipeline, safe='')}/config", ConfigBody).compiled or ""

    def jobs(self, workflow: str) -> list[JobBody]:
        return self._listed(f"{self._v2}/workflow/{quote(workflow, safe='')}/job", _Jobs)

    def details(self, job: int) -> DetailsBody:
        return self._one(f"{self._v2}/project/{self._slug}/job/{job}", DetailsBody)

    def tests(self, job: int) -> list[TestBody]:
        return self._listed(f"{self._v2}/project/{self._slug}/{job}/tests", _Tests)

    def build(self, job: int) -> BuildBody:
        """v1.1: the steps."""
        return self._one(f"{self._v1}/project/{self._slug}/{job}", BuildBody)

    def _one(self, url: str, kind: type[Item]) -> Item:
        return self.client.json(url, kind, token=self._token)

    def _listed(
        self, url: str, kind: type[Any], most: int = 50, query: dict[str, str] | None = None
    ) -> list[Any]:
        """The items of at most `most` pages; the size of a page is CircleCI's own."""
        given = query or {}
        asked = 1

        def following(page: Any) -> str | None:
            nonlocal asked
            if not page.next_page_token or asked >= most:
                return None
            asked += 1
            return f"{url}?{urlencode({**given, 'page-token': page.next_page_token})}"

        first = f"{url}?{urlencode(given)}" if given else url
        pages = self.client.pages(first, kind, following, token=self._token)
        return [item for page in pages for item in page.items or ()]


def when(text: str | None) -> datetime | None:
    """A time as CircleCI writes it; None for what is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
