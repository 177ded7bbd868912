from __future__ import annotations

import posixpath
import re

import pytest
import yaml

from runback.app import runbook
from runback.facts import SCHEMAS
from runback.reports.site import documents
from runback.reports.site.coverage import program


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    return documents(runbook().pages, SCHEMAS, "Our runbook")


def test_every_page_and_every_table_is_in_the_site(site: dict[str, str]) -> None:
    assert {path for path in site if path.count("/") == 2} == {
        f"docs/{page.stage}/{page.id}.md" for page in runbook().pages
    }
    assert all(f"## `{name}`" in site["docs/facts.md"] for name in SCHEMAS)


def test_every_link_leads_to_a_file_of_the_site(site: dict[str, str]) -> None:
    for path, text in site.items():
        plain = re.sub(r"(?ms)^(`{3,})\w*$.*?^\1$", "", text)
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+\.md)", plain):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) in site, (path, link)


def test_the_configuration_names_each_file_once(site: dict[str, str]) -> None:
    configuration = yaml.safe_load(site["mkdocs.yml"])
    assert configuration["site_name"] == "Our runbook"
    named = [path for entry in configuration["nav"] for value in entry.values()
             for path in (value if isinstance(value, list) else [value])]  # fmt: skip
    assert sorted(f"docs/{path}" for path in named) == sorted(path for path in site if path != "mkdocs.yml")


def test_the_coverage_counts_the_pages(site: dict[str, str]) -> None:
    text = site["docs/coverage.md"]
    connect = [page for page in runbook().pages if page.stage == "connect"]
    assert re.search(rf"(?m)^\| connect \| {len(connect)} \|", text)
    assert re.search(r"(?m)^\| gorouter \||^\| cloudfoundry/gorouter \|", text)


@pytest.mark.parametrize(
    ("provenance", "name"),
    [
        ("CPython 3.11, Lib/importlib/_bootstrap.py", "CPython"),
        ("run of npm 11.19; lib/utils/error-message.js", "npm"),
        ("cloudfoundry/cli 8, command/v7", "cloudfoundry/cli"),
        ("moby 19.03", "moby"),
        ("elasticsearch-py 7.14 and later", "elasticsearch-py"),
        ("run of docker 28.2.2 without a daemon", "docker"),
        ("docker-py 5 to 7", "docker-py"),
        ("getaddrinfo(3): EAI_NONAME", "getaddrinfo"),
    ],
)
def test_a_provenance_names_its_program(provenance: str, name: str) -> None:
    assert program(provenance) == name


def test_an_example_with_fences_of_its_own_stays_an_example(site: dict[str, str]) -> None:
    for text in site.values():
        fences = re.findall(r"(?m)^(`{3,})\w*$", text)
        assert len(fences) % 2 == 0
