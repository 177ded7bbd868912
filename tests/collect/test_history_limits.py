"""What lies between two commits and is not looked at is said."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from runback.collect.history import FILES, LINES, MOST, with_history
from runback.collect.interface import Collected
from runback.collect.repository import COMMITS, collect_repository
from runback.model import App, Ci, Droplet, Gap, Job, Pipeline, Platform, Repository, Target, Workflow

AT = datetime(2026, 3, 3, tzinfo=UTC)


def git(folder: Path, *arguments: str) -> str:
    said = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return said.stdout.strip()


def commit(folder: Path, *, lines: int = 1, files: int = 1) -> str:
    for number in range(files):
        pins = "".join(f"package-{line}=={len(git(folder, 'log', '--oneline'))}\n" for line in range(lines))
        (folder / (f"file-{number}.py" if number else "requirements.txt")).write_text(pins)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "More")
    return git(folder, "rev-parse", "HEAD")


def checkout(tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "portal"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "First")
    return folder, commit(folder)


def running(*commits: str) -> Platform:
    apps = (
        App(
            guid=sha,
            name=f"app-{number}",
            space="s",
            org="o",
            state="STARTED",
            created_at=AT,
            droplet=Droplet(guid="d", state="STAGED", created_at=AT),
            commit=sha,
        )
        for number, sha in enumerate(commits)
    )
    return Platform(api="https://api.example", apps=tuple(apps))


def compared(base: str, head: str) -> Ci:
    """A failed job, and the green one that it is compared with."""
    jobs = (("green", "success", base, None), ("red", "failed", head, "green"))
    return Ci(
        project="gh/acme/portal",
        pipelines=tuple(
            Pipeline(
                id=id,
                number=number,
                state="created",
                branch="main",
                sha=sha,
                created_at=AT,
                workflows=(
                    Workflow(
                        id=id,
                        name="build",
                        status=status,
                        created_at=AT,
                        jobs=(Job(id=id, name="test", status=status, baseline=baseline),),
                    ),
                ),
            )
            for number, (id, status, sha, baseline) in enumerate(jobs)
        ),
    )


def said(folder: Path, ci: Ci | Gap, platform: Platform | Gap) -> list[tuple[str, str]]:
    found: Collected[Repository] = collect_repository(folder, Target())
    history = with_history(found, folder, ci, platform, Target())
    return [(gap.what, gap.reason) for gap in history.limits]


def test_commits_that_are_too_many_to_be_compared_are_counted(tmp_path: Path) -> None:
    folder, _ = checkout(tmp_path)
    commits = [commit(folder) for _ in range(MOST + 3)][:-1]
    nothing = Gap(what="CircleCI", reason="not asked")
    assert said(folder, nothing, running(*commits[:MOST])) == []
    assert said(folder, nothing, running(*commits)) == [
        ("the commits that run", "2 more of them were not compared: 8 are")
    ]


def test_changed_lines_and_files_that_are_too_many_are_said(tmp_path: Path) -> None:
    folder, base = checkout(tmp_path)
    head = commit(folder, lines=LINES - 1)
    nothing = Gap(what="Cloud Foundry", reason="not asked")
    assert said(folder, compared(base, head), nothing) == [
        ("what changed in requirements.txt", "only its first 200 changed lines were read")
    ]
    many = commit(folder, files=FILES + 1)
    assert ("the changed files", "only the first 400 were read") in said(
        folder, compared(head, many), nothing
    )


def test_commits_between_that_are_too_many_are_said(tmp_path: Path) -> None:
    folder, base = checkout(tmp_path)
    first = "commit refs/heads/main\ncommitter A <a@example.org> 1772500000 +0000\ndata 1\nx\n"
    stream = f"{first}from {base}\n" + first * COMMITS
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream, text=True, check=True)
    nothing = Gap(what="CircleCI", reason="not asked")
    head = git(folder, "rev-parse", "HEAD")
    assert said(folder, nothing, running(base)) == [
        (f"commits between {base[:12]} and {head[:12]}", "the newest 200 were read; there may be more")
    ]
