"""Instructions for what a person must change in the repository: tests, secrets, the version of a runtime."""

from __future__ import annotations

from runback.facts.reproduction import paste
from runback.model import Plan, PlanStep
from runback.remedies.interface import Asked


def fix_test(asked: Asked) -> Plan:
    values = asked.finding.values
    test = str(values.get("test") or "the failed test")
    place = _place(asked)
    steps = [PlanStep(sentence="Run what the job ran.", command=_command(asked)) if _command(asked) else None]
    steps.append(PlanStep(sentence=f"Mend the code, or what {test} expects{place}, and push."))
    return Plan(
        remedy=asked.remedy,
        sentence=f"Reproduce {test} and mend it.",
        safe=True,
        steps=tuple(step for step in steps if step is not None),
    )


def remove_secret(asked: Asked) -> Plan:
    """The order matters: a pushed secret is known to others, whatever happens to the file."""
    place = _place(asked) or " where the scan found it"
    return Plan(
        remedy=asked.remedy,
        sentence="If the secret is real: rotate it first, then remove it. If it is not: allow the line.",
        safe=True,
        steps=(
            PlanStep(
                sentence="A real secret: revoke it at the service that issued it, and make a new one.",
                changes="whoever has the old one can do nothing with it",
            ),
            PlanStep(
                sentence=f"Remove it{place}, put the new one into a context or a service, "
                "and amend the commit, so that the branch does not carry it on.",
                command="git commit --amend",
            ),
            PlanStep(
                sentence="A false alarm instead: add a narrow pattern for this line to .gitallowed.",
            ),
            PlanStep(sentence="Check before you push.", command=_command(asked) or "git secrets --scan"),
        ),
    )


def change_runtime(asked: Asked) -> Plan:
    values = asked.finding.values
    dependency = str(values.get("dependency") or "the runtime")
    version, available = values.get("version"), values.get("available")
    offer = f" The buildpack has {available}." if available else ""
    return Plan(
        remedy=asked.remedy,
        sentence=f"Ask for a version of {dependency} that the buildpack has.",
        safe=True,
        steps=(
            PlanStep(
                sentence=f"Replace {version or 'the version'} in runtime.txt (or the file that names it) by "
                f"a line such as 3.11.x, not by a single patch version.{offer}"
            ),
            PlanStep(sentence="See which buildpacks the platform has.", command="cf buildpacks"),
            PlanStep(sentence="Run the tests with that version, commit and push."),
        ),
    )


def _place(asked: Asked) -> str:
    values = asked.finding.values
    if not values.get("file"):
        return ""
    line = f", line {values['number']}" if values.get("number") else ""
    return f" in {values['file']}{line}"


def _command(asked: Asked) -> str:
    """What the failed step ran, in its image and folder: from CircleCI itself and not from its output."""
    found = (paste(pipeline, job, step) for pipeline, job, step in asked.fired_in() if step.command)
    return next(found, "")
