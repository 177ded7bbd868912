"""`runback compare`: an app beside the same app in other environments; values are never shown."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from runback.cli.arguments import add_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", metavar="APP", help="an app, as cf names it, or its role with --env")
    parser.add_argument(
        "peers", nargs="*", default=[], metavar="PEER", help="apps to compare with (default: its peers)"
    )
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    parser.add_argument("--show", choices=["all"], help="also what is as it should be")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    request = app.Request(app=arguments.app, environment=arguments.env)
    peers = tuple(arguments.peers)
    with output.progress("Comparing …") as progress:
        if arguments.lab:
            found = app.compare_scenario(arguments.lab, request, peers, progress)
        else:
            found = app.compare(request, peers, Path.cwd(), os.environ, progress)
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.compare/1", "comparison": found}))
    else:
        from runback.reports import comparison

        everything = arguments.show == "all"
        output.write(
            comparison.render(found, width=output.width(), colour=output.colour(), everything=everything)
        )
    if found.unknown and not found.rows:
        return 3
    return 1 if any(row.remark for row in found.rows) else 0
