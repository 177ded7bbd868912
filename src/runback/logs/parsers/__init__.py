"""What tools print, read by one parser a tool. `PARSERS[name]` is the door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import cast

from runback.logs.parsers.interface import Parsed, Parser, Window

__all__ = ["PARSERS", "Parsed", "Parser", "Window"]

# Each is the name of its module.
_TOOLS = (
    "access_log", "ansible", "ant", "bun", "cf_answer", "cf_failed", "circleci_config", "compiler",
    "compose", "connection", "cucumber", "dbt", "django_check", "django_migrations", "docker_build",
    "documentation", "eslint", "flake8", "following", "formatter", "git_diff", "git_secrets", "go_build",
    "go_test", "gradle", "grunt", "hook_declined", "jasmine", "jest", "jest_suite", "junit", "junit_sum",
    "karma", "lockfile", "maven_goal", "minitest", "mocha", "mta_failed", "node_error", "notebook", "npm",
    "npm_conflict", "pa11y", "phpunit", "pip_build", "pre_commit", "pytest", "pytest_crash",
    "python_traceback", "rspec", "ruff", "secrets_report", "shellcheck", "stylelint", "terraform",
    "terraform_lock", "trufflehog", "unittest", "uv", "vitest", "xctest", "zap",
)  # fmt: skip


class _Parsers(Mapping[str, Parser]):
    """Each parser is loaded when it is first needed: a log is the output of a few tools, not of all."""

    def __getitem__(self, name: str) -> Parser:
        if name not in _TOOLS:
            raise KeyError(name)
        return cast(Parser, import_module(f"{__name__}.{name}").PARSER)

    def __iter__(self) -> Iterator[str]:
        return iter(_TOOLS)

    def __len__(self) -> int:
        return len(_TOOLS)


PARSERS: Mapping[str, Parser] = _Parsers()
