"""The lab's git repository."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from runback.lab.project import Draft, File, Repository

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
AUTHOR = "Ada Lovelace <ada@lab.example>"


def build(path: Path) -> Repository:
    repository = Repository(path, "https://github.com/lab/project", "develop")
    repository.commit(
        [
            Draft(
                "develop", "First", AUTHOR, AT, {"a.txt": File(b"a\n"), "run.sh": File(b"#!/bin/sh\n", True)}
            ),
            Draft("feature/x", "Branch off", AUTHOR, AT, {"b.txt": File(b"b\n")}, onto="develop"),
            Draft("develop", "Second", AUTHOR, AT, {"a.txt": None, "c.txt": File(b"c\n")}, body="Why it is."),
        ]
    )
    repository.commit([Draft("develop", "Third", AUTHOR, AT, {"d/e.txt": File(b"e\n")})])
    return repository


def git(path: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(path), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_git_agrees_with_what_the_repository_says(tmp_path: Path) -> None:
    repository = build(tmp_path)
    repository.check_out("develop")
    assert git(tmp_path, "rev-parse", "HEAD").strip() == repository.tips["develop"].sha
    assert git(tmp_path, "rev-parse", "origin/feature/x").strip() == repository.tips["feature/x"].sha
    assert git(tmp_path, "rev-parse", "origin/develop") == git(tmp_path, "rev-parse", "develop")
    assert git(tmp_path, "log", "--format=%s|%an|%aI", "develop").splitlines() == [
        "Third|Ada Lovelace|2026-02-01T12:00:00+00:00",
        "Second|Ada Lovelace|2026-02-01T12:00:00+00:00",
        "First|Ada Lovelace|2026-02-01T12:00:00+00:00",
    ]
    assert git(tmp_path, "status", "--porcelain") == ""
    assert git(tmp_path, "fsck", "--strict") == ""
    assert sorted(repository.tips["develop"].files) == ["c.txt", "d/e.txt", "run.sh"]
    assert (tmp_path / "run.sh").stat().st_mode & 0o100


def test_parents_are_those_of_the_branch(tmp_path: Path) -> None:
    tip = build(tmp_path).tips["develop"]
    assert tip.parent is not None
    assert tip.parent.parent is not None
    assert [tip.subject, tip.parent.subject, tip.parent.parent.subject] == ["Third", "Second", "First"]
    assert tip.parent.body == "Why it is."


def test_two_labs_have_the_same_hashes(tmp_path: Path) -> None:
    first, second = build(tmp_path / "one"), build(tmp_path / "two")
    assert {name: tip.sha for name, tip in first.tips.items()} == {
        name: tip.sha for name, tip in second.tips.items()
    }
