"""Scenarios: files that say what people do to the healthy world, and what a diagnosis should find.

A scenario is checked strictly (`document`). Its truth is in the same file, but only `read_truth` tells it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from runback.errors import UsageError
from runback.lab import drawn
from runback.lab.changes import Change
from runback.lab.document import STAGES, Document, TrueCause, Truth
from runback.lab.drawn import Drawn
from runback.lab.variation import Variation

__all__ = ["Scenario", "Summary", "TrueCause", "Truth", "UnknownScenario"]

FOLDER = Path(__file__).parent / "scenarios"
PERSON = "maya@lab.example"  # who types cf in a scenario, and whose login a tool under test uses
KEYS = ("set", "stage", "line", "app", "environment", "world", "person", "changes", "truth")
NEEDED = ("set", "stage", "line", "app", "environment", "changes", "truth")
SETS = re.compile(r"[a-z]+(-[a-z]+)*")


class UnknownScenario(UsageError):
    """A name that no scenario has."""


@dataclass(frozen=True)
class Summary:
    """One line for people. `healthy` scenarios have nothing to find."""

    name: str
    set: str  # core, or a theme
    stage: str
    line: str
    healthy: bool


@dataclass(frozen=True)
class Scenario:
    name: str
    set: str
    stage: str
    line: str
    app: str
    environment: str
    world: str
    changes: tuple[Change, ...]
    person: str = PERSON  # whose login the tool under test has; the changes are Maya's, who may do all
    variation: Variation | None = None  # of the world


def summaries(folder: Path = FOLDER) -> tuple[Summary, ...]:
    """All scenarios: core first, then by the stage at which they fail; healthy ones last of a set."""
    return tuple(
        sorted(
            (summary(path.stem, folder) for path in folder.glob("*.yml")),
            key=lambda one: (one.set != "core", one.set, one.healthy, STAGES.index(one.stage), one.name),
        )
    )


def summary(name: str, folder: Path = FOLDER) -> Summary:
    """One line of the list. Raises UnknownScenario, and ConfigurationError for a malformed file."""
    if found := _drawn(name):
        return Summary(name, drawn.SET, found.stage, found.line, found.truth.healthy)
    document = _document(name, folder)
    return Summary(name, _set(document), _stage(document), document.text("line"), document.truth().healthy)


def read(name: str, folder: Path = FOLDER) -> Scenario:
    """Raises UnknownScenario, or ConfigurationError for a file that is not a scenario."""
    if found := _drawn(name):
        return Scenario(
            name=name,
            set=drawn.SET,
            stage=found.stage,
            line=found.line,
            app=found.app,
            environment=found.environment,
            world=drawn.WORLD,
            changes=found.changes,
            variation=found.variation,
        )
    document = _document(name, folder)
    document.truth()  # only to find fault with it
    return Scenario(
        name=name,
        set=_set(document),
        stage=_stage(document),
        line=document.text("line"),
        app=document.text("app"),
        environment=document.text("environment"),
        world=document.text("world", "reference"),
        changes=document.changes(),
        person=document.text("person", PERSON),
    )


def read_truth(name: str, folder: Path = FOLDER) -> Truth:
    """What is to be found in a scenario; for `score` only."""
    found = _drawn(name)
    return found.truth if found else _document(name, folder).truth()


def _drawn(name: str) -> Drawn | None:
    """The scenario behind a name such as random-1-17; None for other names."""
    parts = drawn.NAME.fullmatch(name)
    return drawn.read(int(parts[1]), int(parts[2])) if parts else None


def _document(name: str, folder: Path) -> Document:
    path = folder / f"{name}.yml"
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and path.is_file():
        return Document(path, KEYS, NEEDED)
    names = sorted(one.stem for one in folder.glob("*.yml"))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    guess = f"Did you mean {', '.join(near)}? " if near else ""
    raise UnknownScenario(f"There is no scenario {name!r}.", f"{guess}'runback lab list' shows them all.")


def _stage(document: Document) -> str:
    return document.one_of("stage", STAGES)


def _set(document: Document) -> str:
    found = document.text("set")
    if not SETS.fullmatch(found):
        raise document.refuse("set", "'set' must be a word in lower case")
    return found
