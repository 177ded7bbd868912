"""`runback scan`: diagnoses plain log text."""

from __future__ import annotations

import argparse
from pathlib import Path

from runback.cli.diagnose import add_forms, exit_code
from runback.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="log files; '-' or none: standard input")
    parser.add_argument(
        "--against",
        nargs="+",
        default=[],
        metavar="GREEN",
        help="logs of successful runs: what never occurs in them is told apart",
    )
    add_forms(parser)


def run(arguments: argparse.Namespace) -> int:
    import sys

    from runback import app
    from runback.cli import output

    if arguments.against and not arguments.files and sys.stdin.isatty():
        advice = "Name the failed log first: runback scan FILE --against GREEN…; or pipe it in."
        raise UsageError("--against takes all names that follow it, and no log is left to scan", advice)
    with output.progress("Reading …") as progress:
        scan = app.scan(arguments.files or ["-"], [Path(name) for name in arguments.against], progress)
    if arguments.json:
        from runback.reports import json

        output.write(json.render_scan(scan))
    else:
        from runback.reports import terminal

        output.write(
            terminal.render_scan(
                scan, width=output.width(), colour=output.colour(), everything=arguments.show == "all"
            )
        )
    return exit_code(scan)
