"""What the commands that change something share: show the plan, agree, carry out, go on, take back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.app import Outcome, Place, Proposal
    from runback.remedies.journal import Journal

SOURCES = "env:NAME, file:PATH or ask"


def add_apply(parser: argparse.ArgumentParser) -> None:
    """The options of every command that can change something."""
    parser.add_argument("--apply", action="store_true", help="carry the plan out, and prove that it helped")
    parser.add_argument(
        "--yes", action="store_true", help="do not ask; protected apps still ask for their name"
    )
    parser.add_argument("--undo", action="store_true", help="take back a change that was interrupted")
    parser.add_argument(
        "--lab", metavar="SCENARIO", help="on a scenario of the built-in lab; no real token is used"
    )


def add_value(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--value",
        action="append",
        default=[],
        type=_source,
        metavar="NAME=SOURCE",
        help=f"where a variable's value comes from: {SOURCES} (default: your shell's variable of that name)",
    )


def _source(text: str) -> tuple[str, str]:
    name, _, source = text.partition("=")
    kind, _, where = source.partition(":")
    if not name or not (source == "ask" or (kind in ("env", "file") and where)):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SOURCE with {SOURCES}")
    return name, source


def agree_and_apply(proposal: Proposal, place: Place, arguments: argparse.Namespace, command: str) -> int:
    """Prints the plan; with --apply asks once, carries it out, and prints what became of it."""
    from runback import app
    from runback.cli import consent, output
    from runback.reports import remedies

    if not proposal.remedies or not arguments.apply:
        return _only_print(proposal, arguments)
    if not arguments.json:
        output.write(remedies.render_plans(proposal.remedies))
    if not proposal.chosen:
        return _report(app.Outcome(proposal.target, proposal.remedies), arguments)
    values = consent.values(proposal.asks_for, getattr(arguments, "value", ()), place.known)
    if not consent.agreed(proposal.guarded, yes=arguments.yes):
        print("Nothing was changed.", file=sys.stderr)
        return 1
    with _interruptible(command), output.steps("Changing …") as progress:
        at_work = replace(place, progress=progress, say=_said, passphrase=_passphrase(place))
        outcome = app.carry_out(proposal, at_work, command, values)
    return _report(outcome, arguments)


def resume(journal: Journal, place: Place, arguments: argparse.Namespace, ours: str) -> int:
    """Goes on with a change that was interrupted; without --apply, or for another command, says so."""
    from runback import app
    from runback.cli import consent, output
    from runback.errors import UsageError

    began = f"'{journal.command}' of {journal.began:%Y-%m-%d %H:%M} UTC was interrupted"
    asked = getattr(arguments, "env", None)
    elsewhere = asked is not None and asked != journal.target.environment
    if elsewhere or not f"{journal.command} ".startswith(f"{ours} "):
        at = f", in {journal.target.environment}" if elsewhere else ""
        raise UsageError(
            f"{began}{at}", f"'{journal.command} --apply' goes on with it, --undo takes it back."
        )
    if not arguments.apply:
        raise UsageError(began, "--apply goes on with it where it stands, --undo takes back what it did.")
    print(f"{began}: it goes on where it stands.", file=sys.stderr)
    values = consent.values(app.values_missing(journal), getattr(arguments, "value", ()), place.known)
    with _interruptible(journal.command), output.steps("Changing …") as progress:
        at_work = replace(place, progress=progress, say=_said, passphrase=_passphrase(place))
        outcome = app.resume(journal, at_work, values)
    return _report(outcome, arguments)


def _said(line: str) -> None:
    """A line of a script's output, live: it is no report."""
    print(line, file=sys.stderr)


def _passphrase(place: Place) -> Callable[[], str | None]:
    """The place's own, else $RUNBACK_PASSPHRASE, else what the person types."""

    @cache
    def ask() -> str | None:
        from runback.cli import consent

        return place.passphrase() or place.environ.get("RUNBACK_PASSPHRASE") or consent.passphrase()

    return ask


@contextmanager
def _interruptible(command: str) -> Iterator[None]:
    """Says what stands after Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"'{command} --apply' goes on where it stands, --undo takes it back.", file=sys.stderr)
        raise


def undo(journal: Journal | None, place: Place) -> int:
    """Takes back what an interrupted change did."""
    from runback import app
    from runback.cli import output
    from runback.errors import UsageError

    if journal is None:
        raise UsageError("no change was interrupted here", "There is nothing to take back.")
    with output.steps("Taking back …") as progress:
        said = app.undo(journal, replace(place, progress=progress, passphrase=_passphrase(place)))
    output.write("".join(f"{sentence}\n" for sentence in said or ["nothing had been changed"]))
    return 1 if any(sentence.startswith("not taken back") for sentence in said) else 0


def _only_print(proposal: Proposal, arguments: argparse.Namespace) -> int:
    from runback.cli import output
    from runback.reports import json, remedies

    if arguments.json:
        document = remedies.document(
            proposal.target, proposal.remedies, applied=False, verdict=proposal.diagnosis.verdict
        )
        output.write(json.dump(document))
    elif not proposal.remedies:
        output.write(f"{proposal.diagnosis.sentence}\nThere is nothing to fix.\n")
    else:
        output.write(remedies.render_plans(proposal.remedies))
        if proposal.chosen:
            output.write("\nThis is a plan: nothing was changed. --apply carries it out.\n")
    # An unknown world is no healthy one.
    return 3 if proposal.diagnosis.verdict == "unknown" and not proposal.remedies else 0


def _report(outcome: Outcome, arguments: argparse.Namespace) -> int:
    from runback.cli import output
    from runback.reports import json, remedies

    after = outcome.after
    if arguments.json:
        document = remedies.document(
            outcome.target, outcome.remedies, applied=True, verdict=after.verdict if after else None
        )
        output.write(json.dump(document))
    else:
        output.write(remedies.render_outcome(outcome.remedies, after.sentence if after else ""))
    return 0 if outcome.well else 1
