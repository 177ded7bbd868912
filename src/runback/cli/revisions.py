"""`runback revisions`: what each revision changed, how it ran and ended, and which is the safe way back."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from runback.cli.arguments import add_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", metavar="APP", help="an app, as cf names it, or its role with --env")
    parser.add_argument(
        "versions", nargs="*", default=[], type=int, metavar="REV", help="two revisions to compare"
    )
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.errors import AccessError, UsageError
    from runback.model import Gap

    versions = tuple(arguments.versions)
    if versions and len(set(versions)) != 2:
        raise UsageError(
            "two different revisions are compared", "Such as: runback revisions APP 11 12, or none of them."
        )
    request = app.Request(app=arguments.app, environment=arguments.env)
    with output.progress("Reading revisions …") as progress:
        if arguments.lab:
            found = app.revisions_scenario(arguments.lab, request, progress, versions)
        else:
            found = app.revisions(request, Path.cwd(), os.environ, progress, versions=versions)
    if isinstance(found, Gap):
        raise AccessError(f"{found.what}: {found.reason}", "`runback check` says what this login may read.")
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.revisions/1", "revisions": found}))
        return 0
    from runback.reports import revisions

    text = revisions.render_two if versions else revisions.render
    output.write(text(found, width=output.width()))
    return 0
