"""`runback diagnose`: the whole flow, CI and platform together."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runback.cli.arguments import add_target

if TYPE_CHECKING:
    from runback.model import Diagnosis, Scan

SYMPTOMS = ("stale", "down", "unreachable")


def configure(parser: argparse.ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument(
        "--symptom",
        type=_symptoms,
        default=(),
        metavar="S[,S]",
        help="what you see: stale (old code runs), down, unreachable",
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="read the same app in the other environments too: what all of them have is expected here",
    )
    parser.add_argument(
        "--lab", metavar="SCENARIO", help="diagnose a scenario of the built-in lab; no real token is used"
    )
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="diagnose a saved bundle, without access")
    parser.add_argument(
        "--save-bundle",
        type=Path,
        metavar="FILE",
        help="also keep all evidence, without its secrets, in one file",
    )
    add_forms(parser)
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="also write the report as one HTML file that needs no network",
    )


def add_forms(parser: argparse.ArgumentParser) -> None:
    """The output forms that diagnose and scan share."""
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print the JSON of docs/json.md")
    if not parser.prog.endswith("scan"):
        forms.add_argument("--markdown", action="store_true", help="print Markdown for a pull request")
    if parser.prog.endswith("scan"):
        parser.add_argument("--show", choices=["all"], help="print every proof, remedy and ruled-out page")
        return
    parser.add_argument(
        "--show",
        choices=["all", "map", "timeline"],
        help="all: every proof, remedy and ruled-out page; map: who asks whom; timeline: what happened when",
    )


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    request = app.Request(
        app=arguments.app,
        environment=arguments.env,
        branch=arguments.branch,
        sha=arguments.sha,
        pipeline=arguments.pipeline,
        symptoms=arguments.symptom,
        peers=arguments.peers,
        save_bundle=arguments.save_bundle,
    )
    with output.progress("Looking at CircleCI and Cloud Foundry …") as progress:
        if arguments.bundle:
            diagnosis = _of_bundle(arguments)
        elif arguments.lab:
            diagnosis = app.diagnose_scenario(arguments.lab, request, progress)
        else:
            diagnosis = app.diagnose(request, Path.cwd(), os.environ, progress)
    if arguments.save_bundle:
        print(f"Bundle written to {arguments.save_bundle}", file=sys.stderr)
    if arguments.html:
        app.write_html(diagnosis, arguments.html)
        print(f"Report written to {arguments.html}", file=sys.stderr)
    output.write(_render(diagnosis, arguments))
    return exit_code(diagnosis)


def _of_bundle(arguments: argparse.Namespace) -> Diagnosis:
    from runback import app
    from runback.errors import UsageError
    from runback.reports.printable import printable

    said = ("app", "env", "branch", "sha", "pipeline", "symptom", "peers", "lab", "save_bundle")
    if any(getattr(arguments, name) for name in said):
        raise UsageError(
            "a bundle says itself what it is about", "Give --bundle FILE alone, or with a form of output."
        )
    diagnosis, notes = app.diagnose_bundle(arguments.bundle, Path.cwd())
    for note in notes:
        print(printable(note), file=sys.stderr)
    return diagnosis


def exit_code(report: Diagnosis | Scan) -> int:
    """1 causes found, 0 healthy, 3 where the evidence does not suffice to say."""
    if report.causes:
        return 1
    return 0 if report.verdict == "healthy" else 3


def _render(diagnosis: Diagnosis, arguments: argparse.Namespace) -> str:
    if arguments.json:
        from runback.reports import json

        return json.render_diagnosis(diagnosis)
    if arguments.markdown:
        from runback.reports import markdown

        return markdown.render_diagnosis(diagnosis)
    from runback.cli import output
    from runback.reports import terminal

    if arguments.show in ("map", "timeline"):
        return terminal.render_views(
            diagnosis.views, arguments.show, width=output.width(), colour=output.colour()
        )
    return terminal.render_diagnosis(
        diagnosis, width=output.width(), colour=output.colour(), everything=arguments.show == "all"
    )


def _symptoms(text: str) -> tuple[str, ...]:
    words = tuple(word for word in text.split(",") if word)
    for word in words:
        if word not in SYMPTOMS:
            raise argparse.ArgumentTypeError(f"{word!r} is not one of {', '.join(SYMPTOMS)}")
    return words
