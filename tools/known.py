"""Writes docs/coverage.md: which stages and tools the runbook's pages know, from the pages themselves.

    python tools/known.py

A tool is known by a page whose id, or whose signatures' provenance, names it. What shows that a page is worth
having comes from tests/runbook/shown.yml, which tools/worth.py measures.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from runback.facts import SCHEMAS
from runback.model import Page
from runback.rules import load

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "coverage.md"
SHOWN = ROOT / "tests" / "runbook" / "shown.yml"
STAGES = ("commit", "ci", "build", "infrastructure", "deploy", "stage", "start", "run", "connect", "serve")
# Tool → how ids and provenances name it.
TOOLS = {
    "Ansible": "ansible",
    "apt, dpkg": r"\bapt\b|apt-|dpkg",
    "AWS CLI, S3": r"\baws\b|aws-|\bs3\b|s3-|boto",
    "Bundler, RubyGems": "bundler|rubygems|gem-|gemfile",
    "Celery": "celery",
    "cf CLI, Cloud Controller": r"cloudfoundry/cli|cloud_controller|\bcf\b|cf-",
    "CircleCI": "circleci",
    "ClamAV": "clamav|virus",
    "CMake, make, autoconf": r"cmake|\bmake\b|make-|configure",
    "Composer, PHP": "composer|php",
    "conda": "conda",
    "Cypress, Playwright, Selenium": "cypress|playwright|selenium|browser",
    "Django": "django",
    "Docker, BuildKit, compose": "docker|moby|compose|container",
    ".NET": "dotnet|nuget|csharp|msbuild",
    "Elasticsearch": "elasticsearch|elastic/",
    "ESLint, stylelint, Prettier": "eslint|stylelint|prettier|tslint",
    "flake8, pylint, ruff, mypy": "flake8|pylint|ruff|mypy|pyright|bandit",
    "gcc, clang, ld": r"\bgcc|clang|linker|header-missing",
    "git": r"\bgit\b|git-",
    "Go": r"\bgolang|(?<!\.)\bgo\b|\bgo-",
    "gunicorn, uvicorn": "gunicorn|uvicorn|worker|asgi|wsgi",
    "Haskell, Scala, Elixir": "haskell|scala|elixir|ghc",
    "Jest, Vitest, Mocha, Karma": "jest|vitest|mocha|karma",
    "Java, Maven, Gradle, JUnit, Spring": "java|maven|gradle|junit|spring",
    "Kubernetes, Helm": "kubernetes|helm",
    "mail": "mail|smtp",
    "nginx": "nginx",
    "Node": r"\bnode\b|node-|nodejs",
    "npm, yarn, pnpm": r"npm|yarn|pnpm|js-",
    "pip, pipenv, Poetry, uv": r"\bpip|poetry|\buv\b|requirement",
    "PostgreSQL, MySQL": "postgres|mysql|database|psycopg|libpq",
    "pytest, unittest, behave, Robot": "pytest|unittest|behave|robot",
    "Python": "cpython|python",
    "Redis": "redis",
    "RSpec, Minitest, Rails, rake": "rspec|minitest|rails|rake",
    "Rust, cargo": "rust|cargo",
    "secrets scanners": "secrets|gitleaks|trufflehog|push-protection",
    "shell": r"\bbash|\bdash\b|shell|coreutils|script-",
    "Terraform": "terraform",
    "TLS, certificates": r"certificate|\btls\b|tls-|openssl",
    "webpack, Vite, React, Next, Sass": "webpack|vite|react|next|sass|frontend",
}


def _names(page: Page) -> str:
    return " ".join([page.id, *(signature.provenance for signature in page.signatures)]).lower()


def shown() -> Mapping[str, Mapping[str, str]]:
    """Page → what kinds of results name it (run, scenario, case), each with the first of them."""
    known: Mapping[str, Mapping[str, str]] = yaml.safe_load(SHOWN.read_text(encoding="utf-8"))
    return known


def document(pages: Sequence[Page]) -> str:
    """The document's text."""
    return "\n".join(_lines(pages, shown())) + "\n"


def _lines(pages: Sequence[Page], by: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    examples = sum(len(page.examples) for page in pages)
    kinds = {page.id: by.get(page.id, {}).keys() for page in pages}
    yield "# What the runbook knows"
    yield ""
    yield f"{len(pages)} pages with {examples} examples, each a test. `runback explain PAGE` shows one."
    yield "Written by `python tools/known.py`."
    yield ""
    counted, runs, scenarios = (_count(kinds, *of) for of in (("run", "scenario"), ("run",), ("scenario",)))
    others = _count(kinds, "case")
    yield f"{counted} pages are named by the result of a real program's run that is kept here ({runs}) or of"
    yield f"a scenario of the lab ({scenarios}); without them these results would be others. Labelled logs of"
    yield f"others name {others}. The last column counts pages that a program's words alone show:"
    yield "its source, documentation or an issue, as provenance says. `python tools/worth.py` measures it."
    yield ""
    yield "| stage | pages | from logs | from facts | a run names it | a scenario | words alone |"
    yield "|---|---|---|---|---|---|---|"
    for stage in STAGES:
        here = [page for page in pages if page.stage == stage]
        logs = sum(page.select is None for page in here)
        known = {page.id: kinds[page.id] for page in here}
        run, scenario = _count(known, "run"), _count(known, "scenario")
        words = len(here) - _count(known, "run", "scenario", "case")
        yield f"| {stage} | {len(here)} | {logs} | {len(here) - logs} | {run} | {scenario} | {words} |"
    yield ""
    yield "| tool | pages |"
    yield "|---|---|"
    for tool, pattern in TOOLS.items():
        named = [f"`{page.id}`" for page in pages if re.search(pattern, _names(page))]
        yield f"| {tool} | {', '.join(named)} |"


def _count(kinds: Mapping[str, Collection[str]], *wanted: str) -> int:
    """How many pages are shown by one of these kinds."""
    return sum(any(kind in known for kind in wanted) for known in kinds.values())


if __name__ == "__main__":
    DOCUMENT.write_text(document(load(SCHEMAS).pages), encoding="utf-8")
