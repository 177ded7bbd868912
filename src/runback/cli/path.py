"""`runback path`: hop by hop from an app to a destination."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.app import Followed, Place
    from runback.model import PathSeen, Reach


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="the app that connects")
    parser.add_argument(
        "destination", metavar="DESTINATION[:PORT]", type=_reach, help="an app, or a host as the logs name it"
    )
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument(
        "--probe", action="store_true", help="also run a small task in SOURCE that tries the connection"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="do not ask before a probe; protected apps still ask for their name",
    )
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.errors import AccessError
    from runback.model import Gap

    request = app.Request(app=arguments.source, environment=arguments.env)
    with app.place(arguments.lab, os.environ) as (place, _):
        with output.progress("Following the way …") as progress:
            found = app.path(request, arguments.destination, replace(place, progress=progress))
        if isinstance(found.ways, Gap):
            what = f"{found.ways.what}: {found.ways.reason}"
            raise AccessError(what, "Check both names with `cf apps` and `cf routes`.")
        if arguments.probe:
            found = _probed(found, place, yes=arguments.yes)
    ways = () if isinstance(found.ways, Gap) else found.ways
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.path/1", "ways": ways}))
    else:
        output.write("".join(map(_lines, ways)))
    oks = [hop.ok for way in ways for hop in way.hops]
    return 1 if False in oks else 3 if None in oks else 0


def _probed(found: Followed, place: Place, *, yes: bool) -> Followed:
    """The ways with what tasks found that somebody agreed to; without where nobody did."""
    from runback import app
    from runback.cli import consent, output
    from runback.model import Gap
    from runback.reports.printable import printable

    probes = app.plan_probes(found, place)
    tasks = [one for one in probes if not isinstance(one, Gap)]
    for one in tasks:
        print(f"A task of {app.PROBE_MEMORY_MB} MB in {printable(one.app.name)} would run:", file=sys.stderr)
        print(f"  {printable(one.command, 4000)}", file=sys.stderr)
    guarded = dict.fromkeys(name for one in tasks for name in one.guarded)
    if tasks and not consent.agreed(guarded, yes=yes):
        print("Nothing was run.", file=sys.stderr)
        return found
    with output.progress("Probing …"):
        return app.probe(found, probes, place)


def _lines(way: PathSeen) -> str:
    from runback.reports.printable import printable
    from runback.reports.views import way_lines

    return "".join(f"{printable(line.text)}\n" for line in way_lines(way))


def _reach(text: str) -> Reach:
    from urllib.parse import urlsplit

    from runback.model import Reach

    parts = urlsplit(text if "://" in text else f"//{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither an app nor host[:port], such as clamav-rest:9000"
        )
    return Reach(destination=host, port=port)
