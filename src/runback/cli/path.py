"""`runback path`: hop by hop from an app to a destination."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.model import PathSeen, Reach

SIGNS = {True: "✓", False: "✗", None: "?"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="the app that connects")
    parser.add_argument(
        "destination", metavar="DESTINATION[:PORT]", type=_reach, help="an app, or a host as the logs name it"
    )
    parser.add_argument("--env", metavar="E", help="an environment of runback.toml")
    parser.add_argument("--lab", metavar="SCENARIO", help="look at a scenario of the built-in lab")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.errors import AccessError
    from runback.model import Gap

    request = app.Request(app=arguments.source, environment=arguments.env)
    with output.progress("Following the way …") as progress:
        if arguments.lab:
            found = app.path_scenario(arguments.lab, request, arguments.destination, progress)
        else:
            found = app.path(request, arguments.destination, Path.cwd(), os.environ, progress)
    if isinstance(found, Gap):
        raise AccessError(f"{found.what}: {found.reason}", "Check both names with `cf apps` and `cf routes`.")
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.path/1", "ways": found}))
    else:
        output.write("".join(map(_lines, found)))
    oks = [hop.ok for way in found for hop in way.hops]
    return 1 if False in oks else 3 if None in oks else 0


def _lines(way: PathSeen) -> str:
    from runback.reports.printable import printable

    held = f" (in {way.asked_by})" if way.asked_by else ""
    lines = [f"{way.source} → {way.hostname}{held}"]
    lines += [f"  {SIGNS[hop.ok]} {hop.name:<9}  {hop.says}" for hop in way.hops]
    if way.failing:
        lines.append(f"  its log shows that connections to {way.hostname} fail")
    return "".join(f"{printable(line)}\n" for line in lines)


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
