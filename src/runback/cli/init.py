"""`runback init`: writes runback.toml from the repository and from what the cf login shows."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="write over a runback.toml that is there")


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output

    with output.progress("Looking at the repository and the platform …"):
        written = app.initialise(Path.cwd(), os.environ, force=arguments.force)
    output.write(f"{written.path} written.\n")
    for note in written.notes:
        output.write(f"  {note}\n")
    output.write("Read it, then: runback check\n")
    return 0
