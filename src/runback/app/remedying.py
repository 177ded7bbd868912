"""From a diagnosis to what would mend it: which plans, which belong together, who must agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from runback.app.diagnosis import collect, judge
from runback.app.keeping import memory
from runback.app.place import Place
from runback.app.request import Request
from runback.errors import UsageError
from runback.model import App, Cause, Diagnosis, Evidence, Gap, Plan, PlanStep, Platform, Target

if TYPE_CHECKING:
    from runback.config import Configuration
    from runback.state import ProjectState

Result = Literal["planned", "together", "verified", "not verified", "failed", "gone", "by hand", "blocked"]


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
        return tuple(dict.fromkeys(name for step in steps for name in values_of(step)))


def values_of(step: PlanStep) -> tuple[str, ...]:
    """The names of the variables whose values a person must have for this step."""
    given = step.parameters
    if step.action == "script":
        return tuple(filter(None, str(given.get("variables") or "").split(",")))
    if step.action.startswith("PUT /context/"):
        return (str(given["name"]),)
    known = ("unset", "snapshot", "value")
    if step.action.endswith("/environment_variables") and not any(given.get(name) for name in known):
        return (str(given["name"]),)
    return ()


@dataclass(frozen=True)
class Outcome:
    """How it ended. `after` is the last diagnosis; None where nothing was done."""

    target: Target
    remedies: tuple[Remedied, ...]
    after: Diagnosis | None = None

    @property
    def well(self) -> bool:
        return all(one.result in ("verified", "gone") for one in self.remedies)


def propose(
    request: Request,
    place: Place,
    cause: str | None = None,
    remedy: str | None = None,
    stop: tuple[str, ...] = (),
) -> Proposal:
    """The plans for the causes of a fresh diagnosis, or for the one cause that is named.

    `stop` are apps that a person gives up where memory must be freed: nobody else can choose them.

    Raises UsageError for a cause or a remedy that the diagnosis does not have, and as `diagnose` does.
    """
    evidence, collect_ms = collect(
        request, place.start, place.environ, place.progress, place.now, browse=True
    )
    diagnosis = judge(evidence, collect_ms)
    memory(evidence.target, place.environ).remember(diagnosis, evidence.collected_at)
    chosen = [one for one in diagnosis.causes if cause in (None, one.finding.page)]
    if cause is not None and not chosen:
        there = ", ".join(one.finding.page for one in diagnosis.causes) or "none"
        advice = f"Its causes: {there}. An app is named with --app."
        raise UsageError(f"the diagnosis has no cause {cause!r}", advice)
    remedies = _together([_choose(one, remedy) for one in chosen])
    given_up: tuple[App, ...] = ()
    if stop and any(_is_about_memory(one) for one in remedies):
        given_up, remedies = _with_stops(remedies, stop, place)
    return Proposal(evidence.target, diagnosis, remedies, guarded(remedies, evidence, place, given_up))


def _is_about_memory(one: Remedied) -> bool:
    return one.plan is not None and one.plan.remedy == "free-memory"


def _with_stops(
    remedies: tuple[Remedied, ...], stop: tuple[str, ...], place: Place
) -> tuple[tuple[App, ...], tuple[Remedied, ...]]:
    """The apps that are stopped, and the remedies with the plans that do it."""
    from runback.app.reaching import reaching
    from runback.remedies.free_memory import apps_named, stopping
    from runback.remedies.interface import Blocked

    try:
        with reaching(place) as reach:
            apps = apps_named(reach, stop)
    except Blocked as reason:
        raise UsageError(str(reason), "--stop names apps as 'cf apps' does.") from reason
    found = []
    for one in remedies:
        again = [p for p in one.cause.plans if p.remedy == "rerun" and not p.blocked] if one.cause else []
        if _is_about_memory(one) and again:
            one = replace(one, plan=stopping(apps, again[0]), result="planned", because=())
        found.append(one)
    return apps, tuple(found)


def last_target(place: Place) -> Target | None:
    """What the last diagnosis here looked at; None where there is none."""
    found = (state.last() for state in memories(place))
    return next((last.target for last in found if last is not None), None)


def _choose(cause: Cause, remedy: str | None) -> Remedied:
    """The first remedy of the page, or the named one. Another one instead of it is for a person to choose."""
    plans = [plan for plan in cause.plans if remedy in (None, plan.remedy)]
    if remedy is not None and not plans:
        there = ", ".join(plan.remedy for plan in cause.plans) or "none"
        raise UsageError(f"{cause.finding.page} has no remedy {remedy!r}", f"It has: {there}.")
    if not plans:
        return Remedied(cause, None, "by hand", (cause.advice or "its page says nothing of it",))
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


def guarded(
    remedies: tuple[Remedied, ...], evidence: Evidence, place: Place, others: tuple[App, ...] = ()
) -> tuple[str, ...]:
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
    names = [app.name for app in (*apps, *others) if app.guid in touched and _protected(configuration, app)]
    if not names and _touches_ci(remedies) and configuration.protected(evidence.target.environment):
        return (evidence.target.app or evidence.target.environment or "apply",)
    return tuple(dict.fromkeys(names))


def guarded_app(app: App, place: Place) -> tuple[str, ...]:
    """The app's name where it is protected: a person must type it before anything is run there."""
    from runback import config

    return (app.name,) if _protected(config.load(place.start, place.environ), app) else ()


def _protected(configuration: Configuration, app: App) -> bool:
    own = next((e for e in configuration.environments.values() if app.name in e.apps.values()), None)
    if own is not None and own.protected:
        return True
    return f"{app.org}/{app.space}" not in configuration.open_spaces


def _touches_ci(remedies: tuple[Remedied, ...]) -> bool:
    steps = [step for one in remedies if one.plan and one.result == "planned" for step in one.plan.steps]
    return any(step.action.startswith(("POST /workflow/", "PUT /context/")) for step in steps)


def memories(place: Place) -> tuple[ProjectState, ...]:
    """Where changes of this checkout are remembered: the project's, else those of its spaces."""
    from runback import config

    configuration = config.load(place.start, place.environ)
    here = configuration.surroundings
    places = [(here.org, here.space)]
    places += [(each.org or here.org, each.space) for each in configuration.environments.values()]
    targets = [Target(project=configuration.project, org=org, space=space) for org, space in places]
    found = {state.folder: state for state in (memory(one, place.environ) for one in targets)}
    return tuple(found.values())
