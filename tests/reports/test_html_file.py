"""`--html FILE`: what becomes of the file when things go wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reports.samples import DIAGNOSIS
from runback import app
from runback.errors import UsageError


def test_the_report_replaces_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    app.write_html(DIAGNOSIS, path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]


def test_where_it_cannot_be_written_the_old_one_stays(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        app.write_html(DIAGNOSIS, tmp_path / "nowhere" / "report.html")
    with pytest.raises(UsageError, match="Is a directory"):
        app.write_html(DIAGNOSIS, tmp_path)


def test_a_full_disk_is_one_plain_error_and_no_half_report(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    code = (  # the limit comes after everything is imported, and lies below the report's size
        "import resource, sys; from pathlib import Path; from reports.samples import DIAGNOSIS;"
        "from runback import app; from runback.reports import html; app.runbook();"
        "html.render_diagnosis(DIAGNOSIS, app.runbook().pages);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000));"
        "app.write_html(DIAGNOSIS, Path('report.html'))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert "UsageError: The report cannot be written to report.html: File too large" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "old"


def test_two_runs_that_write_at_once_leave_one_whole_report(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: app.write_html(DIAGNOSIS, path), range(12)))
    assert path.read_text(encoding="utf-8").endswith("</html>\n")
    assert list(tmp_path.iterdir()) == [path]
