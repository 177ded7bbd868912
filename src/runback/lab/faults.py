"""The catalogue of faults: what people do wrong, in any environment of any world, and what undoes it.

A fault is a file of `faults/`: like a scenario, but with places (`{backend}`, see places.py) for names, and
with `heal`. `runback lab break` puts one into a running lab, scenarios combine them, and `lab score --random`
draws from them. Its truth is in the same file, but only `read_truth` hands it out.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runback.errors import UsageError
from runback.lab.changes import Change
from runback.lab.document import STAGES, Document, Truth

FOLDER = Path(__file__).parent / "faults"
KEYS = ("stage", "line", "app", "needs", "changes", "heal", "truth")
NEEDED = ("stage", "line", "changes", "heal", "truth")
NEEDS = ("", "ci")  # ci: only where CI deploys the environment


class UnknownFault(UsageError):
    """A name that no fault of the catalogue has."""


@dataclass(frozen=True)
class Fault:
    name: str
    stage: str
    line: str
    app: str  # which app a person would complain about
    needs: str
    changes: tuple[Change, ...]
    heal: tuple[Change, ...]


@functools.cache
def names(folder: Path = FOLDER) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.yml")))


def catalogue(places: Mapping[str, str], folder: Path = FOLDER) -> tuple[Fault, ...]:
    """All faults that an environment can have, by stage."""
    found = (read(name, places, folder) for name in names(folder))
    able = (fault for fault in found if not fault.needs or "branch" in places)
    return tuple(sorted(able, key=lambda fault: (STAGES.index(fault.stage), fault.name)))


def read(name: str, places: Mapping[str, str], folder: Path = FOLDER) -> Fault:
    """Raises UnknownFault, or ConfigurationError for a file that is not a fault."""
    document = _document(name, places, folder)
    return Fault(
        name=name,
        stage=document.one_of("stage", STAGES),
        line=document.text("line"),
        app=document.text("app", places.get("backend", "")),
        needs=document.one_of("needs", NEEDS),
        changes=document.changes(),
        heal=document.changes("heal"),
    )


def read_truth(name: str, places: Mapping[str, str], folder: Path = FOLDER) -> Truth:
    """What is to be found of a fault; for `score` only."""
    return _document(name, places, folder).truth()


def check(name: str) -> None:
    """Raises UnknownFault for a name that no fault has."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=3, cutoff=0.4)
        advice = f"Did you mean {', '.join(near)}?" if near else "'runback lab break' lists them all."
        raise UnknownFault(f"There is no fault {name!r}.", advice)


def _document(name: str, places: Mapping[str, str], folder: Path) -> Document:
    if folder == FOLDER:
        check(name)
    return Document(folder / f"{name}.yml", KEYS, NEEDED, places)
