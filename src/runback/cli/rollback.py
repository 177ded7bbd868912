"""`runback rollback`: back to the last revision that ran well."""

from __future__ import annotations

import argparse
import os
import shlex
from dataclasses import replace

from runback.cli import changing
from runback.cli.arguments import add_json
from runback.cli.changing import add_apply


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", nargs="?", metavar="APP", help="an app, as cf names it")
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument(
        "--to", type=int, metavar="REV", help="a revision's number (default: the last that ran well)"
    )
    parser.add_argument(
        "--canary",
        action="store_true",
        help="let one new instance serve for a minute before the others follow",
    )
    add_apply(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.errors import UsageError

    with app.place(arguments.lab, os.environ) as (place, default):
        name = arguments.app or default.app
        command = " ".join(["runback rollback", *([shlex.quote(name)] if name else [])])
        journal = app.unfinished(place)
        if arguments.undo:
            return changing.undo(journal, place)
        if journal is not None:
            return changing.resume(journal, place, arguments, ours=command)
        if not name:
            raise UsageError(
                "it is not said which app goes back", "Name it as cf does: runback rollback APP."
            )
        request = app.Request(
            app=name,
            environment=arguments.env or (default.environment if not arguments.app else None),
        )
        with output.progress("Looking at the revisions …") as progress:
            proposal = app.propose_rollback(
                request, replace(place, progress=progress), arguments.to, canary=arguments.canary
            )
        return changing.agree_and_apply(proposal, place, arguments, command)
