"""`runback revisions`: what each revision changed, how it ran, and which is the safe way back."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.model import RevisionSeen

DAY, HOUR, MINUTE = 86_400, 3_600, 60


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("app", metavar="APP", help="an app, as cf names it, or its role with --env")
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.errors import AccessError
    from runback.model import Gap

    request = app.Request(app=arguments.app, environment=arguments.env)
    with output.progress("Reading revisions …") as progress:
        if arguments.lab:
            found = app.revisions_scenario(arguments.lab, request, progress)
        else:
            found = app.revisions(request, Path.cwd(), os.environ, progress)
    if isinstance(found, Gap):
        raise AccessError(f"{found.what}: {found.reason}", "`runback check` says what this login may read.")
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.revisions/1", "revisions": found}))
        return 0
    output.write("".join(map(_line, found)))
    back = next((one for one in found if one.safe), None)
    output.write(
        f"The safe way back is revision {back.version}.\n"
        if back
        else "No earlier revision is known to have run well and can still be deployed.\n"
    )
    return 0


def _line(one: RevisionSeen) -> str:
    from runback.model import Gap
    from runback.reports.printable import printable

    sign = "→" if one.runs else "✓" if one.safe else " "
    began = f"{one.created_at:%Y-%m-%d %H:%M}" if one.created_at else "?"
    if isinstance(one.crashes, Gap):
        crashes = "crashes unknown"
    else:
        crashes = {0: "no crash", 1: "1 crash"}.get(one.crashes, f"{one.crashes} crashes")
    ran = f"{'runs' if one.runs else 'ran'} {_span(one.ran_for)}, {crashes}"
    gone = "" if one.deployable else "  its droplet is gone"
    return f"{sign} {one.version:>3}  {began}  {ran:<26}  {printable(one.changed, 80)}{gone}\n"


def _span(seconds: int) -> str:
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"
