"""Runs scenarios through `app` and compares with their truth, which nobody else reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from runback import app, lab
from runback.app import Progress, silent
from runback.errors import UsageError
from runback.model import Diagnosis, Finding

if TYPE_CHECKING:
    from runback.lab.document import TrueCause, Truth

MANY = 12  # scenarios for which a second process is worth its start
TRIES = 2  # what the first cause has hidden shows once it is mended: people give the same command again
# What people decide where nobody else can: the apps that they stop to free memory, by scenario.
GIVEN_UP = {"quota-taken-by-neighbour": ("tdp-backend-qasp",)}


@dataclass(frozen=True)
class Scored:
    """One scenario: what was to be found, and what was."""

    name: str
    set: str
    expected: tuple[str, ...]  # page ids of the truth
    causes: tuple[str, ...]  # page ids of the diagnosis, by rank
    right: bool  # the first n causes are the n expected ones, on the expected apps
    false_causes: int  # causes that the truth does not know
    chain_right: bool  # what the truth says the cause led to, and what was to be said beside it
    unknown: bool  # nothing was named, and that was said
    fixed: bool | None = None  # None: not tried, or only a person can mend it


@dataclass(frozen=True)
class Score:
    """All scenarios that were run. `perfect`: each named its causes, its chain, and nothing else."""

    scenarios: tuple[Scored, ...]

    @property
    def right(self) -> int:
        return sum(item.right for item in self.scenarios)

    @property
    def false_causes(self) -> int:
        return sum(item.false_causes for item in self.scenarios)

    @property
    def perfect(self) -> bool:
        return all(item.right and item.chain_right and not item.false_causes for item in self.scenarios)


def run(
    names: Sequence[str] = (),
    *,
    only_set: str | None = None,
    fix: bool = False,
    drawn: int = 0,
    seed: int = 1,
    progress: Progress = silent,
) -> Score:
    """Score the named scenarios, or all of a set, or all; with `fix` mend each and diagnose it again.

    `drawn` scenarios of a `seed` instead are faults of the catalogue in varied worlds.
    """
    wanted = list(names) or [f"random-{seed}-{number}" for number in range(1, drawn + 1)]
    wanted = wanted or [item.name for item in lab.scenarios() if only_set in (None, item.set)]
    if not wanted:
        known = ", ".join(sorted({item.set for item in lab.scenarios()}))
        raise UsageError(f"there is no set of scenarios {only_set!r}", f"There are: {known}.")
    scored = []
    for number, item in enumerate(_each(_mended if fix else _diagnosed, wanted), 1):
        progress(f"{number} of {len(wanted)}: {item.name}")
        scored.append(item)
    return Score(tuple(scored))


def _each(one: Callable[[str], Scored], names: Sequence[str]) -> Iterator[Scored]:
    """The scenarios in their order; many in two processes, since each lab is a world of its own."""
    if len(names) < MANY:
        yield from map(one, names)
        return
    # Spawned: a process that runs threads is not copied.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, names)


def _diagnosed(name: str) -> Scored:
    return judge(name, app.diagnose_scenario(name))


def _mended(name: str) -> Scored:
    """Diagnosed, mended as `runback fix --apply --yes` does, and diagnosed again by an untouched run."""
    with lab.start(name) as running:
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        proposal = app.propose(request, place, stop=GIVEN_UP.get(name, ()))
        scored = judge(name, proposal.diagnosis)
        causes = lab.truth(name).causes
        if not any(cause.remedy for cause in causes):
            return scored  # there is nothing to mend, or only for a person: code, or a deployment
        back = False  # a release that was taken back leaves a red job and a branch that is ahead
        running.recover()  # nobody mends what is out of order elsewhere: it has ended by the time one tries
        running.faults.clear()
        for _ in range(TRIES):
            if not proposal.chosen:
                break
            kept = {wanted: running.remembered(wanted) or "" for wanted in proposal.asks_for}
            outcome = app.carry_out(proposal, place, "runback lab score --fix", kept)
            back = any(one.plan and one.plan.remedy == "rollback" for one in outcome.remedies if outcome.well)
            if outcome.well or app.unfinished(place) is not None:
                break
            proposal = app.propose(request, place)
        if not all(
            cause.remedy for cause in causes
        ):  # who wrote it takes it back: then what was mended beside it must be all there was
            running.revert(running.places()["branch"])
        after = app.diagnose_running(running)
        left = [
            cause
            for cause in after.causes
            if not (back and {symptom.name for symptom in cause.symptoms} <= app.RELEASE)
        ]
        return replace(scored, fixed=after.verdict == "healthy" or (back and not left))


def judge(name: str, diagnosis: Diagnosis) -> Scored:
    """Hold a diagnosis of a scenario against its truth."""
    truth = lab.truth(name)
    found = [cause.finding for cause in diagnosis.causes]
    right = len(found) >= len(truth.causes) and _same(found[: len(truth.causes)], truth.causes)
    if truth.unknown:
        right = not found and {page.page for page in diagnosis.unknown}.issuperset(truth.unknown)
    elif truth.healthy:
        right = diagnosis.verdict == "healthy"
    return Scored(
        name=name,
        set=lab.summary(name).set,
        expected=tuple(cause.page for cause in truth.causes),
        causes=tuple(finding.page for finding in found),
        right=right,
        false_causes=sum(not any(_matches(one, true) for true in truth.causes) for one in found),
        chain_right=_chain_right(diagnosis, truth.chain) and _beside_right(diagnosis, truth),
        unknown=not found and diagnosis.verdict == "unknown",
    )


def document(score: Score) -> dict[str, Any]:
    """The document of schema `runback.score/1`."""
    return {
        "schema": "runback.score/1",
        "scenarios": [
            {
                "name": item.name,
                "set": item.set,
                "expected": list(item.expected),
                "causes": list(item.causes),
                "right": item.right,
                "false_causes": item.false_causes,
                "chain_right": item.chain_right,
                "unknown": item.unknown,
                "fixed": item.fixed,
            }
            for item in score.scenarios
        ],
        "right": score.right,
        "total": len(score.scenarios),
        "false_causes": score.false_causes,
    }


def table(score: Score) -> str:
    """The score for a person: a line a scenario, and the sums."""
    width = max(len(item.name) for item in score.scenarios)
    tried = any(item.fixed is not None for item in score.scenarios)
    lines = [f"{'scenario':<{width}}  cause  false  chain  {'fixed  ' if tried else ''}found"]
    for item in score.scenarios:
        found = ", ".join(item.causes) or ("unknown" if item.unknown else "nothing")
        wanted = "" if item.right else f"  (expected: {', '.join(item.expected) or 'nothing'})"
        lines.append(
            f"{item.name:<{width}}  {_mark(item.right):<5}  {item.false_causes:<5}  "
            f"{_mark(item.chain_right):<5}  {_fixed(item) if tried else ''}{found}{wanted}"
        )
    total = len(score.scenarios)
    chains = sum(item.chain_right for item in score.scenarios)
    lines.append(
        f"{score.right} of {total} right, {score.false_causes} false causes, {chains} of {total} chains right"
    )
    if tried:
        can = [item for item in score.scenarios if item.fixed is not None]
        mended = sum(bool(item.fixed) for item in can)
        lines.append(f"{mended} of {len(can)} fixed; - nothing to mend, or code or a deployment, by a person")
    return "\n".join(lines) + "\n"


def _fixed(item: Scored) -> str:
    return f"{'-' if item.fixed is None else _mark(item.fixed):<5}  "


def _mark(good: bool) -> str:
    return "✓" if good else "✗"


def _matches(found: Finding, expected: TrueCause) -> bool:
    """The same page, and the same app and value where the truth names one."""
    return (
        found.page == expected.page
        and expected.app in (None, found.app)
        and (expected.value is None or expected.value in map(str, found.values.values()))
    )


def _same(found: Sequence[Finding], expected: Sequence[TrueCause]) -> bool:
    rest = list(expected)
    for one in found:
        match = next((true for true in rest if _matches(one, true)), None)
        if match is None:
            return False
        rest.remove(match)
    return not rest


def _chain_right(diagnosis: Diagnosis, chain: Sequence[str]) -> bool:
    """Whether each page or symptom of the truth's chain is explained by a cause."""
    explained = {name for cause in diagnosis.causes for name in cause.explains}
    return explained.issuperset(chain)


def _beside_right(diagnosis: Diagnosis, truth: Truth) -> bool:
    """Whether the notices and the changes of the truth are said."""
    noticed = {finding.page for finding in diagnosis.notices}
    changed = [
        f"{one.kind} {one.name} {one.change} by {one.by}"
        for seen in diagnosis.views.changes
        for one in seen.changes
    ]
    return noticed.issuperset(truth.notices) and all(
        any(said.startswith(wanted) for said in changed) for wanted in truth.changes
    )
