"""The three reports on scenarios of the lab, whole, as a reader gets them.

`make snapshots` writes them again; then look at the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from runback import app
from runback.model import Diagnosis, Timings
from runback.reports import html, markdown, terminal

HERE = Path(__file__).parent
SCENARIOS = ("git-secrets-hit", "green-but-not-deployed", "healthy", "policy-missing", "variable-emptied")
FORMS = {
    "terminal.txt": terminal.render_diagnosis,
    "markdown.md": markdown.render_diagnosis,
    "report.html": html.render_diagnosis,
}
# Each new page is one more that is ruled out: these alone are kept, so that a new page changes no snapshot.
RULED_OUT = ("app-stopped", "out-of-memory", "policy-missing", "python-exception")


@cache
def diagnosed(scenario: str) -> Diagnosis:
    """Without what differs from run to run: how long it took, and in how many requests."""
    diagnosis = app.diagnose_scenario(scenario)
    ruled_out = tuple(one for one in diagnosis.ruled_out if one.page in RULED_OUT)
    unknown = tuple(one for one in diagnosis.unknown if one.page in ("", *RULED_OUT))
    kept: Diagnosis = replace(diagnosis, timings=Timings(), ruled_out=ruled_out, unknown=unknown)
    return kept


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_report_is_as_it_was_last_looked_at(scenario: str, form: str) -> None:
    # The key of the tokens that stand for secrets is new in each run.
    shown = re.sub(r":[0-9a-f]{4}\]", ":0000]", FORMS[form](diagnosed(scenario)))
    kept = HERE / "snapshots" / scenario / form
    if os.environ.get("RUNBACK_SNAPSHOTS") == "write":
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8"), "run 'make snapshots' and look at the difference"
