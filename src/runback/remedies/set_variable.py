"""Brings a lost variable back: in CircleCI, from where each deployment takes it, and then in the apps."""

from __future__ import annotations

import re

from runback.facts import views
from runback.facts.expected import Expectation, address_of, expectations
from runback.facts.pipeline import newest_jobs
from runback.facts.revisions import last_good, running_revision
from runback.facts.routes import all_routes, host_of
from runback.facts.values import address_in
from runback.facts.views import deploys
from runback.model import App, Gap, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.restarts import restart

_PLAIN = (
    r"(?:https?://)?[\w.-]+(?::\d{1,5})?(?:/[\w./-]*)?"  # an address without a user, a password or a query
)


def plan(asked: Asked) -> Plan:
    """The value itself is in nobody's evidence, unless it is an address that a file of the repository holds:
    the person has it, or the owner of the context.
    """
    app = asked.app()
    name = asked.word("name") if "name" in asked.parameters else _names(asked, app)
    apps = (app, *_also_lost(asked, app, name))
    given = {each.guid: _given(asked, each, name) for each in apps}
    if all(given.values()):
        first, where = [], f"of {' and '.join(each.name for each in apps)} to what the repository says"
    else:
        first = _at_the_source(asked, app, name)
        where = f"{'where the deployment takes it from, and ' if first else ''}in "
        where += f"{' and '.join(each.name for each in apps)}{' now' if first else ''}"
    until = "Until then: give" if first else "Give"
    steps = [
        step
        for each in apps
        for step in (_set(each, name, given[each.guid], until), restart(each), *_kept(asked, each, name))
    ]
    return Plan(
        remedy=asked.remedy,
        sentence=f"Set {name} {where}.",
        safe=True,
        steps=(*first, *go_to_space(asked, app), *steps),
    )


def _declared(asked: Asked, app: App, name: str) -> Expectation | None:
    found = expectations(asked.evidence, app.name, "variable")
    return next((one for one in found if one.name.known == name), None)


def _given(asked: Asked, app: App, name: str) -> Expectation | None:
    """What a file gives the app, where that is an address of another app, and not the one it has now.

    Of other values nobody knows whether they are secret, whoever wrote them into a file.
    """
    one = _declared(asked, app, name)
    world = views.platform(asked.evidence)
    value = one.value.known if one is not None and not one.doubtful else None
    if not value or world is None:
        return None
    address = address_of(one.value) if one is not None else None
    host = address.host.known if address is not None else value
    routes = {host_of(route) for route in all_routes(world)}
    names = {*routes, *(route.split(".")[0] for route in routes), *world.names.values()}
    held = address_in(app, name)
    same = held is not None and held.host == host and (address is None or address.port == held.port)
    return one if host in names and not same and re.fullmatch(_PLAIN, value) else None


def _at_the_source(asked: Asked, app: App, name: str) -> list[PlanStep]:
    """Where the next deployment takes the value from: a file that holds it, CircleCI, or nobody."""
    one = _declared(asked, app, name)
    if one is not None and one.value.known:
        sentence = (
            f"Put the right value of {name} into {one.path}, line {one.line}: deployments set it there."
        )
        return [PlanStep(sentence=sentence, changes="what the next deployment gives the app")]
    if one is None and _scripts_were_read(asked) and not _unset_by_ci(asked, name):
        return []
    return [
        PlanStep(
            sentence=f"Give {name} its value in CircleCI again: {_places(asked)}.",
            changes="what the next deployment gives the app",
            needs="CircleCI: write access to the context or the project",
        )
    ]


def _scripts_were_read(asked: Asked) -> bool:
    return any(one.name.known for one in expectations(asked.evidence, None, "variable"))


def _unset_by_ci(asked: Asked, name: str) -> bool:
    table = asked.tables["environment.variables"]
    rows = () if isinstance(table, Gap) else table.rows
    return any(row.cells["name"] == name and row.cells["unset_by_ci"] is True for row in rows)


def _names(asked: Asked, app: App) -> str:
    """The variable that holds the `host`, or a part of it. Raises Blocked where not just one does."""
    host = asked.parameters.get("host", "")
    names = {
        one.variable for one in app.addresses if host == one.host or host.startswith(f"{one.host}.") if host
    }
    if len(names) != 1:
        raise Blocked(f"which variable of {app.name} names {host or 'the address'} is not known")
    return names.pop()


def _set(app: App, name: str, given: Expectation | None, give: str) -> PlanStep:
    """A value that stands is replaced, and nobody keeps it; one that is missing may have come meanwhile."""
    found = () if isinstance(app.variables, Gap) else app.variables
    stands = any(one.name == name and one.shape != "empty" for one in found)
    if given is not None:
        sentence = f"{give} {app.name} the value that {given.path} gives it (line {given.line})."
        words = command("cf", "set-env", app.name, name, str(given.value.known))
        value = {"value": str(given.value.known)}
    else:
        value = {}
        sentence = f"{give} {app.name} the value, from a variable {name} of your own shell."
        words = f'{command("cf", "set-env", app.name, name)} "${name}"'
    return PlanStep(
        sentence=sentence,
        command=words,
        changes=f"{name} of {app.name}; {'what it is now is not kept, and ' if stands else ''}"
        "the running process does not see it yet",
        undo="" if stands else command("cf", "unset-env", app.name, name),
        needs=DEVELOPER,
        action="PATCH /v3/apps/{guid}/environment_variables",
        parameters={
            "guid": app.guid,
            "name": name,
            "replaces": stands or isinstance(app.variables, Gap),
            **value,
        },
    )


def _kept(asked: Asked, app: App, name: str) -> list[PlanStep]:
    """What no file holds, an earlier revision of the same code may still have."""
    back, running = last_good(app, asked.evidence.collected_at), running_revision(app)
    if _declared(asked, app, name) is not None or isinstance(back, Gap) or running is None:
        return []
    held = back.variables if isinstance(back.variables, tuple) else ()
    had = next((one for one in held if one.name == name and one.shape != "empty"), None)
    now = () if isinstance(app.variables, Gap) else app.variables
    same = any(one.name == name and had and one.fingerprint == had.fingerprint for one in now)
    if had is None or same or back.droplet != running.droplet:
        return []
    said = f"revision {back.version}, of the same code, has the one from before"
    return [
        PlanStep(
            sentence=f"Or, where nobody knows the value: {said}.",
            command=command("cf", "rollback", app.name, "--version", str(back.version), "-f"),
        )
    ]


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
