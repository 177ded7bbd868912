"""Where a person must look first: instructions that change nothing."""

from __future__ import annotations

from runback.facts import views
from runback.facts.deletions import names
from runback.facts.pipeline import newest_jobs
from runback.model import Gap, Plan, PlanStep, Platform
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space


def staging_log(asked: Asked) -> Plan:
    app = asked.app()
    show = PlanStep(
        sentence="Read what the buildpack said.",
        command=command("cf", "logs", app.name, "--recent") + " | grep STG",
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Read the staging log of {app.name}, and mend what the buildpack complains about.",
        safe=True,
        steps=(*go_to_space(asked, app), show),
    )


def free_memory(asked: Asked) -> Plan:
    """Which app may be stopped is nobody's to guess: the plan shows what uses the quota."""
    app = asked.app()
    of_space = "space" in asked.parameters.get("reason", "").lower()
    owner = app.space if of_space else app.org
    see = PlanStep(sentence="See the quota.", command=command("cf", "space" if of_space else "org", owner))
    space = go_to_space(asked, app)
    return Plan(
        remedy=asked.remedy,
        sentence=f"Make room in the memory quota of {owner}, then run the job again.",
        safe=True,
        steps=(
            *((*space, see) if of_space else (see, *space)),
            PlanStep(sentence="See which apps use it.", command=command("cf", "apps")),
            PlanStep(
                sentence="Stop or shrink what is not needed, or ask for more; "
                "'runback fix --stop APP --apply' stops it and runs the job again.",
                interrupts=True,
                needs="role: space developer; for the quota: organisation manager",
            ),
        ),
    )


def deploy_again(asked: Asked) -> Plan:
    """What an app had is deleted with it; only who deployed it can make it anew."""
    app = asked.parameters.get("app")
    world = asked.evidence.platform
    if not isinstance(world, Platform) or app is None or app not in names(world):
        raise Blocked("no event says that the app was deleted")
    jobs = newest_jobs(asked.evidence)
    known = () if isinstance(jobs, Gap) or app not in asked.evidence.target.apps else jobs
    deploying = [job for _, _, job in known if views.deploys(asked.evidence, job)]
    by = f"the job {deploying[0].name}" if deploying else "the script or job that deploys it"
    return Plan(
        remedy=asked.remedy,
        sentence=f"Deploy {app} again: nothing else brings it back.",
        safe=True,
        steps=(
            PlanStep(sentence=f"Deploy {app} anew, by {by}.", needs=DEVELOPER),
            PlanStep(
                sentence="Its variables, bindings, mapped routes and policies, in both directions, are gone. "
                "Ask again what the deployment does not bring back.",
                command=command("runback", "diagnose", asked.evidence.target.app or app),
            ),
        ),
    )
