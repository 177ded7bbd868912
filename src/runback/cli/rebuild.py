"""`runback rebuild`: an app deleted and deployed anew by the repository's script, and made whole again."""

from __future__ import annotations

import argparse
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runback.cli import changing
from runback.cli.arguments import add_json
from runback.cli.changing import add_apply, add_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runback.app import Place


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", nargs="?", metavar="APP", help="an app, as cf names it")
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    add_value(parser)
    parser.add_argument(
        "--values", type=Path, metavar="FILE", help="a file of lines NAME=VALUE with the variables' values"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAME",
        help="a variable that is to have no value: the script goes on without it",
    )
    parser.add_argument(
        "--argument",
        action="append",
        default=[],
        type=_argument,
        metavar="NAME=VALUE",
        help="an argument of the script, where CircleCI does not say it",
    )
    add_apply(parser)
    add_json(parser)


def _argument(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if not name or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import consent, output
    from runback.errors import UsageError

    with app.place(arguments.lab, os.environ) as (place, default):
        name = arguments.app or default.app
        command = " ".join(["runback rebuild", *([shlex.quote(name)] if name else [])])
        own = consent.file_values(arguments.values) if arguments.values else {}
        own |= {one: (value, f"{source}") for one, source, value in consent.given(arguments.value)}
        place = _with(place, {one: value for one, (value, _) in own.items()})
        journal = app.unfinished(place)
        if arguments.undo:
            return changing.undo(journal, place)
        if journal is not None:
            return changing.resume(journal, place, arguments, ours=command)
        if not name:
            raise UsageError(
                "it is not said which app is rebuilt", "Name it as cf does: runback rebuild APP."
            )
        environment = arguments.env or (default.environment if not arguments.app else None)
        request = app.Request(app=name, environment=environment)
        with output.progress("Reading the script, the app and its surroundings …") as progress:
            proposal = app.propose_rebuild(
                request, replace(place, progress=progress), own, dict(arguments.argument), arguments.without
            )
        return changing.agree_and_apply(proposal, place, arguments, command)


def _with(place: Place, own: Mapping[str, str]) -> Place:
    """The person's place, who knows what they named before what their environment says."""
    known = place.known
    return replace(place, known=lambda name: own.get(name) or known(name))
