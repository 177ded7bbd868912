"""Brings a lost variable back: in CircleCI, from where each deployment takes it, and then in the apps."""

from __future__ import annotations

from runback.facts import views
from runback.facts.pipeline import newest_jobs
from runback.facts.views import deploys
from runback.model import App, Gap, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.restarts import restart


def plan(asked: Asked) -> Plan:
    """The value itself is in nobody's evidence: the person has it, or the owner of the context."""
    app = asked.app()
    name = asked.word("name") if "name" in asked.parameters else _names(asked, app)
    apps = (app, *_also_lost(asked, app, name))
    set_in_ci = PlanStep(
        sentence=f"Give {name} its value in CircleCI again: {_places(asked)}.",
        changes="what the next deployment gives the app",
        needs="CircleCI: write access to the context or the project",
    )
    steps = [step for each in apps for step in (_set(each, name), restart(each))]
    return Plan(
        remedy=asked.remedy,
        sentence=f"Set {name} where the deployment takes it from, "
        f"and in {' and '.join(each.name for each in apps)} now.",
        safe=True,
        steps=(set_in_ci, *go_to_space(asked, app), *steps),
    )


def _names(asked: Asked, app: App) -> str:
    """The variable that holds the `host`, or a part of it. Raises Blocked where not just one does."""
    host = asked.parameters.get("host", "")
    names = {
        one.variable for one in app.addresses if host == one.host or host.startswith(f"{one.host}.") if host
    }
    if len(names) != 1:
        raise Blocked(f"which variable of {app.name} names {host or 'the address'} is not known")
    return names.pop()


def _set(app: App, name: str) -> PlanStep:
    return PlanStep(
        sentence=f"Until then: give {app.name} the value, from a variable {name} of your own shell.",
        command=f'{command("cf", "set-env", app.name, name)} "${name}"',
        changes=f"{name} of {app.name}; the running process does not see it yet",
        undo=command("cf", "unset-env", app.name, name),
        needs=DEVELOPER,
        action="PATCH /v3/apps/{guid}/environment_variables",
        parameters={"guid": app.guid, "name": name},
    )


def _also_lost(asked: Asked, app: App, name: str) -> tuple[App, ...]:
    """The other apps from which the same script took the variable, or which are down without it."""
    table = asked.tables["environment.variables"]
    lost = {
        row.app
        for row in (() if isinstance(table, Gap) else table.rows)
        if row.cells["name"] == name
        and row.cells["state"] in ("missing", "empty")
        and (row.cells["needed"] is True or row.cells["unset_by_ci"] is True)
    }
    apps = views.apps(asked.evidence)
    return tuple(
        other
        for other in (() if isinstance(apps, Gap) else apps)
        if other.name in lost and other.guid != app.guid and other.space == app.space
    )


def _places(asked: Asked) -> str:
    """The contexts of the jobs that deploy, which are the first place to look at."""
    jobs = newest_jobs(asked.evidence)
    contexts: dict[str, None] = {}
    for _, _, job in () if isinstance(jobs, Gap) else jobs:
        if deploys(asked.evidence, job):
            contexts |= dict.fromkeys(job.contexts)
    if not contexts:
        return "among the project's variables, or in a context of the deploy job"
    words = "context" if len(contexts) == 1 else "contexts"
    return f"in the {words} {' or '.join(contexts)}, or among the project's variables"
