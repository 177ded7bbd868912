"""A team's own pages: found around the present folder, checked as ours are, and said if they shadow one."""

from __future__ import annotations

from pathlib import Path

import pytest

from runback.app.runbook import OWN_PAGES
from runback.cli import main
from runback.rules.loading import BUILT_IN

PAGE = """---
id: flux-missing
title: The gizmo has no flux
stage: build
severity: error
confidence: high
since: 1.0.0
signatures:
  - pattern: 'gizmo: no flux'
    provenance: our own gizmo
leads_to: [step-failed]
---
## Meaning
It has none.

## Mitigation
Give it some.

## Examples
### fires: none
```log
gizmo: no flux
```
```text
The gizmo has no flux (line 1)
```
### silent: some
```log
gizmo: flux
```
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder within a repository that has pages of its own."""
    (tmp_path / ".git").mkdir()
    (tmp_path / OWN_PAGES).mkdir(parents=True)
    (tmp_path / OWN_PAGES / "flux-missing.md").write_text(PAGE)
    here = tmp_path / "deep" / "down"
    here.mkdir(parents=True)
    (here / "red.log").write_text(
        "gizmo: no flux\nx: No space left on device\nExited with code exit status 1\n"
    )
    monkeypatch.chdir(here)
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def test_a_page_of_the_repository_speaks(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "red.log"]) == 1
    out, err = capsys.readouterr()
    assert "The gizmo has no flux" in out
    assert err == ""


def test_a_page_with_the_id_of_ours_is_said_once(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = (BUILT_IN / "ci" / "disk-full.md").read_text()
    theirs = ours.replace("\ntitle: ", "\ntitle: Ours says ", 1)
    (repository / OWN_PAGES / "disk-full.md").write_text(theirs)
    main(["scan", "red.log", "--json"])
    out, err = capsys.readouterr()
    assert "Ours says" in out
    assert err.count("replaces the page disk-full of runbook/ci/disk-full.md") == 1
    monkeypatch.setenv("CI", "true")
    main(["scan", "red.log", "--json"])
    out, err = capsys.readouterr()
    assert "Ours says" not in out
    assert err.count("is left out") == 1


def test_a_refused_page_names_its_file_and_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / OWN_PAGES / "flux-missing.md").write_text(PAGE.replace("no flux'", "(?=no) flux'", 1))
    assert main(["scan", "red.log"]) > 1
    assert "flux-missing.md:9: " in capsys.readouterr().err


def test_a_folder_outside_the_repository_is_not_looked_at(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "deep" / ".git").mkdir()
    main(["scan", "red.log"])
    assert "The gizmo has no flux" not in capsys.readouterr().out
