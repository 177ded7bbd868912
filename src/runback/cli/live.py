"""`runback live`: which commit runs in each environment, since when, by whom, and where your own one is."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from runback.cli.arguments import add_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", nargs="?", metavar="APP", help="only this app (default: all of runback.toml)")
    parser.add_argument("--env", metavar="E", help="only this environment")
    parser.add_argument("--branch", metavar="B", help="compare with this branch (default: its own)")
    parser.add_argument("--sha", metavar="S", help="the commit to look for (default: what is checked out)")
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    parser.add_argument("--show", choices=["all"], help="print every commit that is not there yet")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    request = app.Request(
        app=arguments.app, environment=arguments.env, branch=arguments.branch, sha=arguments.sha
    )
    with output.progress("Looking at what runs …") as progress:
        if arguments.lab:
            found = app.live_scenario(arguments.lab, request, progress)
        else:
            found = app.live(request, Path.cwd(), os.environ, progress)
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.live/1", "apps": found.apps, "yours": found.yours}))
    else:
        from runback.reports import live

        output.write(
            live.render(
                found.apps,
                found.yours,
                width=output.width(),
                colour=output.colour(),
                everything=arguments.show == "all",
            )
        )
    return 0 if all(item.commit for item in found.apps) else 3
