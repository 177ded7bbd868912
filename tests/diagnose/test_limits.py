"""A limit that collecting reached is said in the report, and changes no verdict."""

from __future__ import annotations

import msgspec

from runback.diagnose import diagnose
from runback.facts import SCHEMAS
from runback.model import Gap, Log, LogText
from runback.reports import markdown, terminal
from runback.rules import load
from worlds import healthy


def test_what_was_left_out_is_said() -> None:
    whole = healthy()
    left_out = Gap(what="infra/7.tf and 20 more files", reason="not read: of a checkout at most 80 files are")
    part = Log(id="step:1/2.3", kind="step", name="test, step 'Run'", text=LogText(b"ok"), truncated=True)
    evidence = msgspec.structs.replace(whole, limits=(left_out,), logs=(*whole.logs, part))
    runbook = load(SCHEMAS)
    before, after = diagnose(whole, runbook), diagnose(evidence, runbook)
    assert before.verdict == after.verdict == "healthy"
    added = [(one.page, one.title, one.reason) for one in after.unknown if one not in before.unknown]
    assert added == [
        ("", left_out.what, left_out.reason),
        ("", "test, step 'Run'", "only a part of it could be had"),
    ]
    shown = terminal.render_diagnosis(after, everything=True)
    assert "infra/7.tf and 20 more files: not read: of a checkout at most 80 files are" in " ".join(
        shown.split()
    )
    assert "20 more files: not read" in markdown.render_diagnosis(after)
