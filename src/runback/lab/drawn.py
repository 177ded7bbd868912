"""Scenarios that are drawn, not written: `random-SEED-NUMBER` is faults of the catalogue in a varied world.

The same name is always the same scenario, so that a miss can be looked at again: `runback diagnose --lab
random-1-17`.
"""

from __future__ import annotations

import functools
import random
import re
from dataclasses import dataclass

from runback.lab import faults
from runback.lab.changereading import CHANGES
from runback.lab.changes import Change
from runback.lab.document import Truth
from runback.lab.places import WORLDS, places
from runback.lab.variation import Variation, draw

NAME = re.compile(r"random-(\d{1,9})-(\d{1,9})")
SET = "random"
WORLD = "reference"
_ENVIRONMENTS = ("raft", "raft", "raft", "staging", "staging", "qasp", "a11y", "develop", "prod")
# Faults that stop a pipeline before it deploys: what was wrong on the platform before stays wrong.
EARLY = frozenset(
    {
        "ci-org-wrong",
        "ci-password-expired",
        "config-broken",
        "lint-failed",
        "package-version-missing",
        "secret-committed",
        "test-failed",
    }
)
# What keeps any app from starting again, whatever else is done to it.
HIDING = frozenset({"cells-full"})
_BOTS = ("/wp-login.php", "/.env", "/admin/config.php", "/actuator/health")


@dataclass(frozen=True)
class Drawn:
    """One draw; names are those of the varied world."""

    app: str
    environment: str
    stage: str
    line: str
    changes: tuple[Change, ...]
    truth: Truth
    variation: Variation


@functools.lru_cache(maxsize=64)
def read(seed: int, number: int) -> Drawn:
    """The scenario of a seed and a number."""
    chance = random.Random(f"{seed}:{number}")  # noqa: S311 - a draw that repeats, not a secret
    reference = chance.choice(_ENVIRONMENTS)
    variation = draw(chance, reference)
    names = variation.places(places(WORLDS / WORLD, reference))
    chosen = _faults(chance, reference, names)
    noise = _noise(chance, reference, variation, names)
    inject = [CHANGES["fault"](name) for name in chosen]
    found = [faults.read(name, names) for name in chosen]
    truths = [faults.read_truth(name, names) for name in chosen]
    return Drawn(
        app=found[0].app if found else names["backend"],
        environment=names["env"],
        stage=found[0].stage if found else "serve",
        line=f"Drawn: {', '.join(chosen) or 'nothing is wrong'}.",
        changes=(*noise, *inject),
        truth=Truth(
            causes=tuple(cause for truth in truths for cause in truth.causes),
            chain=tuple(dict.fromkeys(page for truth in truths for page in truth.chain)),
        ),
        variation=variation,
    )


def _faults(chance: random.Random, environment: str, names: dict[str, str]) -> list[str]:
    """None, one, or two that do not hide each other: the platform's first, as a deployment would mend it."""
    catalogue = [one.name for one in faults.catalogue(names)]
    if environment == "prod":  # what deploys there waits for a person
        needs = {one.name for one in faults.catalogue(names) if one.needs}
        before = {name for name in EARLY if not name.startswith("ci-")}  # the login comes after the person
        catalogue = [name for name in catalogue if name in before or name not in needs]
    kind = chance.random()
    if kind < 0.08:
        return []
    first = chance.choice(catalogue)
    if kind < 0.8:
        return [first]
    # What is wrong with the worker hides nothing of what is wrong with the rest, and the other way round.
    worker = {one.name: one.app == names["celery"] for one in faults.catalogue(names) if not one.needs}
    if first in EARLY:
        return [chance.choice(sorted(worker)), first]
    if first not in worker or first in HIDING:
        return [first]
    others = [name for name in sorted(worker) if worker[name] != worker[first] and name not in HIDING]
    return [first, chance.choice(others)]


def _noise(
    chance: random.Random, environment: str, variation: Variation, names: dict[str, str]
) -> list[Change]:
    """What happens besides and matters to nobody."""
    found: list[Change] = []
    if chance.random() < 0.3:
        app = names[chance.choice(("frontend", "backend", "celery", "proxy"))]
        found.append(CHANGES["platform.evacuate"](app))
    peers = [name for name in ("qasp", "a11y", "develop") if name not in (*variation.dropped, environment)]
    if peers and chance.random() < 0.3:
        fault = chance.choice(("jwt-key-unset", "backend-stopped", "db-unbound", "celery-memory-too-small"))
        peer = variation.rename(chance.choice(peers))
        found.append(CHANGES["fault"]({"name": fault, "environment": peer}))
    if chance.random() < 0.25:
        subject = chance.choice(("Tidy the views", "A first draft"))
        found.append(CHANGES["commit"]({"branch": "feature/tidy", "subject": subject, "take": "tidy-views"}))
    if chance.random() < 0.25:
        url = f"http://{names['frontend']}.{names['domain']}{chance.choice(_BOTS)}"
        found.append(CHANGES["visit"]({"url": url, "times": chance.randrange(3, 15)}))
    if chance.random() < 0.2:
        found.append(CHANGES["cf"](f"restart {names[chance.choice(('frontend', 'celery'))]}"))
    found.append(CHANGES["wait"](f"{chance.randrange(1, 20)}m"))
    return found
