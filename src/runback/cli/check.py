"""`runback check`: tokens, targets and permissions, and what each missing one costs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.checks import Check

SIGNS = {True: "✓", False: "✗", None: "?"}


def configure(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    with output.progress("Trying tokens and targets …"):
        checks = app.check(Path.cwd(), os.environ)
    if arguments.json:
        from runback.reports import json

        output.write(json.dump({"schema": "runback.check/1", "checks": checks}))
    else:
        output.write("".join(map(_lines, checks)))
    return 0 if all(check.ok for check in checks) else 3


def _lines(check: Check) -> str:
    from runback.reports.printable import printable

    lines = [f"{SIGNS[check.ok]} {printable(check.name)}: {printable(check.says)}"]
    if check.costs and not check.ok:
        lines.append(f"    costs: {printable(check.costs)}")
    if check.next_step and not check.ok:
        lines.append(f"    next:  {printable(check.next_step)}")
    return "\n".join(lines) + "\n"
