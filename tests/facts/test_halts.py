"""Why nothing ran, in each way in which CircleCI shows it: hand-built answers, one change each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from runback.facts import SCHEMAS, tables
from runback.model import Ci, Commit, Evidence, Gap, Job, Message, Pipeline, Repository, Table, Workflow
from worlds import healthy

HEAD = "a" * 40


def kinds(evidence: Evidence) -> list[dict[str, Any]]:
    table = tables(evidence)["ci.halts"]
    assert isinstance(table, Table)
    for row in table.rows:
        assert row.cells.keys() == SCHEMAS["ci.halts"].columns.keys()
    return [dict(row.cells) for row in table.rows]


def world(*pipelines: Pipeline, **commit: Any) -> Evidence:
    evidence = healthy()
    at = evidence.collected_at - timedelta(minutes=commit.pop("minutes", 30))
    head = Commit(sha=HEAD, subject="Word the help better", at=at, **commit)
    repository = Repository(branch="raft", head=HEAD, commits=(head,))
    found: Evidence = replace(evidence, repository=repository, ci=Ci(project="gh/o/r", pipelines=pipelines))
    return found


def pipeline(**fields: Any) -> Pipeline:
    at = healthy().collected_at - timedelta(minutes=fields.pop("minutes", 30))
    return Pipeline(
        **{
            "id": "p",
            "number": 118,
            "state": "created",
            "branch": "raft",
            "sha": HEAD,
            "created_at": at,
            **fields,
        }
    )


def workflow(status: str, *jobs: Job, tag: str | None = None) -> Workflow:
    return Workflow(id="w", name="build-and-test", status=status, tag=tag, jobs=jobs)


APPROVAL = Job(id="a", name="approve", status="on_hold", type="approval", approval_request_id="r")
REFUSED = Job(id="d", name="deploy-dev", status="unauthorized", contexts=("tdp-dev",))


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (pipeline(state="errored", errors=(Message(type="config", message="no"),)), "config_error"),
        (pipeline(state="errored", errors=(Message(type="config-fetch", message="no"),)), "config_error"),
        (pipeline(state="errored", errors=(Message(type="plan", message="no"),)), "no_credits"),
        (pipeline(state="errored", errors=(Message(type="permission", message="no"),)), "forbidden"),
        (pipeline(state="errored", errors=(Message(type="news", message="no"),)), "errored"),
        (pipeline(), "filtered"),
        (pipeline(state="setup", workflows=(workflow("success", tag="setup"),)), "setup_not_continued"),
        (pipeline(workflows=(workflow("on_hold", APPROVAL),)), "waiting"),
        (pipeline(workflows=(workflow("unauthorized", REFUSED),)), "unauthorized"),
        (pipeline(workflows=(workflow("canceled"),)), "canceled"),
        (pipeline(workflows=(workflow("running"),)), "running"),
    ],
)
def test_each_way_to_stand_still_has_its_kind(made: Pipeline, kind: str) -> None:
    (row,) = kinds(world(made))
    assert (row["kind"], row["pipeline"]) == (kind, 118)


def test_a_newer_pipeline_of_the_branch_explains_a_cancel() -> None:
    canceled = pipeline(workflows=(workflow("canceled"),))
    (row,) = kinds(world(canceled, pipeline(id="q", number=119, sha="b" * 40)))
    assert (row["kind"], row["by"]) == ("auto_canceled", "pipeline 119")
    (row,) = kinds(world(canceled, pipeline(id="q", number=119, sha="b" * 40, branch="other")))
    assert row["kind"] == "canceled"


def test_the_job_that_holds_is_named() -> None:
    (row,) = kinds(world(pipeline(workflows=(workflow("on_hold", APPROVAL),))))
    assert row["job"] == "approve"
    (row,) = kinds(world(pipeline(workflows=(workflow("unauthorized", REFUSED),))))
    assert (row["job"], row["contexts"]) == ("deploy-dev", "tdp-dev")


def test_a_commit_without_a_pipeline_was_skipped_or_missed() -> None:
    older = pipeline(sha="b" * 40, workflows=(workflow("success"),))
    assert [row["kind"] for row in kinds(world(older))] == ["no_pipeline"]
    assert [row["kind"] for row in kinds(world(older, skips_ci=True))] == ["skipped"]


def test_a_commit_of_this_minute_is_given_time() -> None:
    assert kinds(world(pipeline(sha="b" * 40), minutes=1)) == []
    assert kinds(world(pipeline(state="setup", minutes=1))) == []


def test_a_pipeline_that_ended_does_not_stand_still() -> None:
    assert kinds(world(pipeline(workflows=(workflow("success"), workflow("failed"))))) == []


def test_what_could_not_be_read_is_unknown_and_what_has_no_ci_is_empty() -> None:
    gap = Gap(what="pipelines", reason="404")
    unread: Evidence = replace(world(), ci=gap)
    assert tables(unread)["ci.halts"] == gap
    (row,) = kinds(world(pipeline(workflows=gap)))
    assert row["kind"] == gap
    without: Evidence = replace(world(), ci=None)
    assert kinds(without) == []
