"""Instructions for what a person must change in the repository: tests, secrets, the version of a runtime."""

from __future__ import annotations

import re

from runback.facts.reproduction import paste
from runback.model import Plan, PlanStep, Repository
from runback.remedies.interface import Asked

SHORTEST_WORD = 3  # characters: a shorter one stands everywhere
MOST_PLACES = 3
LONGEST_LINE = 160  # characters of a line that is quoted


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
    named = _mentions(asked, f"{dependency}-{version}") or _mentions(asked, str(version or ""))
    place = f"{named[0][0]}, line {named[0][1]}," if named else "runtime.txt (or the file that names it)"
    return Plan(
        remedy=asked.remedy,
        sentence=f"Ask for a version of {dependency} that the buildpack has.",
        safe=True,
        steps=(
            PlanStep(
                sentence=f"Replace {version or 'the version'} in {place} by "
                f"a line such as 3.11.x, not by a single patch version.{offer}"
            ),
            PlanStep(sentence="See which buildpacks the platform has.", command="cf buildpacks"),
            PlanStep(sentence="Run the tests with that version, commit and push."),
        ),
    )


def correct_file(asked: Asked) -> Plan:
    """Where the word that was refused stands in what CI runs and what is pushed; and the page's advice."""
    word = asked.parameters.get("word", "")
    proofs = [
        (one.source, one.line, one.text) for one in asked.finding.where if one.kind == "file" and one.line
    ]
    places = proofs or _mentions(asked, word)
    steps = [PlanStep(sentence=f"{file}, line {number}, says: {line}") for file, number, line in places]
    more = f", and in {len(places) - 1} more places" if len(places) > 1 else ""
    where = "{}, line {}{}".format(*places[0][:2], more) if places else "the file that names it"
    return Plan(
        remedy=asked.remedy,
        sentence=f"Correct {word or 'the name'} in {where}.",
        safe=True,
        steps=(*steps[:MOST_PLACES], PlanStep(sentence=asked.advice), PlanStep(sentence="Commit and push.")),
    )


def _mentions(asked: Asked, word: str) -> list[tuple[str, int, str]]:
    """File, line from 1 and its text, wherever the word stands whole and not in a comment."""
    repository = asked.evidence.repository
    if len(word) < SHORTEST_WORD:
        return []
    whole = re.compile(rf"(?<![\w./-]){re.escape(word)}(?![\w/-])")
    return [
        (file.path, number, line.strip()[:LONGEST_LINE])
        for file in (repository.files if isinstance(repository, Repository) else ())
        for number, line in enumerate(file.text.splitlines(), 1)
        if whole.search(line) and not line.lstrip().startswith("#")
    ]


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
