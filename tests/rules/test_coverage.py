"""The table of what the runbook knows is what its pages say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from runback.facts import SCHEMAS
from runback.rules import load

ROOT = Path(__file__).parent.parent.parent
PAGES = load(SCHEMAS).pages


def known() -> ModuleType:
    spec = importlib.util.spec_from_file_location("known", ROOT / "tools" / "known.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_document_is_the_one_of_todays_pages() -> None:
    written = known().document(PAGES)
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == written, "run tools/known.py"


def test_every_tool_is_known_by_a_page_and_every_stage_has_one() -> None:
    module = known()
    text = module.document(PAGES)
    for tool in module.TOOLS:
        assert f"| {tool} | `" in text
    assert {page.stage for page in PAGES} == set(module.STAGES)
