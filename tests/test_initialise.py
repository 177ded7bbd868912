"""The runback.toml that init proposes is one that config reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from runback.config import load
from runback.errors import UsageError
from runback.initialise import Proposal, SeenApp, propose, write
from runback.model import Repository, SourceFile

CI = """
workflows:
  version: 2
  main:
    jobs:
      - test
      - deploy-infrastructure-dev
      - deploy-dev: {requires: [test]}
      - deploy:
          name: deploy-production
          filters: {branches: {only: master}}
      - deploy-staging:
          filters: {branches: {only: [main, /release.*/]}}
"""


def repository(text: str = CI) -> Repository:
    return Repository(branch="main", head=None, files=(SourceFile(path=".circleci/config.yml", text=text),))


def apps(*names: str) -> tuple[SeenApp, ...]:
    """'space/app'."""
    return tuple(SeenApp(org="hhs", space=name.split("/")[0], name=name.split("/")[1]) for name in names)


WORLD = apps(
    "tanf-dev/tdp-frontend-raft",
    "tanf-dev/tdp-backend-raft",
    "tanf-dev/tdp-frontend-qasp",
    "tanf-dev/tdp-backend-qasp",
    "tanf-dev/tdp-clamav-nginx-dev",
    "tanf-prod/tdp-frontend-prod",
    "tanf-prod/tdp-backend-prod",
    "tanf-prod/clamav-rest",
)


def test_environments_and_roles_from_names(tmp_path: Path) -> None:
    proposal = propose("gh/hhs/tanf", repository(), WORLD)
    write(tmp_path, proposal)
    configuration = load(tmp_path, {"HOME": str(tmp_path)})
    assert proposal.notes == ()
    assert configuration.project == "gh/hhs/tanf"
    assert sorted(configuration.environments) == ["prod", "qasp", "raft"]
    raft, prod = configuration.environments["raft"], configuration.environments["prod"]
    assert (raft.org, raft.space, raft.branch, raft.deploy_jobs) == ("hhs", "tanf-dev", None, ("deploy-dev",))
    assert raft.apps == {
        "backend": "tdp-backend-raft",
        "frontend": "tdp-frontend-raft",
        "clamav-nginx": "tdp-clamav-nginx-dev",
    }
    assert (prod.branch, prod.deploy_jobs) == ("master", ("deploy-production",))
    assert prod.apps["clamav-rest"] == "clamav-rest"


def test_a_branch_is_not_lent_to_other_environments() -> None:
    text = "workflows: {main: {jobs: [deploy-dev: {filters: {branches: {only: raft}}}]}}"
    tables = dict(
        part.split("]\n", 1)
        for part in propose("gh/hhs/tanf", repository(text), WORLD).text.split("[environments.")[1:]
        if ".apps]" not in part.split("\n")[0]
    )
    assert 'branch = "raft"' in tables["raft"].splitlines()
    assert 'branch = "raft"' not in tables["qasp"].splitlines()
    assert 'deploy_jobs = ["deploy-dev"]' in tables["qasp"]
    assert "# deploy_jobs" in tables["prod"]


def test_without_apps_the_deploy_jobs_tell(tmp_path: Path) -> None:
    proposal = propose(None, repository(), ())
    assert len(proposal.notes) == 2
    write(tmp_path, proposal)
    places = load(tmp_path, {"HOME": str(tmp_path)}).environments
    assert sorted(places) == ["dev", "production", "staging"]
    assert (places["production"].branch, places["staging"].branch) == ("master", None)


@pytest.mark.parametrize("text", ["", "\t: [", "workflows: 3", "workflows: {a: {jobs: [3, {x: 4}, null]}}"])
def test_a_repository_that_tells_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path, propose(None, repository(text), ()))
    assert list(load(tmp_path, {"HOME": str(tmp_path)}).environments) == ["staging"]


def test_names_that_mean_harm_stay_text(tmp_path: Path) -> None:
    odd = apps('sp"ace\\/a.b"]\n[x]-e\x7fnv', 'sp"ace\\/c-e\x7fnv')
    write(tmp_path, propose(None, None, odd))
    (place,) = load(tmp_path, {"HOME": str(tmp_path)}).environments.values()
    assert place.space == 'sp"ace\\'
    assert sorted(place.apps.values()) == sorted(app.name for app in odd)


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    (tmp_path / "runback.toml").write_text("# mine\n")
    with pytest.raises(UsageError, match="exists already"):
        write(tmp_path, Proposal(text="new\n"))
    assert (tmp_path / "runback.toml").read_text() == "# mine\n"
    write(tmp_path, Proposal(text="new\n"), force=True)
    assert (tmp_path / "runback.toml").read_text() == "new\n"
    assert [path.name for path in tmp_path.iterdir()] == ["runback.toml"]
