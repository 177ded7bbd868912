"""`runbook new` and `runbook render`, as somebody types them."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

LINE = "2026-03-03T14:00:00Z ReportError: cannot load the template 'quarter.html' from /home/vcap/app/x.py"
SAID = ["--stage", "run", "--meaning", "A template was renamed.", "--mitigation", "Rename it back."]


def new(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runback", "runbook", "new", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )


def test_a_line_becomes_a_page_whose_examples_pass(tmp_path: Path) -> None:
    made = new(tmp_path, "template-missing", "--line", LINE, *SAID)
    assert made.returncode == 0, made.stderr
    assert "2 examples, 0 failures" in made.stdout
    page = tmp_path / ".runback/runbook/run/template-missing.md"
    assert "cannot load the template 'quarter.html' from /home/vcap/app/x.py (line 1)" in page.read_text()
    again = new(tmp_path, "template-missing", "--line", LINE, *SAID)
    assert (again.returncode, again.stdout) == (2, "Known already by: template-missing\n")
    assert "There is a page template-missing already" in again.stderr


def test_a_secret_of_the_line_stays_out_of_the_page(tmp_path: Path) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz"
    line = f"PaymentError: the gateway refused AWS_SECRET_ACCESS_KEY={secret} for this account"
    made = new(tmp_path, "gateway-refused", "--line", line, *SAID)
    assert made.returncode == 0, made.stderr
    assert secret not in made.stdout + (tmp_path / ".runback/runbook/run/gateway-refused.md").read_text()


def test_what_the_runbook_knows_already_is_said(tmp_path: Path) -> None:
    line = "connect() failed (111: Connection refused) while connecting to upstream"
    made = new(tmp_path, "nginx-refused", "--line", line, *SAID)
    assert "Known already by: connection-refused" in made.stdout
    assert "also fires on examples of connection-refused" in made.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-stage", "--line", LINE), "give it with --stage"),
        (("no-words", "--line", "12 34", *SAID), "give it with --pattern"),
        (("Not An Id", "--line", LINE, *SAID), "is no id for a page"),
        (("policy-missing", "--line", LINE, *SAID), "There is a page policy-missing already"),
        (("bad-title", "--line", LINE, "--title", "A {thing}", *SAID), "{thing}"),
        (("bad-pattern", "--line", LINE, "--pattern", "(?=x)", *SAID), "run/bad-pattern.md:"),
    ],
)
def test_what_is_no_page_is_not_written(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    made = new(tmp_path, *arguments)
    assert made.returncode == 2
    assert said in made.stderr
    assert len(made.stderr.splitlines()) <= 2
    assert not (tmp_path / ".runback").exists()


def test_a_person_is_asked_for_what_is_missing(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "runback", "runbook", "new", "--line", LINE]
    answers = ["template-missing", "nowhere", "run", "", "", "It was renamed.", "Rename it back.", "Django 5"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=-1, stderr=-1, text=True) as asked:
        os.close(theirs)
        os.write(ours, ("\n".join(answers) + "\n").encode())
        out, err = asked.communicate(timeout=60)
    os.close(ours)
    assert asked.returncode == 0, err
    assert "written." in out
    page = (tmp_path / ".runback/runbook/run/template-missing.md").read_text()
    assert "provenance: Django 5" in page
    assert "It was renamed." in page


@pytest.mark.long
def test_the_site_is_whole_and_can_be_searched(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install 'runback[site]'")
    command = [sys.executable, "-m", "runback", "runbook", "render", "docs"]
    for _ in range(2):  # the second time over its own site
        made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
        assert made.returncode == 0, made.stderr
    site = tmp_path / "docs"
    page = (site / "connect/policy-missing.html").read_text()
    assert "Without a port the command opens 8080" in page
    assert "policy-missing" in (site / "search/search_index.json").read_text()
    asked = [
        link
        for file in site.rglob("*.html")
        for link in re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', file.read_text())
    ]
    assert asked == []


@pytest.mark.long
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install 'runback[site]'")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "mine.txt").write_text("mine")
    command = [sys.executable, "-m", "runback", "runbook", "render", "docs"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert made.returncode == 2
    assert (tmp_path / "docs" / "mine.txt").read_text() == "mine"
