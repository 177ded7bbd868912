"""Errors in deploy steps that the script went on after: `|| true`, or no `set -e`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.facts import views
from runback.facts.deploy import deploy_logs, read_calls, read_unset
from runback.facts.pipeline import group_of
from runback.logs.sift import sifted
from runback.model import Cell, Evidence, Gap, Job, Log, Repository, Row, Step, Tables, Where

# A question may fail; what should change something may not.
CHANGING = ("bind-service", "set-env", "map-route", "add-network-policy", "create-service", "scale")
# bash: 'scripts/deploy.sh: line 20: vault: command not found' (bash 5.2, error.c)
_SHELL = re.compile(r"^(?P<path>[\w./-]+\.(?:sh|bash)): line (?P<line>\d+): (?P<reason>\S.*)$")
_ASSIGNED = re.compile(r"(?:^|[\s;])(?:export\s+|local\s+|readonly\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$")
_SUBSTITUTION = re.compile(r"\$\((?P<command>[^()]*(?:\([^()]*\)[^()]*)*)\)|`(?P<old>[^`]*)`")
_EXCUSE = re.compile(r"\s*\|\|\s*(?:true|:)\s*$")


def ignored(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """The table `deploy.ignored`."""
    logs = deploy_logs(evidence)
    if isinstance(logs, Gap):
        return logs
    return tuple(
        row
        for pipeline, job, step, log in logs
        for row in (*_cf(pipeline, job, step, log), *_shell(evidence, pipeline, job, step, log))
    )


def _cf(pipeline: int, job: Job, step: Step, log: Log) -> Iterator[Row]:
    """cf commands that should have changed something, failed, and did not succeed later."""
    calls = list(read_calls(log))
    for index, call in enumerate(calls):
        same = (call.verb, call.app, call.name)
        again = any((o.verb, o.app, o.name) == same and o.result == "ok" for o in calls[index + 1 :])
        if call.verb in CHANGING and call.result == "failed" and not again:
            cells = {"verb": call.verb, "command": call.command, "reason": call.reason, "app": call.app}
            where = views.at_line(log, call.reason_line or call.line, call.reason or call.text)
            yield _row(pipeline, job, step, (where,), cells)


def _shell(evidence: Evidence, pipeline: int, job: Job, step: Step, log: Log) -> Iterator[Row]:
    """Commands of the script that should have given a variable its value, which was empty then."""
    emptied = {name for _, name, _ in read_unset(log)}
    for number, line in sifted(log.text, (b": line ",)) if emptied else ():
        said = _SHELL.match(line)
        source = _source(evidence, said["path"], int(said["line"])) if said else None
        assigned = _ASSIGNED.search(source.text) if source else None
        if said is None or source is None or assigned is None or assigned["name"] not in emptied:
            continue
        inner = _SUBSTITUTION.search(assigned["value"])
        command = (inner["command"] or inner["old"] or "") if inner else assigned["value"]
        cells = {
            "verb": "shell",
            "command": _EXCUSE.sub("", command).strip(" \"'"),
            "reason": said["reason"],
            "variable": assigned["name"],
        }
        yield _row(pipeline, job, step, (views.at_line(log, number, line), source), cells)


def _source(evidence: Evidence, path: str, line: int) -> Where | None:
    """The line of the script as it was at the commit."""
    repository = evidence.repository
    for file in repository.files if isinstance(repository, Repository) else ():
        if file.path == path or file.path.endswith(f"/{path.removeprefix('./')}"):
            lines = file.text.splitlines()
            if 0 < line <= len(lines):
                return Where(kind="file", source=file.path, line=line, text=lines[line - 1].strip())
    return None


def _row(pipeline: int, job: Job, step: Step, where: tuple[Where, ...], cells: dict[str, str | None]) -> Row:
    known: dict[str, Cell] = {
        "pipeline": pipeline,
        "job": job.name,
        "job_green": group_of(job.status) == "passed",
        "step": step.name,
        "app": None,
        "variable": None,
    }
    app = cells.get("app")
    return Row(cells={**known, **cells}, app=app, at=step.started_at, until=step.ended_at, where=where)
