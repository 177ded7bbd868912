"""Deletes an app and deploys it anew by the repository's own script, with everything that the script forgets.

The plan is made from the script: its arguments as CI gives them, its variables, the apps that it deletes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from runback.facts import views
from runback.model import App, Evidence, Gap, Plan, PlanStep, Repository
from runback.remedies.interface import DEVELOPER, Blocked, command
from runback.remedies.script import STRATEGY, DeployScript, Needs, calls_of, placeholder, read

_STRATEGY_WORDS = ("strateg", "mode", "action", "how")


class Chosen(NamedTuple):
    """The script that deploys an app, the words it is called with, and the apps that it replaces."""

    script: DeployScript
    words: tuple[str, ...]
    apps: tuple[App, ...]
    needs: Needs
    job: str  # of CircleCI, that calls it; '' where none was seen
    contexts: tuple[str, ...]  # of that job


class Values(NamedTuple):
    """Where the variables come from: the name of each → its value and where that is from."""

    own: Mapping[str, tuple[str, str]]
    apps: Mapping[str, str]  # what the apps have as they stand
    left_out: frozenset[str] = frozenset()


def choose(evidence: Evidence, app: App, given: Mapping[str, str]) -> Chosen:
    """Raises Blocked where no script of the repository is known to rebuild the app."""
    repository = evidence.repository
    if not isinstance(repository, Repository):
        raise Blocked("the repository could not be read")
    world = views.apps(evidence)
    here = [one for one in (() if isinstance(world, Gap) else world) if one.space == app.space]
    reasons: list[str] = []
    texts = {file.path: file.text for file in repository.files}
    for file in repository.files:
        script = read(file)
        if not file.path.endswith((".sh", ".bash")) or not script.knows_strategy:
            continue
        for words, job, contexts in _calls(evidence, script, app):
            named = _arguments(script, words, app, evidence, here, given)
            without = [name for name, value in named.items() if value is None]
            known = tuple(value or "" for value in named.values())
            needs = script.called(known, texts)
            if app.name not in needs.deletes:
                continue
            if without:
                reasons.append(f"{file.path} needs {', '.join(without)}: say --argument {without[0]}=VALUE")
                continue
            apps = (app, *(one for one in here if one.name in needs.deletes and one.guid != app.guid))
            return Chosen(script, known, apps, needs, job, contexts)
    raise Blocked("; ".join(reasons) or f"no script of the repository deletes {app.name} to deploy it anew")


def _calls(
    evidence: Evidence, script: DeployScript, app: App
) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """How CI calls the script, newest first and those for this app before others; else without words."""
    seen: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = []
    pipelines = views.pipelines(evidence)
    for pipeline in () if isinstance(pipelines, Gap) else pipelines:
        jobs = views.jobs(pipeline)
        for _, job in () if isinstance(jobs, Gap) else jobs:
            steps = () if isinstance(job.steps, Gap) else job.steps
            for words in calls_of(script.path, [step.command for step in steps if step.command]):
                seen.append((words, job.name, job.contexts))
    yield from (one for one in seen if app.name in one[0])
    if not any(app.name in one[0] for one in seen):
        yield (), "", ()


def _arguments(
    script: DeployScript,
    words: Sequence[str],
    app: App,
    evidence: Evidence,
    here: Sequence[App],
    given: Mapping[str, str],
) -> dict[str, str | None]:
    """Each argument's name with its value; None where nobody can tell. CI's words count before a guess."""
    found: dict[str, str | None] = {}
    for number, name in enumerate(script.arguments):
        said = words[number] if number < len(words) and "$" not in words[number] else None
        if any(word in name.lower() for word in _STRATEGY_WORDS):
            said = STRATEGY
        found[name or f"${number + 1}"] = given.get(name) or said or _guessed(name, app, evidence, here)
    return found


def _guessed(name: str, app: App, evidence: Evidence, here: Sequence[App]) -> str | None:
    """An argument by its name alone, where CI was not seen to call the script: 'backend', 'space'."""
    lowered = name.lower()
    if "space" in lowered:
        return app.space
    if lowered in ("org", "organization", "organisation"):
        return app.org
    if lowered in ("env", "environment", "target_env"):
        return evidence.target.environment
    own = [one.name for one in here if one.name in evidence.target.apps]
    fits = [one for one in own if any(part and part in one.split("-") for part in lowered.split("_"))]
    return fits[0] if len(fits) == 1 else None


def lacking(chosen: Chosen, values: Values) -> tuple[str, ...]:
    """Why the script may not run yet: each variable that has no value, or still a template's."""
    found = []
    for name in chosen.needs.variables:
        source = _source(name, chosen, values)
        if source == "":
            where = f"; the context {' or '.join(chosen.contexts)} may have it" if chosen.contexts else ""
            found.append(f"{name} has no value here, and CircleCI gives none away{where}: export it")
        elif source == "placeholder":
            found.append(f"{name} is still a placeholder in {values.own[name][1]}: give it its value")
    return tuple(found)


def _source(name: str, chosen: Chosen, values: Values) -> str:
    """Where the value will come from; '' where from nowhere."""
    if name in chosen.needs.own:
        return "the script itself"
    if name in values.left_out:
        return "nowhere, as --without says"
    if name in values.own and values.own[name][0]:
        value, source = values.own[name]
        return "placeholder" if placeholder(value) else source
    if values.apps.get(name):
        return "the app itself, as it stands"
    return "the script's defaults" if name in chosen.needs.optional else ""


def plan(app: App, chosen: Chosen, values: Values, code: str) -> Plan:
    """Snapshots first; then the script; then the comparison, which brings back what the script forgot."""
    names = tuple(one.name for one in chosen.apps)
    compare = PlanStep(
        sentence="Compare with the snapshot, and bring back what is missing, "
        "also what lets other apps reach the new ones.",
        changes="only what is not there any more; what the script set stays",
        needs=f"{DEVELOPER}; for policies of other spaces there too, or network.write",
        action="compare",
        parameters={"apps": ",".join(names)},
    )
    return Plan(
        remedy="rebuild",
        sentence=f"Rebuild {' and '.join(names)}.",
        safe=False,
        notes=_notes(chosen, values, code),
        steps=(*(_snapshot(one) for one in chosen.apps), _run(app, chosen, values), compare),
    )


def _notes(chosen: Chosen, values: Values, code: str) -> tuple[str, ...]:
    """What a person should know before: who is not served, which code, which words, whose values."""
    sources: dict[str, list[str]] = {}
    for name in chosen.needs.variables:
        sources.setdefault(_source(name, chosen, values) or "missing", []).append(name)
    whence = f"as the job {chosen.job} gives them" if chosen.job else "by their names"
    words = zip(chosen.script.arguments, chosen.words, strict=False)
    return (
        f"{'It serves' if len(chosen.apps) == 1 else 'They serve'} nobody until the script has ended.",
        code,
        f"Arguments {whence}: " + ", ".join(f"{name} {word}" for name, word in words),
        *(f"Variables from {source}: {', '.join(found)}" for source, found in sources.items()),
    )


def _run(app: App, chosen: Chosen, values: Values) -> PlanStep:
    names = tuple(one.name for one in chosen.apps)
    back = command("runback", "rebuild", app.name, "--undo")
    from_app = [n for n in chosen.needs.variables if _source(n, chosen, values).startswith("the app itself")]
    own = [n for n in chosen.needs.variables if n in values.own and n not in chosen.needs.own]
    return PlanStep(
        sentence=f"Run {chosen.script.path}, which deletes {' and '.join(names)}, and deploys anew.",
        command=command("bash", chosen.script.path, *chosen.words),
        changes=f"{' and '.join(names)}: deleted with routes, bindings and variables, and made anew",
        interrupts=True,
        undo=f"{back}: the old code and all settings of the snapshot",
        needs=DEVELOPER,
        action="script",
        parameters={
            "script": chosen.script.path,
            "arguments": json.dumps(chosen.words),
            "variables": ",".join(n for n in own if n not in values.left_out),
            "from_app": ",".join(from_app),
            "apps": ",".join(names),
            "org": app.org,
            "space": app.space,
        },
    )


def _snapshot(app: App) -> PlanStep:
    return PlanStep(
        sentence=f"Take a snapshot of {app.name}: code, variables (encrypted), services, routes, network "
        "policies in both directions, scale, health checks, start commands, features, labels.",
        changes=f"nothing of {app.name}; a stopped app {app.name}-before-rebuild holds its code for a while",
        needs=DEVELOPER,
        action="snapshot",
        parameters={"guid": app.guid, "app_name": app.name},
    )
