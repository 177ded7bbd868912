"""What tools print, read by one parser a tool. `PARSERS[name]` is the door."""

from __future__ import annotations

from runback.logs.parsers import git_secrets
from runback.logs.parsers.interface import Parsed, Parser, Window

PARSERS: dict[str, Parser] = {
    "git_secrets": git_secrets.PARSER,
}

__all__ = ["PARSERS", "Parsed", "Parser", "Window"]
