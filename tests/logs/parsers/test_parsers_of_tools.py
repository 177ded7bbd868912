"""Each tool's real output, read by the whole runbook: the page that speaks, and the values that it names.

docs/parsers.md is the table of it; to renew it, run this file with Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from runback import app
from runback.lab import recordings
from runback.model import Finding

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "parsers.md"
TOOLS: list[dict[str, Any]] = yaml.safe_load((HERE / "tools.yml").read_text(encoding="utf-8"))
INDEX = {
    entry["name"]: entry
    for entry in yaml.safe_load((Path(recordings.__file__).parent / "index.yml").read_text(encoding="utf-8"))
}
# What a value of a finding is for a person. A tool's own word for the rule, the package, the object …
RULES = (
    "test", "rule", "code", "reason", "object", "app", "package", "requirement", "packages", "resource",
    "variable", "buildpack", "container", "operation", "selector", "wanted", "lock",
)  # fmt: skip
MESSAGES = ("error", "message", "detail", "reason", "total", "who")
SECRET = "AKIARUNBACKLAB000001"  # what the scanners of secrets have found
INTRODUCTION = """# What is read out of a step's output

A step's output is rendered as a terminal would show it, and then read by a parser for each tool. This table
is made from the tests (`tests/logs/parsers/tools.yml`): a `✓` stands for what the finding names, over output
of the version in the second column. A tool without a version could not be run where the recordings are made;
it is read in the words of its source, which the last column names. Of a secret only kind, file, line and
commit are told, never the secret.

| tool | version | page of the runbook | file | line | rule or test | message | both sides | source |
|---|---|---|---|---|---|---|---|---|
"""


def output(tool: dict[str, Any]) -> str:
    if "recording" in tool:
        text = recordings.read(tool["recording"])
    else:
        text = (HERE / "literal" / f"{tool['literal']}.txt").read_text(encoding="utf-8")
    return f"{text}\n\nExited with code exit status 1\n"


def finding(tool: dict[str, Any], folder: Path) -> Finding:
    """The first cause that a scan of the output names."""
    file = folder / "output.txt"
    file.write_text(output(tool), encoding="utf-8")
    causes = app.scan([str(file)]).causes
    assert causes, f"nothing is said of the output of {tool['tool']}"
    return causes[0].finding


@pytest.mark.parametrize("tool", TOOLS, ids=[tool["tool"] for tool in TOOLS])
def test_a_page_speaks_and_names_what_there_is(tool: dict[str, Any], tmp_path: Path) -> None:
    found = finding(tool, tmp_path)
    assert found.page == tool["page"]
    assert {name: found.values.get(name) for name in tool["values"]} == tool["values"]


@pytest.mark.parametrize(
    "tool", [one for one in TOOLS if SECRET in output(one)], ids=lambda tool: str(tool["tool"])
)
def test_no_scanner_repeats_the_secret(tool: dict[str, Any], tmp_path: Path) -> None:
    found = finding(tool, tmp_path)
    assert SECRET not in str((found.title, found.values))
    if (
        tool["tool"] != "git-secrets"
    ):  # its only line that names the place holds the secret, which is masked later
        assert SECRET not in str(found.where)


def row(tool: dict[str, Any], found: Finding) -> str:
    values = {name: value for name, value in found.values.items() if value is not None}
    entry = INDEX.get(tool.get("recording", ""), {})
    marks = (
        any(name in values for name in ("file", "url", "script", "path")),
        "number" in values,
        any(name in values for name in RULES),
        any(name in values for name in MESSAGES),
        {"expected", "actual"} <= set(values) or {"total", "wanted"} <= set(values),
    )
    source = f"run: `{entry['command']}`" if entry else tool["source"]
    cells = (
        tool["tool"],
        entry.get("version", "–"),
        f"`{found.page}`",
        *("✓" if one else "" for one in marks),
        source,
    )
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


def document(folder: Path) -> str:
    return INTRODUCTION + "".join(row(tool, finding(tool, folder)) for tool in TOOLS)


def test_the_table_of_the_documents_is_what_the_tests_show(tmp_path: Path) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(tmp_path)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        DOCUMENT.write_text(document(Path(temporary)), encoding="utf-8")
