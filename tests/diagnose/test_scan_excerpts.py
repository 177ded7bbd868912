"""scan: excerpts as people paste them, without a word of the platform on how the run ended."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.rules import load

RUNBOOK = load(SCHEMAS)


def said(text: str) -> tuple[str, list[int | None]]:
    result = scan([("log", BytesIO(text.encode()))], RUNBOOK)
    return result.verdict, [cause.finding.where[0].line for cause in result.causes]


@pytest.mark.parametrize(
    "test",
    [
        "___________ test_keeps_flux ____________",
        "  1) should keep flux",
        "FAIL  __tests__/flux.spec.js",
        "tests/test_flux.py::test_keeps FAILED",
    ],
)
def test_a_failed_test_is_named_though_no_sum_follows(test: str) -> None:
    assert said(f"collecting\n{test}\n\n    flux = gizmo(\n") == ("failed", [2])


def test_what_is_said_after_a_tool_went_well_is_heard() -> None:
    well = "added 12 packages, and audited 13 packages in 2s\n"
    assert said(f"{well}** (CompileError) lib/a.exs:2: no flux\n") == ("failed", [2])
    assert said(f"** (CompileError) lib/a.exs:2: no flux\n{well}") == ("healthy", [])
    assert said(f"{well}error: no cache\n==> Done\n") == ("healthy", [])
    assert said(f"{well}error: no flux (expected by this test)\nERROR rows: 0\n") == ("healthy", [])
    assert said(f"{well}caught: fatal: no flux\nfinished\n") == ("healthy", [])
    assert said(f"{well}ls: cannot access 'flux': No such file or directory\n") == ("healthy", [])
