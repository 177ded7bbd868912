"""`runback explain`: a page of the runbook, as a person reads it."""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", metavar="PAGE", help="the id of a page; 'runback runbook list' lists them")


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.reports import pages

    page = app.runbook().page(arguments.page)
    output.write(pages.render(page, width=output.width(), colour=output.colour()))
    return 0
