"""`runback fix`: the plan of the remedies; with --apply carries it out and proves it."""

from __future__ import annotations

import argparse
import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from runback.cli import changing
from runback.cli.arguments import add_json
from runback.cli.changing import add_apply, add_value

if TYPE_CHECKING:
    from runback.app import Place, Proposal, Request


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cause", nargs="?", metavar="CAUSE", help="a page id of the diagnosis (default: all)")
    parser.add_argument("--app", metavar="APP", help="an app, as cf names it")
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument("--branch", metavar="B", help="the branch that was merged or pushed")
    parser.add_argument("--remedy", metavar="R", help="another remedy of the page than its first")
    parser.add_argument(
        "--stop",
        action="append",
        default=[],
        metavar="APP",
        help="an app to give up where memory must be freed",
    )
    add_value(parser)
    add_apply(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app

    with app.place(arguments.lab, os.environ) as (place, default):
        request = _request(arguments, default)
        command = " ".join(["runback fix", *([shlex.quote(arguments.cause)] if arguments.cause else [])])
        journal = app.unfinished(place)
        if arguments.undo:
            return changing.undo(journal, place)
        if journal is not None:
            return changing.resume(journal, place, arguments, ours=command)
        proposal = _proposal(arguments, place, request)
        return changing.agree_and_apply(proposal, place, arguments, command)


def _request(arguments: argparse.Namespace, default: Request) -> Request:
    from runback.app import Request

    if not (arguments.app or arguments.env):
        return default
    return Request(app=arguments.app, environment=arguments.env, branch=arguments.branch)


def _proposal(arguments: argparse.Namespace, place: Place, request: Request) -> Proposal:
    """For what the last diagnosis looked at, unless something else is named. A plan is never an old one."""
    from runback import app
    from runback.cli import output

    last = app.last_target(place)
    if last is not None and request == app.Request():
        request = app.Request(app=last.app, environment=last.environment, branch=last.branch)
    with output.progress("Looking at CircleCI and Cloud Foundry …") as progress:
        return app.propose(
            request,
            replace(place, progress=progress),
            arguments.cause,
            arguments.remedy,
            tuple(arguments.stop),
        )
