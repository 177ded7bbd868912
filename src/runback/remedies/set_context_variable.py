"""Gives CircleCI the right value of a variable with which the job logs in, and runs the job again."""

from __future__ import annotations

import re
from typing import NamedTuple

from runback.model import Gap, Job, Plan, PlanStep
from runback.remedies import rerun
from runback.remedies.interface import Asked, Blocked, circleci, command

# What of `cf login` or `cf auth` takes which value.
_OPTIONS = {"password": "p", "user": "u", "organization": "o", "space": "s", "api": "a"}


class _Place(NamedTuple):
    job: Job
    name: str  # of the variable


def plan(asked: Asked) -> Plan:
    """`of` says which part of the login is wrong: password, organization, space …; or `name` the variable."""
    place = _place(asked)
    contexts = place.job.contexts
    if not contexts:
        raise Blocked(f"{place.job.name} uses no context: {place.name} is among the project's own variables")
    if len(contexts) > 1:
        raise Blocked(f"which of the contexts {', '.join(contexts)} holds {place.name} cannot be seen")
    (context,) = contexts
    owner = "/".join(str(asked.evidence.target.project or "").split("/")[:2])
    path = f"/context/CONTEXT-ID/environment-variable/{place.name}"
    step = PlanStep(
        sentence=f"Give {place.name} in the context {context} its value, from your shell or --value.",
        command=f'{circleci("PUT", path)} -H "Circle-Token: $CIRCLE_TOKEN" '
        f"{command('-H', 'Content-Type: application/json')} "
        f'-d "{{\\"value\\": \\"${place.name}\\"}}"',
        changes=f"{place.name} for every job of every project that uses {context}; the old value is not kept",
        needs="CircleCI: write access to the context",
        action="PUT /context/{context}/environment-variable/{name}",
        parameters={"context": context, "owner": owner, "name": place.name},
    )
    again = rerun.plan(asked._replace(remedy="rerun", parameters={"job": place.job.name}))
    return Plan(
        remedy=asked.remedy,
        sentence=f"Set {place.name} in the context {context}, and run {place.job.name} again.",
        safe=False,
        steps=(step, *again.steps),
    )


def _place(asked: Asked) -> _Place:
    """The job that failed, and the variable that it puts into the wrong part of its login."""
    job = next((job for _, job, _ in asked.fired_in()), None)
    if job is None:
        raise Blocked("the job that could not log in is not known")
    if "name" in asked.parameters:
        return _Place(job, asked.word("name"))
    part = asked.parameters.get("of", "").lower()
    if part not in _OPTIONS:
        raise Blocked("which part of the login is wrong is not known")
    option = _OPTIONS[part]
    said = re.compile(
        rf"\bcf\s+(?:login|l|target|t|api)\b[^\n;&|]*\s-{option}[ =]*[\"']?\$\{{?(?P<name>[A-Za-z_]\w*)"
    )
    steps = () if isinstance(job.steps, Gap) else job.steps
    for step in steps:
        match = said.search((step.command or "").replace("\\\n", " "))
        if match:
            return _Place(job, match["name"])
    for step in steps:  # cf auth USER PASSWORD
        match = re.search(r"\bcf\s+auth\s+[\"']?\$\{?(\w+)\}?[\"']?\s+[\"']?\$\{?(\w+)", step.command or "")
        if match and part in ("user", "password"):
            return _Place(job, match[1] if part == "user" else match[2])
    raise Blocked(f"which variable holds the {part} of the login is not said by the job's commands")
