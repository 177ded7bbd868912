"""Every core scenario: the right cause first, nothing false beside it, the chain, a valid document."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from runback import app, lab, score
from runback.model import Cause, Diagnosis, Finding, Target
from runback.reports import json as json_report

CORE = [item.name for item in lab.scenarios() if item.set == "core"]


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files("runback") / "schemas" / f"{name}.schema.json").read_text())
    return document


def test_the_core_has_its_twelve_scenarios() -> None:
    assert len(CORE) == 12


@pytest.mark.parametrize("name", CORE)
def test_a_core_scenario_is_diagnosed_right(name: str) -> None:
    diagnosis = app.diagnose_scenario(name)
    scored = score.judge(name, diagnosis)
    assert (scored.right, scored.false_causes, scored.chain_right) == (True, 0, True), score.table(
        score.Score((scored,))
    )
    jsonschema.validate(
        json.loads(json_report.render_diagnosis(diagnosis)),
        schema("diagnosis-1"),
        cls=jsonschema.Draft202012Validator,
    )


def test_the_score_document_is_valid() -> None:
    result = score.run(["healthy"])
    jsonschema.validate(score.document(result), schema("score-1"), cls=jsonschema.Draft202012Validator)
    assert score.table(result).splitlines()[-1].startswith("1 of 1 right, 0 false causes")


def test_the_score_sees_a_wrong_cause_and_a_missing_one() -> None:
    wrong = Finding(page="out-of-memory", title="", stage="run", severity="error", confidence="high")
    named = Diagnosis(target=Target(), verdict="failed", sentence="", causes=(Cause(finding=wrong, rank=1),))
    scored = score.judge("policy-missing", named)
    assert (scored.right, scored.false_causes) == (False, 1)
    assert not score.judge("healthy", named).right
    silent = Diagnosis(target=Target(), verdict="healthy", sentence="")
    assert not score.judge("policy-missing", silent).right
    assert score.judge("healthy", silent).right


def test_the_truth_is_read_by_the_score_only() -> None:
    """The tool never sees what it should find: no module but score asks the lab for it."""
    import runback

    root = Path(runback.__file__).parent
    readers = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(
            r"\b(?:lab|faults|drawn)\.(?:read_)?truth\(|runback\.lab.* import .*\b\w*truth\b",
            path.read_text(),
        )
        and not path.is_relative_to(root / "lab")
    ]
    assert readers == ["score.py"]
