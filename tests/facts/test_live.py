"""Which commit runs, how sure that is, and who deployed over whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from runback.facts import tables
from runback.facts.standing import standing
from runback.model import (
    Between,
    Build,
    Ci,
    Commit,
    Deployment,
    Droplet,
    Evidence,
    Gap,
    Pipeline,
    Repository,
    Row,
    Table,
    Workflow,
)
from worlds import (
    DEPLOYED,
    HEAD,
    NOW,
    OLD,
    at,
    healthy,
    job,
    log,
    pipeline,
    step,
    with_app,
    with_jobs,
    with_logs,
)

BACKEND = "tdp-backend-raft"
OTHER = "3" * 40


def row(evidence: Evidence) -> Row:
    table = tables(evidence)["live"]
    assert isinstance(table, Table)
    (found,) = (one for one in table.rows if one.app == BACKEND)
    return found


def labelled(commit: str, made: float, **changes: Any) -> Evidence:
    """The world in which the backend's label names this commit, and its droplet is so many minutes old."""
    droplet = Droplet(guid="d", state="STAGED", created_at=at(made))
    return with_app(
        healthy(), BACKEND, commit=commit, commit_source="label commit", droplet=droplet, **changes
    )


def foreign(number: int = 119, started: float = 10, **changes: Any) -> Pipeline:
    """A pipeline of another branch that deployed after ours."""
    deploy = job("deploy-dev", id="other", started_at=at(started), stopped_at=at(started + 5))
    made = pipeline(number, OTHER, deploy)
    return replace(made, branch="feature/audit-trail", actor="maya", created_at=at(started - 1), **changes)


def with_pipelines(evidence: Evidence, *more: Pipeline) -> Evidence:
    assert isinstance(evidence.ci, Ci)
    assert isinstance(evidence.ci.pipelines, tuple)
    found: Evidence = replace(evidence, ci=replace(evidence.ci, pipelines=(*evidence.ci.pipelines, *more)))
    return found


def with_between(evidence: Evidence, *foreign_commits: Commit, missing: tuple[Commit, ...] | Gap) -> Evidence:
    between = Between(base=OTHER, head=HEAD, missing=missing, foreign=foreign_commits)
    assert isinstance(evidence.repository, Repository)
    found: Evidence = replace(evidence, repository=replace(evidence.repository, between=(between,)))
    return found


def commit(sha: str, subject: str = "Show the trail") -> Commit:
    return Commit(sha=sha, subject=subject, at=NOW)


def test_a_label_says_the_commit_and_its_pipeline() -> None:
    found = row(labelled(HEAD[:8], 2))
    assert (found.cells["commit"], found.cells["source"], found.confidence) == (HEAD, "label commit", "high")
    assert (found.cells["pipeline"], found.cells["by_branch"], found.cells["doubt"]) == (118, "raft", None)
    assert found.cells["since"] == f"{at(3):%Y-%m-%d %H:%M} UTC"


def test_a_label_younger_than_the_droplet_is_not_believed() -> None:
    found = row(labelled(HEAD, -2 * 24 * 60)).cells["commit"]  # the droplet is older than the commit
    assert isinstance(found, Gap)
    assert found.reason.startswith(f"it is labelled {HEAD[:8]}, which is younger than its droplet")


def test_a_label_of_a_push_that_failed_is_not_believed() -> None:
    output = f"Pushing app {BACKEND} to org o / space s as ci...\nStart app timeout\nFAILED\n"
    world = with_jobs(
        labelled(HEAD, -2 * 24 * 60), job("deploy-dev", "failed", step("Deploy", "step:103/1.0", "failed"))
    )
    world = with_logs(world, log("step:103/1.0", "step", "deploy", output))
    assert isinstance(world.ci, Ci)
    assert isinstance(world.ci.pipelines, tuple)
    old = replace(
        world.ci.pipelines[1],
        workflows=(
            Workflow(
                id="w",
                name="build-and-test",
                status="success",
                jobs=(
                    job(
                        "deploy-dev",
                        started_at=at(-2 * 24 * 60 - 3),
                        stopped_at=at(-2 * 24 * 60 + 3),
                    ),
                ),
            ),
        ),
    )
    world = replace(world, ci=replace(world.ci, pipelines=(world.ci.pipelines[0], old)))
    found = row(world)
    assert (found.cells["commit"], found.confidence) == (OLD, "medium")
    assert found.cells["doubt"] == f"it is labelled {HEAD[:8]}, but the push of pipeline 118 failed"


def test_while_no_instance_of_a_deployment_came_up_the_droplet_before_serves() -> None:
    before = Build(guid="b", state="STAGED", created_at=at(-2 * 24 * 60), droplet="before")
    under_way = Deployment(
        guid="x",
        status="ACTIVE",
        reason="DEPLOYING",
        strategy="rolling",
        created_at=at(2),
        droplet="d",
        previous_droplet="before",
    )
    found = row(labelled(HEAD, 2, builds=(before,), deployments=(under_way,)))
    assert found.cells["commit"] != HEAD
    commit_cell = found.cells["commit"]
    assert isinstance(commit_cell, Gap)
    assert "no instance of its deployment has come up" in commit_cell.reason


def test_another_branch_deployed_over_it() -> None:
    world = with_between(
        with_pipelines(labelled(OTHER, 12), foreign()), commit(OTHER), missing=(commit(HEAD),)
    )
    found = row(world)
    assert (found.cells["overwritten"], found.cells["stale"], found.cells["foreign"]) == (True, True, 1)
    assert (found.cells["pipeline"], found.cells["by_branch"], found.cells["by"]) == (
        119,
        "feature/audit-trail",
        "maya",
    )
    said = standing(world, tables(world), found)
    assert said == "pipeline 119 of maya (feature/audit-trail) deployed over it"


def test_without_a_label_the_time_tells_who_deployed_over_it() -> None:
    droplet = Droplet(guid="d", state="STAGED", created_at=at(12))
    world = with_between(
        with_pipelines(with_app(healthy(), BACKEND, droplet=droplet), foreign()),
        commit(OTHER),
        missing=(commit(HEAD),),
    )
    found = row(world)
    assert (found.cells["commit"], found.cells["overwritten"], found.confidence) == (OTHER, True, "medium")


def test_another_branch_that_holds_the_head_overwrote_nothing() -> None:
    world = with_between(with_pipelines(labelled(OTHER, 12), foreign()), commit(OTHER), missing=())
    found = row(world)
    assert (found.cells["overwritten"], found.cells["stale"], found.cells["behind"]) == (False, False, 0)


def test_who_pushed_by_hand_lowers_the_confidence_and_is_named() -> None:
    builds = (
        Build(guid="b2", state="STAGED", created_at=at(2), droplet="d", actor="maya@example.org"),
        Build(guid="b1", state="STAGED", created_at=at(1), droplet="c", actor="ci-deployer"),
    )
    droplet = Droplet(guid="d", state="STAGED", created_at=at(2))
    found = row(with_app(healthy(), BACKEND, droplet=droplet, builds=builds))
    assert (found.cells["commit"], found.confidence) == (HEAD, "low")
    late = with_app(
        healthy(),
        BACKEND,
        droplet=replace(droplet, created_at=DEPLOYED + timedelta(minutes=25)),
        builds=builds,
    )
    unknown = row(late).cells["commit"]
    assert isinstance(unknown, Gap)
    assert unknown.reason.endswith("maya@example.org pushed it")
