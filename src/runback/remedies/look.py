"""Where a person must look first: instructions that change nothing."""

from __future__ import annotations

from runback.model import Plan, PlanStep
from runback.remedies.interface import Asked, command, go_to_space


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
    return Plan(
        remedy=asked.remedy,
        sentence=f"Make room in the memory quota of {app.org}, then run the job again.",
        safe=True,
        steps=(
            PlanStep(sentence="See the quota.", command=command("cf", "org", app.org)),
            *go_to_space(asked, app),
            PlanStep(sentence="See which apps use it.", command=command("cf", "apps")),
            PlanStep(
                sentence="Stop or shrink what is not needed, or ask for more; "
                "'runback fix --stop APP --apply' stops it and runs the job again.",
                interrupts=True,
                needs="role: space developer; for the quota: organisation manager",
            ),
        ),
    )
