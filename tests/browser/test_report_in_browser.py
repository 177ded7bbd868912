"""The report in real Chromium: accessible, on phone and desk, light and dark, on paper, without a script."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reports.test_html import hostile
from runback import app
from runback.reports import html

HERE = Path(__file__).parent
SCENARIOS = ("healthy", "policy-missing", "variable-emptied")
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What Chromium saw of each report in each view; the pictures stay in `out` for people to look at."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None or shutil.which("node") is None or not (HERE / "node_modules").is_dir():
        pytest.skip("no Chromium, node or playwright-core here: 'make browser' installs them")
    out = tmp_path_factory.mktemp("out")
    for name in SCENARIOS:
        report = html.render_diagnosis(app.diagnose_scenario(name), app.runbook().pages)
        (out / f"{name}.html").write_text(report, encoding="utf-8")
    (out / "hostile.html").write_text(html.render_diagnosis(hostile()), encoding="utf-8")
    files = [str(out / f"{name}.html") for name in (*SCENARIOS, "hostile")]
    answer = subprocess.run(
        ["node", str(HERE / "look.cjs"), chromium, str(out), *files],
        capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "HOME": str(out)},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return [{**json.loads(line), "out": out} for line in answer.stdout.splitlines()]


def test_axe_finds_no_violation_in_any_size_and_colour(seen: list[dict[str, Any]]) -> None:
    checked = [one for one in seen if one["how"] == "checked"]
    assert len(checked) == 4 * (len(SCENARIOS) + 1)
    assert all(one["passes"] > 30 for one in checked)
    assert [(one["file"], one["view"], one["violations"]) for one in checked if one["violations"]] == []


def test_nothing_is_wider_than_the_window(seen: list[dict[str, Any]]) -> None:
    assert {one["sideways"] for one in seen if one["how"] == "checked"} == {0}


def test_nothing_is_asked_of_any_host_and_nothing_is_refused_or_run(seen: list[dict[str, Any]]) -> None:
    assert [one["outside"] for one in seen if one["outside"]] == []
    assert [one["complaints"] for one in seen if one["complaints"]] == []


def test_under_its_own_policy_the_report_has_its_style_and_its_buttons(seen: list[dict[str, Any]]) -> None:
    as_is = {one["file"]: one for one in seen if one["how"] == "as-is"}
    assert as_is["policy-missing.html"]["buttons"] == 1
    assert {one["style"] for one in as_is.values()} == {"1056px"}


def test_without_a_script_everything_is_still_said(seen: list[dict[str, Any]]) -> None:
    (bare,) = [one for one in seen if one["how"] == "no-script" and one["file"] == "policy-missing.html"]
    assert bare["buttons"] == 0
    assert "cf add-network-policy tdp-clamav-nginx-dev clamav-rest --protocol tcp --port 9000" in bare["text"]
    assert "no network policy" in bare["text"]


def test_it_prints_on_a_few_sheets(seen: list[dict[str, Any]]) -> None:
    for name in SCENARIOS:
        printed = (seen[0]["out"] / f"{name}.pdf").read_bytes()
        assert printed.startswith(b"%PDF")
        assert 1 <= printed.count(b"/Type /Page\n") <= 12
