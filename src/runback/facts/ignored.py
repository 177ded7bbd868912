"""Errors in deploy steps that the script went on after: `|| true`, or no `set -e`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runback.facts import views
from runback.facts.deploy import deploy_logs, read_unset, unread
from runback.facts.pipeline import group_of
from runback.logs.sift import sifted
from runback.model import Cell, Evidence, Gap, Job, Log, Repository, Row, Step, Tables, Where

# A question may fail; what should change something may not.
CHANGING = ("bind-service", "set-env", "map-route", "add-network-policy", "create-service", "scale")
_OF_A_CALL = ("pipeline", "job", "job_green", "step", "verb", "command", "reason", "app")
# bash: 'scripts/deploy.sh: line 20: vault: command not found' (bash 5.2, error.c)
_SHELL = re.compile(r"^(?P<path>[\w./-]+\.(?:sh|bash)): line (?P<line>\d+): (?P<reason>\S.*)$")
_ASSIGNED = re.compile(r"(?:^|[\s;])(?:export\s+|local\s+|readonly\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$")
_SUBSTITUTION = re.compile(r"\$\((?P<command>[^()]*(?:\([^()]*\)[^()]*)*)\)|`(?P<old>[^`]*)`")
_EXCUSE = re.compile(r"\s*\|\|\s*(?:true|:)\s*$")


def ignored(evidence: Evidence, tables: Tables) -> views.Read:
    """The table `deploy.ignored`."""
    logs = deploy_logs(evidence)
    if isinstance(logs, Gap):
        return logs
    calls = tables["deploy.calls"]
    shell = (row for found in logs for row in _shell(evidence, *found))
    rows = *_cf(() if isinstance(calls, Gap) else calls.rows), *shell
    return views.partly(rows, unread(evidence))


def _cf(calls: Iterable[Row]) -> Iterator[Row]:
    """cf commands that should have changed something, failed, and did not succeed later."""
    for call in calls:
        cells = call.cells
        if cells["verb"] in CHANGING and cells["result"] == "failed" and not cells["recovered"]:
            app = cells["app"]
            kept = {name: cells[name] for name in _OF_A_CALL}
            yield Row(
                cells={**kept, "variable": None},
                app=app if isinstance(app, str) else None,
                at=call.at,
                until=call.until,
                where=call.where[:1],
            )


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
        cells: dict[str, Cell] = {
            "pipeline": pipeline,
            "job": job.name,
            "job_green": group_of(job.status) == "passed",
            "step": step.name,
            "verb": "shell",
            "command": _EXCUSE.sub("", command).strip(" \"'"),
            "reason": said["reason"],
            "app": None,
            "variable": assigned["name"],
        }
        where = (views.at_line(log, number, line), source)
        yield Row(cells=cells, at=step.started_at, until=step.ended_at, where=where)


def _source(evidence: Evidence, path: str, line: int) -> Where | None:
    """The line of the script as it was at the commit."""
    repository = evidence.repository
    for file in repository.files if isinstance(repository, Repository) else ():
        if file.path == path or file.path.endswith(f"/{path.removeprefix('./')}"):
            lines = file.text.splitlines()
            if 0 < line <= len(lines):
                return Where(kind="file", source=file.path, line=line, text=lines[line - 1].strip())
    return None
