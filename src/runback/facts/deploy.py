"""What the deploy steps of the newest pipeline did: each cf command, and the variables they unset.

The messages are those of the cf CLI 8 (cloudfoundry/cli, command/v7 and util/ui: an error's text goes to
standard error first, the word FAILED to standard output after it), and of the reference deploy script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from runback.facts import views
from runback.facts.expected import expectations
from runback.facts.pipeline import group_of, newest_jobs, step_log
from runback.model import Cell, Evidence, Gap, Job, Log, Row, Step, Table, Tables, Where

_NAME = r"(?P<app>[\w.-]+)"
_STARTS = tuple(
    (verb, re.compile(pattern))
    for verb, pattern in (
        ("push", rf"Pushing app {_NAME} to org "),
        ("push", r"Pushing (?:from manifest|apps? .* to) "),
        ("restage", rf"Restaging app {_NAME} in org "),
        ("restart", rf"Restarting app {_NAME} in org "),
        ("start", rf"Starting app {_NAME} in org "),
        ("stop", rf"Stopping app {_NAME} in org "),
        ("delete", rf"Deleting app {_NAME} in org "),
        ("scale", rf"Scaling app {_NAME} in org "),
        ("set-env", rf"Setting env variable '?(?P<name>\w+)'? (?:to .+ )?for app {_NAME} in org "),
        ("unset-env", rf"Removing env variable '?(?P<name>\w+)'? from app {_NAME} in org "),
        ("bind-service", rf"Binding service(?: instance)? (?P<name>[\w.-]+) to app {_NAME} in org "),
        ("unbind-service", rf"Unbinding app {_NAME} from service (?P<name>[\w.-]+) in org "),
        ("map-route", rf"Mapping route (?P<name>\S+) to app {_NAME} "),
        ("map-route", r"Creating route (?P<name>\S+) for org "),
        ("unmap-route", rf"Removing route (?P<name>\S+) from app {_NAME} "),
        ("add-network-policy", rf"Adding network policy from app {_NAME} "),
        ("create-service", r"Creating service instance (?P<name>[\w.-]+) in org "),
        ("app", rf"Showing health and status for app {_NAME} in org "),
        ("set-label", rf"Setting label\(s\) for app {_NAME} in org "),
        ("other", r"^[A-Z][a-z]+ing .* as \S+\.\.\.$"),
    )
)
_TRACED = re.compile(r"^\++ (?P<command>cf\s+(?P<verb>[a-z][\w-]*)(?P<rest>.*))$")
_EMPTY = re.compile(r"Empty value for (?P<name>[A-Za-z_]\w*)\. It will now be unset")
_ROLLING = re.compile(
    r"(?:Creating|Starting) deployment for app|Waiting for app to deploy|--strategy rolling"
)
_DONE = re.compile(r"^requested state:\s")
_JOB = re.compile(r"^Job \([0-9a-f-]{36}\) failed: ")  # the platform's job, of no use to a person
# What cf prints while it works: never the reason of a failure.
_PROGRESS = re.compile(
    r"^\s*$|\.\.\.\s*$|^TIP:|^Instances starting|^Waiting for|^Applying manifest|^Manifest applied"
    r"|^\s*[a-z][\w -]*:\s"
    r"|^Packaging files|^Uploading files|^All files found|^\s*\d.*%|^Updating with these|^\s*[+-] |^---$|^OK$"
)


@dataclass
class Call:
    """One cf command as far as the output tells it."""

    verb: str
    line: int
    text: str
    app: str | None = None
    name: str | None = None
    traced: bool = False
    rolling: bool = False
    done: bool = False
    result: str = "unfinished"
    reason: str | None = None
    reason_line: int = 0
    said: list[tuple[int, str]] = field(default_factory=list)

    @property
    def command(self) -> str:
        if self.traced:
            return self.text.lstrip("+ ")
        words = ["cf", self.verb]
        words += [self.app] if self.app else []
        words += [self.name] if self.name else []
        return " ".join(words) + (" --strategy rolling" if self.rolling else "")

    def says(self, number: int, line: str) -> None:
        self.rolling = self.rolling or bool(_ROLLING.search(line))
        self.done = self.done or bool(_DONE.match(line))
        if not _PROGRESS.search(line):
            self.said.append((number, line.strip()))

    def failed(self, number: int) -> None:
        self.result = "failed"
        if self.said:
            self.reason_line, said = self.said[-1]
            self.reason = _JOB.sub("", said)
        else:
            self.reason_line = number


def read_calls(log: Log) -> Iterator[Call]:
    """The cf commands of one step's output, in order.

    A command ends at its FAILED, at its OK where it has one, or where the next one begins.
    """
    current: Call | None = None
    unnamed: list[tuple[int, str]] = []
    for number, line in views.numbered(log):
        started = _start(number, line)
        if started is not None:
            if current is not None and _goes_on(current, started):
                current.app, current.name = started.app or current.app, started.name or current.name
                continue
            yield from _closed(current)
            current, unnamed = started, []
        elif line.strip() == "FAILED":
            current = current or Call(verb="unknown", line=number, text=line, said=unnamed)
            current.failed(number)
            yield current
            current, unnamed = None, []
        elif current is None:
            unnamed = [*unnamed[-4:], (number, line.strip())] if line.strip() else unnamed
        elif line.strip() == "OK" and current.verb not in ("push", "restage", "restart", "start"):
            current.result = "ok"
            yield current
            current = None
        else:
            current.says(number, line)
    yield from _closed(current, last=True)


def _closed(call: Call | None, *, last: bool = False) -> Iterator[Call]:
    """A command that the next one, or the end of the output, ends: it went well if the script went on."""
    if call is not None:
        yield replace(call, result="ok" if call.done or not last else "unfinished")


def _goes_on(current: Call, started: Call) -> bool:
    """Whether the line belongs to the command under way: its echo, or the restart at the end of a restage."""
    if current.traced and current.verb == started.verb and not current.said:
        return True
    return current.verb == "restage" and started.verb in ("restart", "start", "stop") and not current.done


def _start(number: int, line: str) -> Call | None:
    traced = _TRACED.match(line)
    if traced:
        words = [word.strip("'\"") for word in traced["rest"].split() if not word.startswith("-")]
        app = words[0] if words and traced["verb"] in ("push", "restage", "restart", "start", "app") else None
        return Call(traced["verb"], number, line, app=app, traced=True, rolling="--strategy rolling" in line)
    for verb, pattern in _STARTS:
        if match := pattern.search(line):
            groups = match.groupdict()
            return Call(verb, number, line.strip(), app=groups.get("app"), name=groups.get("name"))
    return None


def deploy_logs(evidence: Evidence) -> tuple[tuple[int, Job, Step, Log], ...] | Gap:
    """The outputs of the newest pipeline's deploy steps; a `Gap` where a deploy job ran and none was had."""
    found = newest_jobs(evidence)
    if isinstance(found, Gap):
        return found
    logs: list[tuple[int, Job, Step, Log]] = []
    gap: Gap | None = None
    for pipeline, _, job in found:
        if not views.deploys(evidence, job) or group_of(job.status) in ("not_run", "waiting"):
            continue
        if isinstance(job.steps, Gap):
            gap = job.steps
            continue
        for step in job.steps:
            if isinstance(step.log, Gap):
                gap = step.log
            elif log := step_log(evidence, step):
                logs.append((pipeline.number, job, step, log))
    return gap if gap is not None and not logs else tuple(logs)


def calls(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
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
            rows.append(_call_row(pipeline, job, step, log, call, later))
    return tuple(rows)


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


def unset(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    logs = deploy_logs(evidence)
    if isinstance(logs, Gap):
        return logs
    variables = tables["environment.variables"]
    return tuple(
        _unset_row(evidence, variables, pipeline, job, step, app, name, where)
        for pipeline, job, step, log in logs
        for app, name, where in read_unset(log)
    )


def read_unset(log: Log) -> Iterator[tuple[str | None, str, Where]]:
    """App, variable and line for each variable that the script announced as empty.

    The announcement names no app: it is that of the `cf unset-env` which follows.
    """
    open_name: str | None = None
    open_where: Where | None = None
    for number, line in views.numbered(log):
        if match := _EMPTY.search(line):
            if open_name and open_where:
                yield None, open_name, open_where
            open_name, open_where = match["name"], views.at_line(log, number, line)
        elif open_name and open_where and (call := _start(number, line)) is not None:
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
