"""`runback demo`: the main job on the built-in lab, without an account or a network."""

from __future__ import annotations

import argparse
import sys

DEFAULT = "policy-missing"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "scenario",
        nargs="?",
        default=DEFAULT,
        metavar="SCENARIO",
        help=f"of 'runback lab list' (default: {DEFAULT})",
    )


def run(arguments: argparse.Namespace) -> int:
    from runback import app, lab, score
    from runback.cli import output
    from runback.reports import terminal

    summary = lab.summary(arguments.scenario)
    output.write(f"The lab breaks a deployment: {summary.line}\n$ runback diagnose --lab {summary.name}\n\n")
    with output.progress("Looking at CircleCI and Cloud Foundry …") as progress:
        diagnosis = app.diagnose_scenario(summary.name, progress=progress)
    output.write(terminal.render_diagnosis(diagnosis, width=output.width(), colour=output.colour()))
    if score.judge(summary.name, diagnosis).right:
        return 0
    print("runback: the demo did not find the fault that it injected.", file=sys.stderr)
    print("Please report it: this should never happen.", file=sys.stderr)
    return 4
