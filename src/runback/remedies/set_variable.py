"""Brings a lost variable back: in CircleCI, from where each deployment takes it, and then in the app."""

from __future__ import annotations

from runback.facts.pipeline import newest_jobs
from runback.facts.views import deploys
from runback.model import Gap, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, command, go_to_space
from runback.remedies.restarts import restart


def plan(asked: Asked) -> Plan:
    """The value itself is in nobody's evidence: the person has it, or the owner of the context."""
    app, name = asked.app(), asked.word("name")
    set_in_ci = PlanStep(
        sentence=f"Give {name} its value in CircleCI again: {_places(asked)}.",
        changes="what the next deployment gives the app",
        needs="CircleCI: write access to the context or the project",
    )
    set_in_app = PlanStep(
        sentence=f"Until then: give the app the value, from a variable {name} of your own shell.",
        command=f'{command("cf", "set-env", app.name, name)} "${name}"',
        changes=f"{name} of {app.name}; the running process does not see it yet",
        undo=command("cf", "unset-env", app.name, name),
        needs=DEVELOPER,
        action="PATCH /v3/apps/{guid}/environment_variables",
        parameters={"guid": app.guid, "name": name},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Set {name} where the deployment takes it from, and in {app.name} now.",
        safe=True,
        steps=(set_in_ci, *go_to_space(asked, app), set_in_app, restart(app)),
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
