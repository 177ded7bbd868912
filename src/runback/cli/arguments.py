"""What the commands' parsers share: plain usage errors, the options that several commands have."""

from __future__ import annotations

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one plain line and where to look."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n'{self.prog} --help' shows what is allowed.\n")


def add_target(parser: argparse.ArgumentParser) -> None:
    """The options that say what to look at."""
    parser.add_argument("app", nargs="?", metavar="APP", help="an app, as cf names it")
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument(
        "--branch", metavar="B", help="the branch that was merged or pushed (default: the environment's)"
    )
    parser.add_argument("--sha", metavar="S", help="the commit that should be live")
    parser.add_argument("--pipeline", metavar="N|URL", help="one pipeline, by its number or its address")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON (docs/json.md) instead of text")
