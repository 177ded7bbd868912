"""`runback runbook`: the living document: its pages, and their examples as tests."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from runback.cli import newpage
from runback.cli.arguments import add_json


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|test|new|render")
    listing = verbs.add_parser("list", help="the pages, by stage")
    listing.add_argument("--stage", type=_stage, help="only the pages of one stage")
    add_json(listing)
    test = verbs.add_parser("test", help="check every page and run its examples")
    test.add_argument("pages", nargs="*", metavar="PAGE", help="ids of pages (default: all)")
    test.add_argument("--rewrite", action="store_true", help="write the texts that the examples give today")
    test.add_argument("--dir", type=Path, metavar="DIR", help="a folder of pages (default: those of Runback)")
    newpage.configure(verbs.add_parser("new", help="write a page for something that was seen, and run it"))
    render = verbs.add_parser("render", help="make a documentation site with search from the pages")
    render.add_argument(
        "folder", nargs="?", type=Path, default=Path("site"), metavar="DIR", help="(default: site)"
    )
    render.add_argument(
        "--dir", type=Path, metavar="DIR", dest="extra", help="with the pages of this folder too"
    )
    render.add_argument("--name", default="Runbook", help="the site's title")


def run(arguments: argparse.Namespace) -> int:
    verbs = {"list": _list, "test": _test, "new": newpage.run, "render": _render}
    return verbs[arguments.verb](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    pages = [page for page in app.runbook().pages if arguments.stage in (None, page.stage)]
    if arguments.json:
        from runback.reports import json

        fields = ("id", "title", "stage", "severity", "tier")
        output.write(json.dump({"pages": [{name: getattr(page, name) for name in fields} for page in pages]}))
        return 0
    width = max((len(page.id) for page in pages), default=0)
    output.write("".join(f"{page.stage:<14} {page.id:<{width}}  {page.title}\n" for page in pages))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    result = app.run_examples(arguments.pages, rewrite=arguments.rewrite, folder=arguments.dir)
    for failure in result.failures:
        output.write(f"✗ {failure}\n")
    output.write(f"{result.pages} pages, {result.examples} examples, {len(result.failures)} failures\n")
    return 1 if result.failures else 0


def _render(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    with output.progress("Making the site …"):
        site = app.render_site(arguments.folder, arguments.extra, arguments.name)
    output.write(f"{site.folder}: {site.pages} pages.\n")
    output.write(f"Look at it: python3 -m http.server --directory {shlex.quote(str(site.folder))} 8000\n")
    return 0


def _stage(text: str) -> str:
    from typing import get_args

    from runback.model import Stage

    stages = get_args(Stage)
    if text not in stages:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(stages)}")
    return text
