"""A new page of the runbook: drafted from a line, written, and run."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runback.app.runbook import OWN_PAGES, ExamplesRun, run_examples, runbook
from runback.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from runback.rules.proposing import Draft

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Proposal:
    """What a line suggests: a pattern ('' where it says too little), a title, and the pages that know it."""

    line: str  # as it will stand in the page: rendered, and without secrets
    pattern: str
    title: str
    known_by: tuple[str, ...]


@dataclass(frozen=True)
class NewPage:
    """The page that was written, and what running its examples brought."""

    path: Path
    run: ExamplesRun
    also_fires_on: tuple[str, ...]  # pages whose examples the new signature hits as well


def propose_page(line: str) -> Proposal:
    """What one line of a log suggests. Raises UsageError where there is no text in it."""
    from runback.logs.clean import cleaner
    from runback.redact import Redactor
    from runback.rules.proposing import pattern_of, title_of

    raw = line.strip().encode("utf-8", "replace").split(b"\n")[0]
    shown = Redactor(b"page").seal(cleaner(raw)(raw)).decode("utf-8", "replace").strip()
    if not shown:
        raise UsageError("The line is empty.", "Give the line of the log that names the fault.")
    return Proposal(shown, pattern_of(shown), title_of(shown), _fires(shown))


def new_page(draft: Draft, folder: Path = OWN_PAGES) -> NewPage:
    """Write the page and run its examples. Nothing is written where the page is not one.

    Raises UsageError for an id that is taken or no id, ConfigurationError for what a page may not say.
    """
    from runback.rules.proposing import page_text

    path = folder / draft.stage / f"{draft.id}.md"
    _check_id(draft.id, path)
    with tempfile.TemporaryDirectory() as trial:
        file = Path(trial) / draft.stage / path.name
        file.parent.mkdir()
        file.write_text(page_text(draft), encoding="utf-8")
        try:
            run = run_examples([draft.id], rewrite=True, folder=Path(trial))
        except ConfigurationError as error:
            raise ConfigurationError(str(error).replace(f"{trial}/", ""), error.advice) from error
        text = file.read_text(encoding="utf-8")
        also = _also_fires(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "Name another --dir.") from error
    failures = tuple(failure.replace(f"{trial}/", f"{folder}/") for failure in run.failures)
    return NewPage(path, ExamplesRun(run.pages, run.examples, failures), also)


def _check_id(name: str, path: Path) -> None:
    if not _ID.fullmatch(name):
        raise UsageError(f"{name!r} is no id for a page.", "Name the fault in words with hyphens: disk-full.")
    taken = [page.path for page in runbook().pages if page.id == name]
    if taken or path.exists():
        raise UsageError(f"There is a page {name} already: {taken[0] if taken else path}", "Take another id.")


def _fires(text: str) -> tuple[str, ...]:
    """The pages whose signatures fire on the text, in their order."""
    from runback.model import Log, LogText

    log = Log(id="line", kind="input", name="line", text=LogText(text.encode() + b"\n"))
    return tuple(outcome.page for outcome in runbook().outcomes({}, [log]) if outcome.findings)


def _also_fires(file: Path) -> tuple[str, ...]:
    """Pages on whose examples the new page fires: its signature is too wide, or they are one fault."""
    from runback.model import Log, LogText
    from runback.rules import Runbook
    from runback.rules.pages import parse_page

    alone = Runbook([parse_page(file)])
    hit = []
    for page in runbook().pages:
        logs = "\n".join(example.log for example in page.examples if example.log)
        log = Log(id=page.id, kind="input", name=page.id, text=LogText(logs.encode() + b"\n"))
        if logs and any(outcome.findings for outcome in alone.outcomes({}, [log])):
            hit.append(page.id)
    return tuple(hit)
