"""CircleCI's API as far as Runback asks it: v2, v1.1 for steps, v3 (`newer`) for what these do not tell."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from runback.collect.circleci.bodies import (
    BuildBody,
    ConfigBody,
    DetailsBody,
    Flaky,
    FlakyBody,
    FollowedBody,
    JobBody,
    Jobs,
    PipelineBody,
    Pipelines,
    TestBody,
    Tests,
    WorkflowBody,
    Workflows,
)
from runback.collect.circleci.newapi import NewApi
from runback.config import CircleAccess
from runback.errors import FetchError
from runback.http import Client, HeaderToken

Item = TypeVar("Item")


class Api:
    """One project's answers. Each method raises FetchError where there is none."""

    def __init__(self, client: Client, access: CircleAccess, slug: str) -> None:
        self.client = client
        self._token = HeaderToken(access.host, "Circle-Token", access.token)
        self._v2 = f"{access.host}/api/v2"
        self._v1 = f"{access.host}/api/v1.1"
        self.newer = NewApi(client, access)
        self._slug = "/".join(quote(part, safe="") for part in slug.split("/"))

    def me(self) -> None:
        """Raises FetchError where the token is not one of a person."""
        self.client.get(f"{self._v2}/me", token=self._token)

    def pipelines(self, branch: str | None, pages: int) -> list[PipelineBody]:
        """Newest first; of one branch, or of all."""
        query = {"branch": branch} if branch else {}
        return self._listed(f"{self._v2}/project/{self._slug}/pipeline", Pipelines, pages, query)

    def pipeline(self, number: int) -> PipelineBody:
        return self._one(f"{self._v2}/project/{self._slug}/pipeline/{number}", PipelineBody)

    def pipeline_of(self, job: int) -> PipelineBody:
        """The pipeline that a job belongs to."""
        details = self.details(job)
        if details.pipeline is None or not details.pipeline.id:
            raise FetchError(f"CircleCI does not say to which pipeline job {job} belongs")
        return self._one(f"{self._v2}/pipeline/{quote(details.pipeline.id, safe='')}", PipelineBody)

    def workflows(self, pipeline: str) -> list[WorkflowBody]:
        return self._listed(f"{self._v2}/pipeline/{quote(pipeline, safe='')}/workflow", Workflows)

    def compiled(self, pipeline: str) -> str:
        """The configuration after orbs and parameters were filled in, as YAML."""
        return self._one(f"{self._v2}/pipeline/{quote(pipeline, safe='')}/config", ConfigBody).compiled or ""

    def jobs(self, workflow: str) -> list[JobBody]:
        return self._listed(f"{self._v2}/workflow/{quote(workflow, safe='')}/job", Jobs)

    def details(self, job: int) -> DetailsBody:
        return self._one(f"{self._v2}/project/{self._slug}/job/{job}", DetailsBody)

    def tests(self, job: int) -> list[TestBody]:
        return self._listed(f"{self._v2}/project/{self._slug}/{job}/tests", Tests)

    def build(self, job: int) -> BuildBody:
        """v1.1: the steps."""
        return self._one(f"{self._v1}/project/{self._slug}/{job}", BuildBody)

    def flaky(self) -> list[FlakyBody]:
        """What insights saw fail and pass on one commit within the last two weeks."""
        found = self._one(f"{self._v2}/insights/{self._slug}/flaky-tests", Flaky)
        return found.tests or found.hyphenated or []

    def projects(self) -> list[FollowedBody]:
        """v1.1: the projects that the token's owner follows."""
        return self._one(f"{self._v1}/projects", list[FollowedBody])

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
