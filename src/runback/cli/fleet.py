"""`runback fleet`: every app that the login can see, those in trouble first."""

from __future__ import annotations

import argparse
import os

from runback.cli.arguments import add_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--org", metavar="O", help="only this organisation")
    parser.add_argument("--space", metavar="S", help="only this space")
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    parser.add_argument("--show", choices=["all"], help="print the apps of which nothing failed too")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.reports import fleet, json

    with app.place(arguments.lab, os.environ) as (place, _), output.progress("Looking at all apps …"):
        found = app.fleet(place, arguments.org, arguments.space)
    if arguments.json:
        output.write(json.dump({"schema": "runback.fleet/1", **fleet.document(found)}))
    else:
        output.write(fleet.render(found, everything=arguments.show == "all"))
    health = {fleet.judge(one, found.at)[0] for one in found.apps}
    return 1 if health & {"bad", "hurt"} else 3 if "unknown" in health or found.unknown else 0
