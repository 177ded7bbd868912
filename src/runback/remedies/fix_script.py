"""Lets a deploy script stop at its first error."""

from __future__ import annotations

import re

from runback.model import Plan, PlanStep, Repository, SourceFile
from runback.remedies.interface import Asked, Blocked, command

_STRICT = re.compile(r"^\s*set\s+-[a-z]*e", re.MULTILINE)


def plan(asked: Asked) -> Plan:
    verb = asked.word("verb", r"[a-z-]+")
    file, line = _place(asked, verb)
    shebang = 1 if file.text.startswith("#!") else 0
    step = PlanStep(
        sentence=f"Write 'set -euo pipefail' into line {shebang + 1} of {file.path}, "
        f"so that it ends where a command fails; the cf {verb} of line {line} then turns the job red.",
        changes="the deploy script; commands that may fail need '|| true' from then on",
    )
    check = PlanStep(
        sentence="Read the script for commands that are allowed to fail, and check it.",
        command=command("bash", "-n", file.path),
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Let {file.path} stop at the first error, so that a failed push is red.",
        safe=True,
        steps=(step, check),
    )


def _place(asked: Asked, verb: str) -> tuple[SourceFile, int]:
    """The first script that runs this cf command without stopping when it fails."""
    repository = asked.evidence.repository
    if not isinstance(repository, Repository):
        raise Blocked("the repository could not be read")
    call = re.compile(rf"\bcf\s+{re.escape(verb)}\b")
    for file in repository.files:
        if not file.path.endswith((".sh", ".bash")) or _STRICT.search(file.text):
            continue
        for number, line in enumerate(file.text.splitlines(), 1):
            if call.search(line) and not line.lstrip().startswith("#") and "|| exit" not in line:
                return file, number
    raise Blocked(f"no script with a cf {verb} that goes on after an error was found in the repository")
