"""`runback runbook new`: asks what was seen, and writes a page that finds it again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from runback.app import NewPage


def configure(parser: argparse.ArgumentParser) -> None:
    """Every question has an option; what is not given is asked for where somebody can answer."""
    parser.add_argument("id", nargs="?", metavar="ID", help="names the fault: disk-full, redis-refused")
    parser.add_argument("--line", metavar="TEXT", help="the line of the log that names the fault")
    parser.add_argument("--title", help="what a report says; {names} are columns of the pattern")
    parser.add_argument("--stage", help="where it breaks: build, deploy, start, connect …")
    parser.add_argument("--meaning", help="what it means, for somebody who never saw it")
    parser.add_argument("--mitigation", help="what to do about it")
    parser.add_argument("--pattern", help="the signature (default: proposed from the line)")
    parser.add_argument("--harmless", metavar="TEXT", help="a line that looks alike and is no fault")
    parser.add_argument("--source", default="any", metavar="S[,S]", help="which logs: app, step, staging …")
    parser.add_argument("--seen-in", metavar="WHERE", help="which program says it: 'nginx 1.22'")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="folder of pages (default: .runback/runbook)")


def run(arguments: argparse.Namespace) -> int:
    from runback import app
    from runback.cli import output
    from runback.model import Stage
    from runback.rules.proposing import Draft

    line = _answer(arguments.line, "--line", "The line of the log that names the fault")
    proposal = app.propose_page(line)
    if proposal.known_by:
        output.write(f"Known already by: {', '.join(proposal.known_by)}\n")
    identifier = _answer(arguments.id, "ID", "An id for the page, such as disk-full")
    stages = get_args(Stage)
    stage = _answer(arguments.stage, "--stage", f"Where it breaks ({', '.join(stages)})", stages.__contains__)
    pattern = arguments.pattern or _answer(None, "--pattern", "Signature", default=proposal.pattern)
    title = arguments.title or _answer(None, "--title", "Title", default=proposal.title)
    draft = Draft(
        id=identifier,
        line=proposal.line,
        title=title,
        stage=stage,  # type: ignore[arg-type]  # looked up in the stages
        meaning=_answer(arguments.meaning, "--meaning", "What it means"),
        mitigation=_answer(arguments.mitigation, "--mitigation", "What to do about it"),
        provenance=_answer(arguments.seen_in, "--seen-in", "Which program says it", default="seen in a log"),
        pattern=pattern,
        sources=tuple(arguments.source.split(",")),
        harmless=arguments.harmless or "",
    )
    return _report(app.new_page(draft, arguments.dir or app.OWN_PAGES))


def _report(made: NewPage) -> int:
    from runback.cli import output

    output.write(f"{made.path} written.\n")
    if made.also_fires_on:
        shown = ", ".join(made.also_fires_on[:5])
        output.write(f"Its signature also fires on examples of {shown}: make it narrower, or join them.\n")
    for failure in made.run.failures:
        output.write(f"✗ {failure}\n")
    output.write(f"{made.run.examples} examples, {len(made.run.failures)} failures\n")
    return 1 if made.run.failures else 0


def _answer(
    given: str | None,
    option: str,
    question: str,
    allowed: Callable[[str], bool] = bool,
    default: str = "",
) -> str:
    """What was given, else what a person types; where there is nobody the default, or an error."""
    from runback.errors import UsageError

    answer = given or ""
    while not given and sys.stdin.isatty():
        shown = f" [{default}]" if default else ""
        print(f"{question}{shown}: ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline().strip() or default
        if allowed(answer):
            return answer
    answer = answer or default
    if not allowed(answer):
        raise UsageError(
            f"{question}: give it with {option}.", "'runback runbook new --help' shows all options."
        )
    return answer
