"""`runback live`: which commit runs in each environment, and what lies between it and the branch."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.app import LiveApp


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", nargs="?", metavar="APP", help="only this app (default: all of runback.toml)")
    parser.add_argument("--env", metavar="E", help="only this environment")
    parser.add_argument("--branch", metavar="B", help="compare with this branch (default: its own)")
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    request = app.Request(app=arguments.app, environment=arguments.env, branch=arguments.branch)
    with output.progress("Looking at what runs …") as progress:
        if arguments.lab:
            found = app.live_scenario(arguments.lab, request, progress)
        else:
            found = app.live(request, Path.cwd(), os.environ, progress)
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.live/1", "apps": found}))
    else:
        output.write("".join(map(_lines, found)))
    return 0 if all(item.commit for item in found) else 3


def _lines(item: LiveApp) -> str:
    from runback.reports.printable import printable

    place = f"{item.app} ({item.environment})" if item.environment else item.app
    if item.commit is None:
        return f"? {printable(place)}: unknown, because {printable(item.unknown)}\n"
    sign = {True: "✗", False: "✓", None: "?"}[item.stale]
    lines = [f"{sign} {printable(place)}: {item.commit[:8]}, {printable(item.known_by)}"]
    if item.between:
        branch = printable(item.branch or "its branch")
        count = "1 commit" if len(item.between) == 1 else f"{len(item.between)} commits"
        lines.append(f"    not live there yet, of {branch}: {count}")
        lines += [f"      {sha[:8]} {printable(subject, 80)}" for sha, subject in item.between]
    elif item.unknown:
        lines.append(f"    unknown, because {printable(item.unknown)}")
    return "\n".join(lines) + "\n"
