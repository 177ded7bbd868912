"""`runback rerun`: the failed jobs of the newest pipeline once more."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from runback.cli import changing
from runback.cli.arguments import add_json, add_target
from runback.cli.changing import add_apply


def configure(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument("--job", metavar="J", help="one job, though it did not fail")
    parser.add_argument(
        "--cancel", action="store_true", help="end the workflow that is still at work, and run it again"
    )
    add_apply(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    with app.place(arguments.lab, os.environ) as (place, default):
        journal = app.unfinished(place)
        if arguments.undo:
            return changing.undo(journal, place)
        if journal is not None:
            return changing.resume(journal, place, arguments, ours="runback rerun")
        request = default
        if arguments.app or arguments.env or arguments.pipeline:
            request = app.Request(
                app=arguments.app,
                environment=arguments.env,
                branch=arguments.branch,
                sha=arguments.sha,
                pipeline=arguments.pipeline,
            )
        with output.progress("Looking at CircleCI …") as progress:
            at_work = replace(place, progress=progress)
            proposal = app.propose_rerun(request, at_work, arguments.job, cancel=arguments.cancel)
        return changing.agree_and_apply(proposal, place, arguments, "runback rerun")
