"""What the deploy steps of the newest pipeline did: each cf command, and the variables they unset."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from runback.facts import views
from runback.facts.cfcalls import BEGINNINGS, Call, read_calls, start_of
from runback.facts.expected import expectations
from runback.facts.pipeline import group_of, newest_jobs, step_log
from runback.facts.processes import web_process
from runback.logs.sift import blocks, sifted
from runback.model import Cell, Evidence, Gap, Job, Log, Row, Step, Table, Tables, Where

__all__ = ["calls", "deploy_logs", "read_calls", "read_unset", "unset", "variable_cells"]

_REVIVE = ("push", "start", "restart", "restage")
_ANNOUNCED = b"Empty value for "
_EMPTY = re.compile(r"Empty value for (?P<name>[A-Za-z_]\w*)\. It will now be unset")


def deploy_logs(evidence: Evidence) -> tuple[tuple[int, Job, Step, Log], ...] | Gap:
    """The outputs of the newest pipeline's deploy steps; a `Gap` where a deploy job ran and none was had."""
    found = newest_jobs(evidence)
    if isinstance(found, Gap):
        return found
    logs = [
        (pipeline.number, job, step, log)
        for pipeline, _, job in found
        if _deployed(evidence, job) and not isinstance(job.steps, Gap)
        for step in job.steps
        if (log := step_log(evidence, step))
    ]
    gap = next(iter(unread(evidence).values()), None)
    return gap if gap is not None and not logs else tuple(logs)


def unread(evidence: Evidence) -> dict[str, Gap]:
    """Job or step → why its output could not be had, of the deploy jobs that ran in the newest pipeline."""
    found = newest_jobs(evidence)
    missing: dict[str, Gap] = {}
    for _, _, job in () if isinstance(found, Gap) else found:
        if not _deployed(evidence, job):
            continue
        if isinstance(job.steps, Gap):
            missing[job.name] = job.steps
            continue
        missing |= {f"{job.name}, {step.name}": step.log for step in job.steps if isinstance(step.log, Gap)}
    return missing


def _deployed(evidence: Evidence, job: Job) -> bool:
    return views.deploys(evidence, job) and group_of(job.status) not in ("not_run", "waiting")


def calls(evidence: Evidence, tables: Tables) -> views.Read:
    logs = deploy_logs(evidence)
    if isinstance(logs, Gap):
        return logs
    rows = []
    by_job: dict[str, list[tuple[int, Job, Step, Log, Call]]] = {}
    for pipeline, job, step, log in logs:
        by_job.setdefault(job.id, []).extend((pipeline, job, step, log, call) for call in read_calls(log))
    for seen in by_job.values():
        for index, (pipeline, job, step, log, call) in enumerate(seen):
            later = [other for *_, other in seen[index + 1 :]]
            pushed = {other.app for *_, other in seen if other.verb == "push"}
            row = _call_row(pipeline, job, step, log, call, later)
            judged = _judged(evidence, call, later, pushed)
            meant = judged["instead_of"]
            app = meant if isinstance(meant, str) else row.app  # whose environment lacks it
            rows.append(replace(row, app=app, cells={**row.cells, **judged}))
    return views.partly(rows, unread(evidence))


def _judged(evidence: Evidence, call: Call, later: list[Call], pushed: set[str | None]) -> dict[str, Cell]:
    """What the command means for the environment, as the platform shows it now."""
    revived = any(
        other.app == call.app and other.verb in _REVIVE and other.result == "ok" and other.ended != "stopped"
        for other in later
    )
    down = call.ended in ("down", "stopped")
    # What was left stopped on purpose, and started later in vain, is down for another reason.
    retried = call.ended == "stopped" and any(
        other.app == call.app and other.verb in _REVIVE and other.verb != "push" for other in later
    )
    return {
        "ended": call.ended,
        "still_down": _down(evidence, call.app)
        if call.app and down and not revived and not retried
        else None,
        "instead_of": _instead_of(evidence, call.app, pushed) if call.verb == "push" else None,
    }


def _down(evidence: Evidence, name: str) -> Cell:
    """Whether the app is stopped now, or has no instance that runs."""
    app = views.app_named(evidence, name)
    if app is None:
        gap = views.apps(evidence)
        return gap if isinstance(gap, Gap) else None
    if app.state != "STARTED":
        return True
    process = web_process(app)
    if process is None or isinstance(process.instances, Gap):
        return process.instances if process and isinstance(process.instances, Gap) else None
    return not any(instance.state == "RUNNING" for instance in process.instances)


def _instead_of(evidence: Evidence, name: str | None, pushed: set[str | None]) -> str | None:
    """The environment's app that the job should have pushed where it pushed one of another environment."""
    target = evidence.target
    if name is None or name in target.apps:
        return None
    meant = [app for app, peers in target.peers.items() if name in peers and app in target.apps]
    return next((app for app in meant if app not in pushed), None)


def _call_row(pipeline: int, job: Job, step: Step, log: Log, call: Call, later: list[Call]) -> Row:
    again = (call.verb, call.app, call.name)
    return Row(
        cells={
            "pipeline": pipeline,
            "job": job.name,
            "job_status": job.status,
            "job_green": group_of(job.status) == "passed",
            "step": step.name,
            "verb": call.verb,
            "command": call.command,
            "app": call.app,
            "result": call.result,
            "reason": call.reason,
            "recovered": any((o.verb, o.app, o.name) == again and o.result == "ok" for o in later),
            "rolling": call.rolling,
        },
        app=call.app,
        at=step.started_at,
        until=step.ended_at if call.result == "failed" else None,  # it failed at some time before
        where=_proof(log, call),
    )


def _proof(log: Log, call: Call) -> tuple[Where, ...]:
    start = views.at_line(log, call.line, call.text)
    if call.result != "failed" or not call.reason_line or call.reason_line == call.line:
        return (start,)
    return (views.at_line(log, call.reason_line, call.reason or "FAILED"), start)


def unset(evidence: Evidence, tables: Tables) -> views.Read:
    logs = deploy_logs(evidence)
    if isinstance(logs, Gap):
        return logs
    variables = tables["environment.variables"]
    rows = [
        _unset_row(evidence, variables, pipeline, job, step, app, name, where)
        for pipeline, job, step, log in logs
        for app, name, where in read_unset(log)
    ]
    return views.partly(rows, unread(evidence))


def read_unset(log: Log) -> Iterator[tuple[str | None, str, Where]]:
    """App, variable and line for each variable that the script announced as empty.

    The announcement names no app: it is that of the `cf unset-env` which follows.
    """
    open_name: str | None = None
    open_where: Where | None = None
    if not any(_ANNOUNCED in data for data in blocks(log.text)):
        return
    for number, line in sifted(log.text, (_ANNOUNCED, *BEGINNINGS)):
        if match := _EMPTY.search(line):
            if open_name and open_where:
                yield None, open_name, open_where
            open_name, open_where = match["name"], views.at_line(log, number, line)
        elif open_name and open_where and (call := start_of(number, line)) is not None:
            if call.verb == "unset-env" and call.traced:
                continue  # cf's own line follows and says which app
            yield (call.app if call.verb == "unset-env" else None), open_name, open_where
            open_name = open_where = None
    if open_name and open_where:
        yield None, open_name, open_where


def _unset_row(
    evidence: Evidence,
    variables: Table | Gap,
    pipeline: int,
    job: Job,
    step: Step,
    app: str | None,
    name: str,
    where: Where,
) -> Row:
    cells = variable_cells(variables, app, name)
    listed = next((e for e in expectations(evidence, app, "variable") if e.name.known == name), None)
    return Row(
        cells={
            "pipeline": pipeline,
            "job": job.name,
            "job_green": group_of(job.status) == "passed",
            "step": step.name,
            "app": app,
            "name": name,
            "had_value": cells["in_last_revision"],
            "exception": cells["exception"],
            "expected_by": listed.place if listed else None,
            "host": cells["host"],
            "needed": cells["needed"],
        },
        app=app,
        at=step.started_at or job.started_at,
        where=(where, *((listed.where,) if listed else ())),
    )


def variable_cells(variables: Table | Gap, app: str | None, name: str) -> dict[str, Cell]:
    """What the table of variables says of this one; unknown where it says nothing."""
    if isinstance(variables, Gap):
        gap = variables
    else:
        row = next((r for r in variables.rows if r.app == app and r.cells["name"] == name), None)
        if row is not None:
            return row.cells
        gap = Gap(
            what=f"{name} of {app or 'an app that the log does not name'}", reason="it was not collected"
        )
    return {**dict.fromkeys(("in_last_revision", "exception", "needed"), gap), "host": None}
