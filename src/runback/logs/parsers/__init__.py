"""What tools print, read by one parser a tool. `PARSERS[name]` is the door."""

from __future__ import annotations

from runback.logs.parsers import (
    access_log,
    connection,
    eslint,
    flake8,
    git_secrets,
    jest,
    npm,
    pytest,
    python_traceback,
    terraform,
    trufflehog,
    unittest,
)
from runback.logs.parsers.interface import Parsed, Parser, Window

PARSERS: dict[str, Parser] = {
    "access_log": access_log.PARSER,
    "connection": connection.PARSER,
    "eslint": eslint.PARSER,
    "flake8": flake8.PARSER,
    "git_secrets": git_secrets.PARSER,
    "jest": jest.PARSER,
    "npm": npm.PARSER,
    "pytest": pytest.PARSER,
    "python_traceback": python_traceback.PARSER,
    "terraform": terraform.PARSER,
    "trufflehog": trufflehog.PARSER,
    "unittest": unittest.PARSER,
}

__all__ = ["PARSERS", "Parsed", "Parser", "Window"]
