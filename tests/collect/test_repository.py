"""Commits and files of a checkout, also of one that means harm."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from runback.collect.repository import ALL, LARGEST, MOST, collect_repository
from runback.git import branches
from runback.model import Gap, Repository, Target


def run_git(folder: Path, *arguments: str) -> str:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_COMMITTER_DATE": "2026-03-03T15:00:00Z",
    }
    done = subprocess.run(
        ["git", "-C", folder, *arguments], env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "portal"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    write(folder, ".circleci/config.yml", "version: 2.1\n")
    write(folder, "scripts/deploy-backend.sh", "cf push\n")
    write(folder, "backend/manifest.buildpack.yml", "applications: []\n")
    write(folder, "backend/app.py", "print()\n")
    commit(folder, "First")
    return folder


def write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


def commit(folder: Path, subject: str) -> str:
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-q", "-m", subject)
    return run_git(folder, "rev-parse", "HEAD")


def collected(checkout: Path | None, **target: str) -> Repository:
    part = collect_repository(checkout, Target(branch=target.get("branch"), sha=target.get("sha"))).part
    assert isinstance(part, Repository)
    return part


def paths(repository: Repository) -> set[str]:
    return {file.path for file in repository.files}


def test_commits_and_files(checkout: Path) -> None:
    second = commit_file(
        checkout, "Second: ünïcode", "scripts/deploy-backend.sh", "cf push --strategy rolling\n"
    )
    repository = collected(checkout)
    assert (repository.branch, repository.head) == ("main", second)
    assert not isinstance(repository.commits, Gap)
    assert [commit.subject for commit in repository.commits] == ["Second: ünïcode", "First"]
    assert repository.commits[0].sha == second
    assert repository.commits[0].author == "Ada"
    assert repository.commits[0].at.isoformat() == "2026-03-03T15:00:00+00:00"
    assert paths(repository) == {
        ".circleci/config.yml",
        "scripts/deploy-backend.sh",
        "backend/manifest.buildpack.yml",
    }
    text = {file.path: file.text for file in repository.files}
    assert text["scripts/deploy-backend.sh"] == "cf push --strategy rolling\n"


def commit_file(folder: Path, subject: str, path: str, text: str) -> str:
    write(folder, path, text)
    return commit(folder, subject)


def test_files_are_those_of_the_commit(checkout: Path) -> None:
    """What is only in the working tree was not deployed, and the asked commit comes before the head."""
    first = run_git(checkout, "rev-parse", "HEAD")
    commit_file(checkout, "Second", "Procfile", "web: run\n")
    write(checkout, "scripts/deploy-local.sh", "never committed\n")
    assert "Procfile" in paths(collected(checkout))
    assert "scripts/deploy-local.sh" not in paths(collected(checkout))
    assert "Procfile" not in paths(collected(checkout, sha=first))
    assert "Procfile" in paths(collected(checkout, sha="0" * 40))  # a commit that is not here


def test_what_was_pushed_comes_before_what_is_only_here(checkout: Path) -> None:
    pushed = run_git(checkout, "rev-parse", "HEAD")
    run_git(checkout, "update-ref", "refs/remotes/origin/main", pushed)
    commit_file(checkout, "Not pushed", "Procfile", "web: run\n")
    assert collected(checkout, branch="main").head == pushed


def test_another_branch_than_the_one_checked_out(checkout: Path) -> None:
    run_git(checkout, "switch", "-q", "-c", "topic")
    topic = commit_file(checkout, "Topic", "Procfile", "web: run\n")
    run_git(checkout, "switch", "-q", "main")
    run_git(checkout, "update-ref", "refs/remotes/origin/main", topic)
    run_git(checkout, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert branches(checkout) == ("main", "topic")
    repository = collected(checkout, branch="topic")
    assert (repository.branch, repository.head) == ("topic", topic)


@pytest.mark.parametrize("branch", ["gone", "--output=owned", "main:x", "a..b", "\x01"])
def test_a_branch_that_is_not_there(checkout: Path, branch: str) -> None:
    repository = collected(checkout, branch=branch)
    assert repository.head is None
    assert isinstance(repository.commits, Gap)
    assert "is not in the checkout" in repository.commits.reason
    assert not (checkout / "owned").exists()


def test_an_empty_repository(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "-b", "main")
    assert collected(tmp_path).head is None


def test_no_checkout_and_no_repository(tmp_path: Path) -> None:
    assert isinstance(collect_repository(None, Target()).part, Gap)
    write(tmp_path, "manifest.yml", "applications: []\n")
    write(tmp_path, "node_modules/x/manifest.yml", "applications: []\n")
    os.mkfifo(tmp_path / "deploy.sh")
    repository = collected(tmp_path)
    assert isinstance(repository.commits, Gap)
    assert "not a git repository" in repository.commits.reason
    assert paths(repository) == {"manifest.yml"}


@pytest.mark.parametrize("loose", [False, True])
def test_links_are_not_followed(checkout: Path, tmp_path: Path, loose: bool) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "manifest.yml").write_text("password: hidden\n")
    (checkout / "manifest.yml").symlink_to(tmp_path / "outside" / "manifest.yml")
    (checkout / "deploy").symlink_to(tmp_path / "outside")
    commit(checkout, "Links")
    if loose:
        (checkout / ".git").rename(tmp_path / "gone")
    repository = collected(checkout)
    assert "backend/manifest.buildpack.yml" in paths(repository)
    assert "hidden" not in "".join(file.text for file in repository.files)


def test_size_and_number_are_bounded(checkout: Path) -> None:
    write(checkout, "scripts/deploy-large.sh", "x" * (LARGEST + 1))
    write(checkout, "scripts/deploy-binary.sh", "ELF\0")
    for number in range(MOST + 20):
        write(checkout, f"infra/{number}.tf", "y" * 60_000)
    commit(checkout, "Much")
    repository = collected(checkout)
    large, many = collect_repository(checkout, Target()).limits
    assert (large.what, large.reason) == ("scripts/deploy-large.sh", "larger than 256 kB, and not read")
    assert many.what.endswith(" more files")
    assert many.reason == "not read: of a checkout at most 80 files and 4 MB are"
    assert len(repository.files) <= MOST
    assert sum(len(file.text) for file in repository.files) <= ALL
    assert {".circleci/config.yml", "scripts/deploy-backend.sh"} <= paths(repository)
    assert not {"scripts/deploy-large.sh", "scripts/deploy-binary.sh"} & paths(repository)


def test_nothing_of_the_checkout_is_run(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every setting, hook and variable through which git could start a program writes a file here."""
    trap = tmp_path / "trap.sh"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/sprung\ncat\n')
    trap.chmod(0o755)
    for name in ("post-index-change", "reference-transaction", "post-checkout"):
        (checkout / ".git" / "hooks").mkdir(exist_ok=True)
        (checkout / ".git" / "hooks" / name).symlink_to(trap)
    write(checkout, ".gitattributes", "*.sh diff=evil filter=evil\n")
    commit(checkout, "Attributes")
    for setting in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.smudge",
        "gpg.program",
        "pager.log",
        "core.askPass",
        "alias.log",
    ):
        run_git(checkout, "config", setting, f"!{trap}" if setting.startswith("alias") else str(trap))
    run_git(checkout, "config", "log.showSignature", "true")
    for variable in ("GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_ASKPASS"):
        monkeypatch.setenv(variable, str(trap))
    run_git(checkout, "status")
    assert (tmp_path / "sprung").exists()  # the trap works
    (tmp_path / "sprung").unlink()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert "scripts/deploy-backend.sh" in paths(collected(checkout))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("loose", [False, True])
def test_what_a_push_names_is_read_whatever_it_is_called(tmp_path: Path, loose: bool) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    script = 'cf push web -f ops/paas.yml --vars-file="ops/${ENVIRONMENT}.yml"\ncf push -f "$ANY.yml"\n'
    texts = {
        "scripts/deploy.sh": script,
        "ops/paas.yml": "applications: []\n",
        "ops/staging.yml": "a: b\n",
        "elsewhere/staging.yml": "not: asked for\n",
        "node_modules/x/ops/paas.yml": "not: ours\n",
    }
    for path, text in texts.items():
        write(folder, path, text)
    if not loose:
        run_git(folder, "init", "-q", "-b", "main")
        commit(folder, "All of it")
    assert paths(collected(folder)) == {"scripts/deploy.sh", "ops/paas.yml", "ops/staging.yml"}
