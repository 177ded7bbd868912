"""Releases the lock on Terraform's state: by hand, as only a person can know that its owner is gone."""

from __future__ import annotations

import re

from runback.logs.sift import sifted
from runback.model import Evidence, Log, Plan, PlanStep
from runback.remedies.interface import Asked, Blocked, command

_FIELD = re.compile(r"^[│|\s]*(?P<name>ID|Path|Operation|Who|Version|Created):\s+(?P<value>\S.*?)\s*$")
# Of a line that holds none of them nothing is read.
_NAMES = (b"ID:", b"Path:", b"Operation:", b"Who:", b"Version:", b"Created:")
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d{10,20}")


def plan(asked: Asked) -> Plan:
    """The lock's id goes into a command only where it is one: a UUID, or a bucket's generation number."""
    lock = _lock(asked)
    held = " ".join(
        part
        for part in (
            f"by {lock['Who']}" if lock.get("Who") else "",
            f"since {lock['Created']}" if lock.get("Created") else "",
            f"for {lock['Operation'].removeprefix('OperationType')}" if lock.get("Operation") else "",
        )
        if part
    )
    look = PlanStep(
        sentence=f"Make sure that nobody works on this state: it is locked {held or 'by somebody unknown'}. "
        "A job of CircleCI that still runs, or a person at a terminal, would lose their changes.",
    )
    release = PlanStep(
        sentence="Release the lock, in the folder and with the backend settings of the job.",
        command=command("terraform", "force-unlock", lock["ID"]),
        changes="the state can be changed again, also by the one who held the lock",
        needs="access to the bucket of the state",
    )
    again = PlanStep(sentence="Run the job again.", command=command("runback", "rerun", "--apply"))
    return Plan(
        remedy=asked.remedy,
        sentence=f"Release the lock {lock['ID']} on Terraform's state, held {held or 'by somebody unknown'}.",
        safe=False,
        steps=(look, release, again),
    )


def _lock(asked: Asked) -> dict[str, str]:
    """What Terraform printed of the lock (internal/states/statemgr/locker.go, LockInfo.String)."""
    found: dict[str, str] = {}
    for log in _logs(asked.evidence, asked):
        for _, line in sifted(log.text, _NAMES):
            if match := _FIELD.match(line):
                found[match["name"]] = match["value"][:200]
    if not _ID.fullmatch(found.get("ID", "")):
        raise Blocked("Terraform's output does not say the id of the lock")
    return found


def _logs(evidence: Evidence, asked: Asked) -> list[Log]:
    names = {where.log for where in asked.finding.where if where.log}
    return [log for log in evidence.logs if log.id in names]
