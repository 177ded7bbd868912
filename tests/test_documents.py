"""What the documents show is what the commands print and what the loaders accept."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from runback import config, lab
from runback.cli import COMMANDS
from runback.cli.arguments import Parser

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def readme_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("readme", ROOT / "tools" / "readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_in_the_readme_is_what_the_demo_prints() -> None:
    """`python tools/readme.py` renews it."""
    tool = readme_tool()
    assert tool.steady(tool.block((ROOT / "README.md").read_text())) == tool.steady(tool.shown())


def typed(text: str) -> list[str]:
    """The commands in blocks of shell and YAML, without what a shell makes of them."""
    blocks = "\n".join(re.findall(r"(?s)```(?:sh|console|yaml)\n(.*?)```", text)).replace("\\\n", " ")
    lines = re.findall(r"(?m)^\s*(?:\$ |- run: |command: )?(runback .*)", blocks)
    return [re.split(r"\s+#|\s*(?:\|\||>)", line)[0] for line in lines]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_the_documents_can_be_typed(document: Path) -> None:
    known = {one.name for one in lab.scenarios()}
    for line in typed(document.read_text()):
        _, name, *words = shlex.split(line)
        parser = Parser(prog=f"runback {name}")
        importlib.import_module(f"runback.cli.{name}").configure(parser)
        scenario = getattr(parser.parse_args(words), "lab", None)
        assert scenario is None or scenario in known or scenario.startswith("random-"), line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_running_text_exists(document: Path) -> None:
    named = re.findall(r"`runback (\w+)", document.read_text())
    assert [name for name in named if name not in COMMANDS] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_configuration_in_the_documents_is_accepted(tmp_path: Path) -> None:
    (text,) = re.findall(r"(?s)```toml\n(.*?)```", (ROOT / "docs" / "how-it-works.md").read_text())
    tomllib.loads(text)
    (tmp_path / "runback.toml").write_text(text)
    target = config.load(tmp_path, {"HOME": str(tmp_path)}).target(environment="staging")
    assert target.apps == ("shop-backend-staging", "shop-frontend-staging")


def test_every_runtime_dependency_has_its_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    records = " ".join(path.read_text().lower() for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    names = [re.split(r"[>=;\[ ]", line)[0].lower() for line in project["dependencies"]]
    assert [name for name in names if name not in records] == []
