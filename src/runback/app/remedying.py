"""From a diagnosis to a mended deployment: choose plans, carry them out, prove that they helped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runback.app.diagnosis import collect, judge, memory
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.errors import FetchError, UsageError
from runback.model import Cause, Diagnosis, Evidence, Gap, Plan, Platform, Target

if TYPE_CHECKING:
    from runback.config import Configuration
    from runback.lab.running import RunningLab
    from runback.remedies.apply import Run
    from runback.remedies.journal import Item, Journal
    from runback.state import ProjectState

Result = Literal["planned", "together", "verified", "not verified", "failed", "gone", "by hand", "blocked"]
# Seconds before each look that is to prove a remedy: requests come when people come.
LOOKS = (0.0, 15.0, 30.0, 60.0, 120.0, 240.0)


@dataclass(frozen=True)
class Place:
    """Where a person stands, how time passes there, and which values of variables they have at hand."""

    start: Path
    environ: Mapping[str, str] = field(repr=False)
    now: Now = utc_now
    sleep: Callable[[float], None] = time.sleep
    progress: Progress = silent
    known: Callable[[str], str | None] = field(default=lambda _name: None, repr=False)

    @classmethod
    def in_lab(cls, running: RunningLab, progress: Progress = silent) -> Place:
        """In the checkout of a lab, with its login and its clock, which moves by waiting."""
        known = running.remembered
        return cls(running.checkout, running.environ, running.now, running.wait, progress, known)


@contextmanager
def place(scenario: str | None, environ: Mapping[str, str]) -> Iterator[tuple[Place, Request]]:
    """Where the process stands, or a lab with a scenario, and what to look at if nothing else is said."""
    if scenario is None:
        yield Place(Path.cwd(), environ, known=environ.get), Request()
        return
    from runback import lab

    with lab.start(scenario) as running:
        yield Place.in_lab(running), Request(app=running.app, environment=running.environment)


@dataclass(frozen=True)
class Remedied:
    """What became of one cause, or of one remedy that somebody asked for by itself."""

    cause: Cause | None
    plan: Plan | None
    result: Result
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What would be done. `guarded` are the apps in protected places whose name a person must type."""

    target: Target
    diagnosis: Diagnosis
    remedies: tuple[Remedied, ...]
    guarded: tuple[str, ...] = ()

    @property
    def chosen(self) -> tuple[Remedied, ...]:
        return tuple(one for one in self.remedies if one.result == "planned")

    @property
    def asks_for(self) -> tuple[str, ...]:
        """The names of the variables whose values the plans need."""
        steps = [step for one in self.chosen if one.plan for step in one.plan.steps]
        names = (
            str(step.parameters["name"])
            for step in steps
            if step.action.endswith("/environment_variables") and not step.parameters.get("unset")
        )
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Outcome:
    """How it ended. `after` is the last diagnosis; None where nothing was done."""

    target: Target
    remedies: tuple[Remedied, ...]
    after: Diagnosis | None = None

    @property
    def well(self) -> bool:
        return all(one.result in ("verified", "gone") for one in self.remedies)


def propose(request: Request, place: Place, cause: str | None = None, remedy: str | None = None) -> Proposal:
    """The plans for the causes of a fresh diagnosis, or for the one cause that is named.

    Raises UsageError for a cause or a remedy that the diagnosis does not have, and as `diagnose` does.
    """
    evidence, collect_ms = collect(request, place.start, place.environ, place.progress, place.now)
    diagnosis = judge(evidence, collect_ms)
    memory(evidence.target, place.environ).remember(diagnosis, evidence.collected_at)
    chosen = [one for one in diagnosis.causes if cause in (None, one.finding.page)]
    if cause is not None and not chosen:
        there = ", ".join(one.finding.page for one in diagnosis.causes) or "none"
        raise UsageError(f"the diagnosis has no cause {cause!r}", f"Its causes: {there}.")
    remedies = _together([_choose(one, remedy) for one in chosen])
    return Proposal(evidence.target, diagnosis, remedies, guarded(remedies, evidence, place))


def last_target(place: Place) -> Target | None:
    """What the last diagnosis here looked at; None where there is none."""
    from runback import config

    last = memory(_any_target(config.load(place.start, place.environ)), place.environ).last()
    return last.target if last else None


def _choose(cause: Cause, remedy: str | None) -> Remedied:
    """The first remedy of the page, or the named one. Another one instead of it is for a person to choose."""
    plans = [plan for plan in cause.plans if remedy in (None, plan.remedy)]
    if remedy is not None and not plans:
        there = ", ".join(plan.remedy for plan in cause.plans) or "none"
        raise UsageError(f"{cause.finding.page} has no remedy {remedy!r}", f"It has: {there}.")
    if not plans:
        return Remedied(cause, None, "by hand", ("its page knows no remedy",))
    plan = next((one for one in plans if not one.blocked), plans[0])
    if plan.blocked:
        return Remedied(cause, plan, "blocked", (plan.blocked,))
    if not any(step.action for step in plan.steps):
        return Remedied(cause, plan, "by hand", ("only a person can do this",))
    return Remedied(cause, plan, "planned")


def _together(chosen: list[Remedied]) -> tuple[Remedied, ...]:
    """One plan for all that belong together, at the first of them."""
    from runback.remedies.together import merged

    found: list[Remedied] = []
    for one in chosen:
        for index, earlier in enumerate(found):
            if one.result != "planned" or earlier.result != "planned" or not (one.plan and earlier.plan):
                continue
            both = merged(earlier.plan, one.plan)
            if both is not None:
                found[index] = replace(earlier, plan=both)
                page = earlier.cause.finding.page if earlier.cause else ""
                one = replace(one, plan=None, result="together", because=(f"with the plan for {page}",))
        found.append(one)
    return tuple(found)


def guarded(remedies: tuple[Remedied, ...], evidence: Evidence, place: Place) -> tuple[str, ...]:
    """The apps that the plans touch and that are protected: by their environment, or by their space."""
    from runback import config

    configuration = config.load(place.start, place.environ)
    world = evidence.platform
    apps = () if not isinstance(world, Platform) or isinstance(world.apps, Gap) else world.apps
    touched = {
        str(value)
        for one in remedies
        if one.plan and one.result == "planned"
        for step in one.plan.steps
        if step.action
        for value in step.parameters.values()
    }
    names = [app.name for app in apps if app.guid in touched and _protected(configuration, app.name, app)]
    if not names and _touches_ci(remedies) and configuration.protected(evidence.target.environment):
        return (evidence.target.app or evidence.target.environment or "apply",)
    return tuple(dict.fromkeys(names))


def _protected(configuration: Configuration, name: str, app: object) -> bool:
    own = next((e for e in configuration.environments.values() if name in e.apps.values()), None)
    if own is not None and own.protected:
        return True
    org, space = getattr(app, "org", ""), getattr(app, "space", "")
    return f"{org}/{space}" not in configuration.open_spaces


def _touches_ci(remedies: tuple[Remedied, ...]) -> bool:
    steps = [step for one in remedies if one.plan and one.result == "planned" for step in one.plan.steps]
    return any(step.action.startswith("POST /workflow/") for step in steps)


def carry_out(proposal: Proposal, place: Place, command: str, values: Mapping[str, str]) -> Outcome:
    """Applies the plans that were agreed on, one cause after the other, and proves each before the next.

    Stops at the first that does not verify. What was begun stands in the journal until this has ended.
    Raises UsageError where another change is unfinished or under way.
    """
    from runback.remedies.journal import Journal, item
    from runback.remedies.verify import fired

    chosen = proposal.chosen
    journal = Journal(
        command=command,
        target=proposal.target,
        began=place.now(),
        items=tuple(item(one.plan, one.cause) for one in chosen if one.plan is not None),
        fired=_not_ours(fired(proposal.diagnosis), chosen),
    )
    project = memory(proposal.target, place.environ)
    with project.lock(command):
        if project.journal() is not None:
            raise UsageError("another change was begun and has not ended", "'runback fix' says which.")
        ended, after = _work_off(journal, place, project, values)
    rest = tuple(_rest(one, after) for one in proposal.remedies if one.result != "planned")
    return Outcome(proposal.target, (*ended, *rest), after)


def _not_ours(
    causes: tuple[tuple[str, str | None], ...], chosen: tuple[Remedied, ...]
) -> tuple[tuple[str, str | None], ...]:
    """The causes before, without those of apps that go back: a rollback must end them, whatever they are."""
    back = {
        str(step.parameters.get("app_name"))
        for one in chosen
        if one.cause is None and one.plan
        for step in one.plan.steps
    }
    return tuple((page, app) for page, app in causes if app not in back)


def _rest(one: Remedied, after: Diagnosis | None) -> Remedied:
    """What was mended by another one's plan is judged by the last look."""
    if one.result != "together":
        return one
    gone = after is not None and not _still_there(one.cause, after)
    return replace(one, result="verified" if gone else "not verified")


def unfinished(place: Place, target: Target | None = None) -> Journal | None:
    """The change that was begun here and has not ended."""
    from runback import config
    from runback.remedies.journal import decode

    chosen = target or _any_target(config.load(place.start, place.environ))
    data = memory(chosen, place.environ).journal()
    return decode(data) if data is not None else None


def resume(journal: Journal, place: Place, values: Mapping[str, str]) -> Outcome:
    """Goes on with a change that was interrupted, where it stands."""
    project = memory(journal.target, place.environ)
    with project.lock(journal.command):
        ended, after = _work_off(journal, place, project, values)
    return Outcome(journal.target, ended, after)


def values_missing(journal: Journal) -> tuple[str, ...]:
    """The names of the variables whose values the steps that are left need."""
    names = (
        str(step.parameters["name"])
        for one in journal.items
        for step, made in zip(one.plan.steps, one.steps, strict=True)
        if made.state != "done" and step.action.endswith("/environment_variables")
        if not step.parameters.get("unset")
    )
    return tuple(dict.fromkeys(names))


def undo(journal: Journal, place: Place) -> list[str]:
    """Takes back what an interrupted change did, the last step first, and forgets it; what was done.

    A step that cannot be taken back is told, and does not keep the others from it.
    """
    from runback.errors import RunbackError

    project = memory(journal.target, place.environ)
    said: list[str] = []
    with project.lock(f"undo of {journal.command}"), _running(journal, place, project, {}) as run:
        for index in reversed(range(len(journal.items))):
            try:
                said += run.undo(index)
            except RunbackError as error:
                said.append(f"not taken back: {error}")
        project.end_journal()
    return said


def _work_off(
    journal: Journal, place: Place, project: ProjectState, values: Mapping[str, str]
) -> tuple[tuple[Remedied, ...], Diagnosis | None]:
    from runback.remedies.reach import NotDone

    ended: list[Remedied] = []
    after: Diagnosis | None = None
    with _running(journal, place, project, values) as run:
        project.write_journal(_encoded(journal))
        for index, one in enumerate(journal.items):
            if ended and after is not None and not _still_there(one.cause, after):
                ended.append(Remedied(one.cause, one.plan, "gone", ("it went with the cause before",)))
                continue
            try:
                run.apply(index)
            except (FetchError, NotDone) as error:
                # Where something stands, or nobody knows, the journal stays: the same command goes on.
                ended.append(Remedied(one.cause, one.plan, "failed", _lines(error)))
                if _nothing_stands(run.journal):
                    project.end_journal()
                return tuple(ended), after
            doubts, after = _prove(one, journal, place)
            run.verified(index, not doubts)
            ended.append(Remedied(one.cause, one.plan, "not verified" if doubts else "verified", doubts))
            if doubts:
                break
        project.end_journal()
    return tuple(ended), after


def _prove(one: Item, journal: Journal, place: Place) -> tuple[tuple[str, ...], Diagnosis]:
    """Looks until nothing is doubtful, or patience ends; the doubts that stay, and the last diagnosis."""
    from runback.remedies.verify import doubts

    target = journal.target
    request = Request(app=target.app, environment=target.environment, branch=target.branch)
    for wait in LOOKS:
        place.sleep(wait)
        place.progress("looking again, to prove it")
        evidence, collect_ms = collect(request, place.start, place.environ, place.progress, place.now)
        after = judge(evidence, collect_ms)
        found = doubts(one.cause, journal.fired, after)
        if not found:
            break
    memory(evidence.target, place.environ).remember(after, evidence.collected_at)
    return found, after


@contextmanager
def _running(
    journal: Journal, place: Place, project: ProjectState, values: Mapping[str, str]
) -> Iterator[Run]:
    from runback import config
    from runback.collect.session import open_session
    from runback.http import Client
    from runback.remedies.apply import Run
    from runback.remedies.reach import Reach
    from runback.state import State

    access = config.access(place.environ)
    with Client(place.environ) as client:
        session = open_session(access.cloudfoundry, client, place.now)
        reach = Reach(client, session, access.circleci, values, place.sleep, place.progress)
        yield Run(journal, reach, project.write_journal, State.of(place.environ).audit)


def _encoded(journal: Journal) -> bytes:
    from runback.remedies.journal import encode

    return encode(journal)


def _nothing_stands(journal: Journal) -> bool:
    """Whether no step of the plans changed anything that is still changed."""
    from runback.remedies.actions import ACTIONS

    return all(
        made.state in ("waiting", "undone") or (made.state == "failed" and not ACTIONS[step.action].leaves)
        for one in journal.items
        for step, made in zip(one.plan.steps, one.steps, strict=True)
    )


def _still_there(cause: Cause | None, after: Diagnosis) -> bool:
    if cause is None:
        return True
    wanted = (cause.finding.page, cause.finding.app)
    return any((one.finding.page, one.finding.app) == wanted for one in after.causes)


def _lines(error: Exception) -> tuple[str, ...]:
    advice = getattr(error, "advice", "")
    return (str(error), advice) if advice else (str(error),)


def _any_target(configuration: Configuration) -> Target:
    """Enough of a target to find the project's memory, whichever environment is meant."""
    surroundings = configuration.surroundings
    return Target(project=configuration.project, org=surroundings.org, space=surroundings.space)
