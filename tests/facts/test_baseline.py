"""A failed step beside its last green run: what is new, what changed, what got slow; how to run it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from runback.diagnose.familiar import familiar
from runback.facts import reproduction, tables
from runback.facts.versions import versions
from runback.model import (
    Between,
    Ci,
    Commit,
    Evidence,
    FileChange,
    Finding,
    Gap,
    Job,
    Log,
    LogKind,
    Repository,
    Step,
    Table,
    Where,
)
from runback.views.steps import steps
from worlds import HEAD, NOW, OLD, at, healthy, job, log, pipeline, step, with_logs

RED, GREEN = "step:102/1.0", "step:99/1.0"
CONFIG = ".circleci/config.yml"
COLLECTING = "Collecting celery==5.3.6\n"


def timed(identifier: str | None, status: str = "success", minutes: float = 1, **changes: Any) -> Step:
    return step(
        "Test", identifier, status, started_at=at(0), ended_at=at(minutes), command="pytest", **changes
    )


def output(identifier: str, kind: LogKind, text: str) -> Log:
    return replace(log(identifier, "step", "test", text), kind=kind)


def world(
    red: str, green: str, *, minutes: float = 1, between: Between | None = None, **job_: Any
) -> Evidence:
    """The newest pipeline has a red test-backend, the one before a green one, each with its output."""
    base = job("test-backend", "success", timed(GREEN), id="green", number=99)
    failed = job("test-backend", "failed", timed(RED, "failed", minutes), baseline="green")
    evidence = healthy()
    assert isinstance(evidence.ci, Ci)
    ci = Ci(
        project="gh/o/r", pipelines=(pipeline(118, HEAD, failed, status="failed"), pipeline(117, OLD, base))
    )
    assert isinstance(evidence.repository, Repository)
    repository = replace(evidence.repository, between=(between,) if between else ())
    evidence = replace(evidence, ci=ci, repository=repository)
    return with_logs(evidence, output(RED, "step", red), output(GREEN, "baseline", green))


def test_the_lines_that_the_green_run_never_printed() -> None:
    (seen,) = steps(world(f"{COLLECTING}boom: it broke\nand more\n", f"{COLLECTING}ok\n"))
    assert [(one.first, one.last) for one in seen.novel] == [(2, 3)]
    assert seen.since is not None
    assert (seen.since.pipeline, seen.since.sha) == (117, OLD)


def test_what_changed_since_it_was_green() -> None:
    files = (
        FileChange(path="app.py", kind="changed"),
        FileChange(path="requirements.txt", kind="changed", lines=("-celery==5.3.6", "+celery==5.4.0")),
    )
    commit = Commit(sha=HEAD, subject="Newer celery", at=NOW, author="Ada")
    between = Between(base=OLD, head=HEAD, missing=(commit,), files=files)
    (seen,) = steps(world("boom\n", "ok\n", between=between))
    assert seen.since is not None
    assert seen.since.commits == (f"{HEAD[:8]} Newer celery (Ada)",)
    assert seen.since.files == ("changed app.py", "changed requirements.txt")
    assert seen.since.versions == ("celery 5.3.6 → 5.4.0 (requirements.txt)",)


def test_what_the_checkout_cannot_tell_is_said() -> None:
    (seen,) = steps(world("boom\n", "ok\n"))
    assert seen.since is not None
    assert seen.since.unknown == "the checkout was not asked"


@pytest.mark.parametrize(("minutes", "slower"), [(1.5, False), (2.9, False), (3.1, True)])
def test_a_step_is_slow_at_three_times_and_a_minute_more(minutes: float, slower: bool) -> None:
    table = tables(world("boom\n", "ok\n", minutes=minutes))["ci.baseline"]
    assert isinstance(table, Table)
    (row,) = table.rows
    assert (row.cells["slower"], row.cells["failed"], row.cells["usual"]) == (slower, True, 60)


def finding(log_id: str, text: str, **changes: Any) -> Finding:
    where = (Where(kind="log", source="test", text=text, line=1, log=log_id),)
    made = Finding(page="p", title=text, stage="build", severity="error", confidence="high", where=where)
    return replace(made, **changes)


def test_what_the_green_run_printed_too_is_no_cause_beside_something_new() -> None:
    evidence = world("npm warn old\nboom\n", "npm warn old\nok\n")
    old, new = finding(RED, "npm warn old"), finding(RED, "boom")
    assert familiar([old, new], evidence) == ([new], [old])
    assert familiar([old], evidence) == ([old], [])  # nothing else is left
    elsewhere = finding("step:7/1.0", "npm warn old")
    assert familiar([elsewhere, new], evidence) == ([elsewhere, new], [])


# --- versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lines", "said"),
    [
        ("requirements.txt", "-a==1 +a==2", "a 1 → 2"),
        ("requirements-dev.txt", "+a[x]>=2", "new: a >=2"),
        ("requirements.txt", "-a==1 --hash=x", "gone: a 1"),
        ("web/package.json", '-"jest":"^29.1" +"jest":"^30.0"', "jest ^29.1 → ^30.0"),
        ("pyproject.toml", '-"ruff>=0.5", +"ruff>=0.6",', "ruff >=0.5 → >=0.6"),
        ("Pipfile", '-django="==4.2" +django="==5.0"', "django 4.2 → 5.0"),
        (
            ".circleci/config.yml",
            "-image:cimg/python:3.11 +image:cimg/python:3.12",
            "image cimg/python 3.11 → 3.12",
        ),
        (
            ".circleci/config.yml",
            "-node:circleci/node@5.1 +node:circleci/node@6.0",
            "orb circleci/node 5.1 → 6.0",
        ),
        ("Dockerfile", "-FROM\tnode:20 +FROM\tnode:22", "image node 20 → 22"),
        ("runtime.txt", "-python-3.11.x +python-3.12.x", "python 3.11.x → 3.12.x"),
        ("app.py", "-a==1 +a==2", ""),
        ("requirements.txt", "-a==1 +a==1", ""),
    ],
)
def test_versions_out_of_changed_lines(path: str, lines: str, said: str) -> None:
    changed = tuple(line.replace("\t", " ") for line in lines.split(" "))
    found = list(versions([FileChange(path=path, kind="changed", lines=changed)]))
    assert found == ([f"{said} ({path})"] if said else [])


# --- reproduction ---------------------------------------------------------------------------------


def ran(command: str, **changes: Any) -> tuple[Job, Step]:
    return job("test-backend", "failed", **changes), step("Test", None, "failed", command=command)


def test_the_paste_runs_the_very_command(tmp_path: Path) -> None:
    made, failed = ran('#!/bin/bash -eo pipefail\necho "it\'s $((1 + 1))"\nfalse | true\necho never\n')
    text = reproduction.paste(replace(pipeline(1, HEAD), sha=None), made, failed)
    done = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("it's 2\n", 1)


def test_the_paste_names_commit_image_and_folder() -> None:
    made, failed = ran("pytest -k 'a b'", image="cimg/python:3.11", directory="~/project/backend")
    switch, run = reproduction.paste(pipeline(1, HEAD), made, failed).splitlines()
    assert switch == f"git switch --detach {HEAD}"
    words = shlex.split(run)
    assert words[:3] == ["docker", "run", "--rm"]
    assert words[words.index("-w") + 1] == "/home/circleci/project/backend"
    assert words[-5:] == ["/bin/bash", "-eo", "pipefail", "-c", "pytest -k 'a b'"]
    assert "cimg/python:3.11" in words


def test_a_part_of_a_split_and_a_context() -> None:
    made, failed = ran("pytest", parallel_runs=4, contexts=("tdp-dev",))
    text = reproduction.paste(pipeline(1, HEAD), made, replace(failed, run=2))
    assert "CIRCLE_NODE_INDEX=2 CIRCLE_NODE_TOTAL=4" in text
    assert "context tdp-dev" in reproduction.needs(made)
    assert reproduction.needs(made, deploys=True).endswith("care: it deploys")


def test_without_a_command_there_is_nothing_to_paste() -> None:
    made, failed = ran("")
    assert reproduction.paste(pipeline(1, HEAD), made, replace(failed, command=None)) == ""


@pytest.mark.parametrize("folder", ["~/project/../../etc", "/etc", "$HOME", None])
def test_a_folder_outside_of_the_checkout_is_not_entered(folder: str | None) -> None:
    assert reproduction.directory(ran("x", directory=folder)[0]) == ""


def test_a_checkout_that_could_not_be_read_is_no_change() -> None:
    evidence = replace(world("boom\n", "ok\n"), repository=Gap(what="the checkout", reason="there is none"))
    (seen,) = steps(evidence)
    assert seen.since is not None
    assert (seen.since.unknown, seen.since.files) == ("there is none", ())
