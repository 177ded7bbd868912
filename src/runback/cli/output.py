"""How commands print: reports to standard output, progress to standard error, colour only for people."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

WIDEST = 120  # columns: longer lines are hard to read
PIPED = 100  # columns where there is no terminal
REPEAT_SECONDS = 120.0  # after which a step that is still under way is told again


def width() -> int:
    """Columns for a report."""
    if not sys.stdout.isatty():
        return PIPED
    return min(shutil.get_terminal_size((PIPED, 24)).columns, WIDEST)


def colour() -> bool:
    """Whether standard output is a terminal whose owner did not set NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write(text: str) -> None:
    """Text to standard output; what its encoding cannot show stands as an escape."""
    if redact := sys.modules.get("runback.redact"):  # else nothing was learned
        text = redact.outgoing_report(text)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what is being done; silent where nobody looks, or with NO_COLOR."""
    if not sys.stderr.isatty() or os.environ.get("NO_COLOR"):
        yield lambda _line: None
        return
    from rich.console import Console
    from rich.markup import escape

    from runback.reports.printable import printable

    console = Console(stderr=True)
    with console.status(what) as status:
        yield lambda line: status.update(escape(printable(line, 80)))


@contextmanager
def steps(what: str) -> Iterator[Callable[[str], None]]:
    """As `progress`, of a change: where there is no terminal each step is a line of its own.

    A log must say how far a change came, and CI ends a job that is silent for ten minutes.
    """
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        with progress(what) as show:
            yield show
        return
    from runback.redact import outgoing_report
    from runback.reports.printable import printable

    last, at = "", 0.0

    def say(line: str) -> None:
        nonlocal last, at
        if line != last or monotonic() - at >= REPEAT_SECONDS:
            print(printable(outgoing_report(line), 200), file=sys.stderr, flush=True)
            last, at = line, monotonic()

    yield say
