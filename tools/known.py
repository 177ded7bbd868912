"""Writes docs/coverage.md: which stages and tools the runbook's pages know, from the pages themselves.

    python tools/known.py

A tool is known by a page whose id, or whose signatures' provenance, names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from runback.facts import SCHEMAS
from runback.model import Page
from runback.rules import load

DOCUMENT = Path(__file__).parent.parent / "docs" / "coverage.md"
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
    "Go": r"\bgolang|\bgo\b|go-",
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


def document(pages: Sequence[Page]) -> str:
    """The document's text."""
    return "\n".join(_lines(pages)) + "\n"


def _lines(pages: Sequence[Page]) -> Iterator[str]:
    examples = sum(len(page.examples) for page in pages)
    yield "# What the runbook knows"
    yield ""
    yield f"{len(pages)} pages with {examples} examples, each a test. `runback explain PAGE` shows one."
    yield "Written by `python tools/known.py`."
    yield ""
    yield "| stage | pages | from logs | from facts |"
    yield "|---|---|---|---|"
    for stage in STAGES:
        here = [page for page in pages if page.stage == stage]
        logs = sum(page.select is None for page in here)
        yield f"| {stage} | {len(here)} | {logs} | {len(here) - logs} |"
    yield ""
    yield "| tool | pages |"
    yield "|---|---|"
    for tool, pattern in TOOLS.items():
        known = [f"`{page.id}`" for page in pages if re.search(pattern, _names(page))]
        yield f"| {tool} | {', '.join(known)} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(load(SCHEMAS).pages), encoding="utf-8")
