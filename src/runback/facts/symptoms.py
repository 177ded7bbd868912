"""What was observed to be wrong: the ends of the chains. A symptom says what, never why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from runback.facts import views
from runback.model import Cell, Evidence, Gap, Row, Symptom, SymptomName, Table, Tables

REPORTED: dict[str, tuple[SymptomName, str]] = {
    "stale": ("stale-commit", "reported: {app} still runs old code"),
    "down": ("app-down", "reported: {app} is down"),
    "unreachable": ("request-failed", "reported: {app} cannot be reached"),
}
# Without these nobody can say that an app is well.
NEEDED = ("ci.jobs", "processes", "crashes", "builds", "requests")


def symptoms(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    found = [row for read in _READERS for row in read(tables)]
    found += _reported(evidence, found)
    return tuple(found)


def _rows(tables: Tables, name: str) -> tuple[Row, ...]:
    table: Table | Gap = tables[name]
    return () if isinstance(table, Gap) else table.rows


def _symptom(name: SymptomName, title: str, row: Row | None, app: Cell = None) -> Row:
    cells = row.cells if row else {}
    about = {column: cells.get(column) for column in ("destination", "until")} | {
        "host": cells.get("upstream")
    }
    if row is not None and row.until is not None:
        about["until"] = row.until.isoformat()
    return Row(
        cells={"name": name, "title": title, "app": app, **about},
        app=app if isinstance(app, str) else None,
        at=row.at if row else None,
        where=row.where if row else (),
    )


def _failed_steps(tables: Tables) -> Iterator[Row]:
    """A failed step; a failed job whose steps cannot be read counts as well."""
    told: set[str] = set()
    for row in _rows(tables, "ci.steps"):
        jobs = str(row.cells["job"])
        told |= set(jobs.split(", "))
        yield _symptom("step-failed", f"{jobs}: step '{row.cells['step']}' {_how(row)}", row)
    for row in _rows(tables, "ci.jobs"):
        if row.cells["group"] == "failed" and row.cells["job"] not in told:
            yield _symptom("step-failed", f"job {row.cells['job']} ended {row.cells['status']}", row)


def _how(row: Row) -> str:
    status, code = row.cells["status"], row.cells["exit_code"]
    if status == "timedout":
        return "timed out"
    return "failed" if not isinstance(code, int) else f"failed with exit status {code}"


def _missing_runs(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "ci.jobs"):
        if row.cells["deploys"] and row.cells["group"] in ("not_run", "waiting", "canceled"):
            yield _symptom("run-missing", f"{row.cells['job']} did not run ({row.cells['status']})", row)


_HALTED = {
    "skipped": "no pipeline ran for {sha}",
    "no_pipeline": "no pipeline ran for {sha}",
    "filtered": "pipeline {pipeline} ran no workflow",
    "setup_not_continued": "pipeline {pipeline} never got past its setup",
    "config_error": "pipeline {pipeline} did not start",
    "no_credits": "pipeline {pipeline} did not start",
    "forbidden": "pipeline {pipeline} did not start",
    "timed_out": "pipeline {pipeline} did not start",
    "errored": "pipeline {pipeline} did not start",
    "unauthorized": "{job} was not allowed to run",
}


def _halted_runs(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "ci.halts"):
        title = _HALTED.get(str(row.cells["kind"]))
        if title is not None:
            cells = {**row.cells, "sha": str(row.cells["sha"])[:8]}
            yield _symptom("run-missing", title.format(**cells), row)


def _stale_commits(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "live"):
        # What somebody rolled back on purpose runs old code because they want it to.
        if row.cells["stale"] is True and row.cells["rolled_back_to"] is None:
            commit, head = str(row.cells["commit"])[:8], str(row.cells["head"])[:8]
            title = f"{row.app} runs {commit}, the branch is at {head}"
            yield _symptom("stale-commit", title, row, row.app)


def _failed_builds(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "builds"):
        if row.cells["newest"] and row.cells["state"] == "FAILED":
            yield _symptom("staging-failed", f"the newest build of {row.app} failed", row, row.app)


def _stuck_deployments(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "deployments"):
        if row.cells["newest"] and row.cells["stuck"]:
            minutes = row.cells["minutes"]
            title = f"the deployment of {row.app} has not moved for {minutes} minutes"
            yield _symptom("deployment-stuck", title, row, row.app)


def _crashed_apps(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "crashes"):
        if row.cells["active"]:
            count = row.cells["count"]
            times = "once" if count == 1 else f"{count} times"
            yield _symptom("app-crashed", f"{row.app} crashed {times} since its last change", row, row.app)


def _failed_tasks(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "tasks"):
        if row.cells["failing"] is True:
            yield _symptom("task-failed", f"task {row.cells['name']} of {row.app} failed", row, row.app)


def _down_apps(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "processes"):
        if row.cells["type"] != "web" or row.cells["should_run"] is not True or row.cells["on_purpose"]:
            continue
        stopped = row.cells["app_state"] == "stopped"
        running = row.cells["running"]
        if isinstance(running, int) and 0 < running == row.cells["unready"]:
            yield _symptom("app-down", f"no instance of {row.app} is ready for requests", row, row.app)
        if stopped or running == 0:
            none = "has no running instance" if row.cells["desired"] else "is scaled to no instances"
            why = "is stopped" if stopped else none
            yield _symptom("app-down", f"{row.app} {why}", row, row.app)


def _deleted_apps(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "apps.deleted"):
        if row.cells["deleted"] is True and row.cells["configured"]:
            yield _symptom("app-down", f"{row.app} is not there", row, row.app)


def _failed_requests(tables: Tables) -> Iterator[Row]:
    failed = [row for row in _rows(tables, "requests") if not row.cells["recovered"]]
    named = {(row.app, row.cells["error"]) for row in failed if row.cells["upstream"]}
    for row in failed:
        if row.cells["kind"] in ("response", "exception"):
            title = f"{row.app} answers requests with {row.cells['status']}"
        elif not row.cells["upstream"] and (row.app, row.cells["error"]) in named:
            continue  # a client names the host in its last try only
        else:
            to = row.cells["destination"] or row.cells["upstream"] or "another host"
            title = f"{row.app} cannot reach {to}"
        yield _symptom("request-failed", title, row, row.app)


def _lost_addresses(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "routes.lost"):
        if row.cells["internal"] is False:
            title = f"nobody reaches {row.app} at {row.cells['url']}: the address leads to no app"
            yield _symptom("request-failed", title, row, row.app)


def _strange_answers(tables: Tables) -> Iterator[Row]:
    """What another app answers, and the names of apps at which only others answer, as if all were well."""
    for row in _rows(tables, "routes.ends"):
        if row.cells["meant"] is not None and row.cells["failing"] is not True:
            told = f"nobody reaches {row.cells['meant']} at {row.cells['url']}"
            yield _symptom("request-failed", told, row, row.app)
        if row.cells["answers"] is not None:
            told = f"{row.app} answers requests to {row.cells['url']} ({row.cells['answers']})"
            yield _symptom("request-failed", told, row, row.app)


# What no log tells: the server answered, and the browser cannot use the answer.
_UNUSABLE = (
    "not_found",
    "page_instead",
    "policy",
    "policy_inline",
    "cross_origin",
    "certificate",
    "circle",
)


_ROUTERS = ("page", "not_found")  # the router knows no instance: that is another symptom


def _unusable_pages(tables: Tables) -> Iterator[Row]:
    for row in _rows(tables, "browser.pages"):
        if row.cells["problem"] in _UNUSABLE and (row.cells["kind"], row.cells["problem"]) != _ROUTERS:
            yield _symptom("page-unusable", f"a browser {_lack(row)} at {row.cells['page']}", row, row.app)


def _lack(row: Row) -> str:
    """What somebody sees of it; why stands with the cause, and beside the line."""
    cells = row.cells
    if cells["kind"] == "style":
        return "shows the page without its style"
    if cells["white"]:
        return "shows a white page"
    return "does not open the page" if cells["kind"] == "page" else f"cannot use {cells['path']}"


def _reported(evidence: Evidence, found: list[Row]) -> Iterator[Row]:
    """What the person at the terminal says, where nothing observed says the same."""
    app = evidence.target.app
    for word in evidence.target.symptoms:
        name, title = REPORTED[word]
        if not any(row.cells["name"] == name for row in found):
            yield _symptom(name, title.format(app=app or "the app"), None, app)


def symptoms_of(tables: Tables) -> tuple[Symptom, ...]:
    """The rows of the table as what a diagnosis holds."""
    table = tables["symptoms"]
    return () if isinstance(table, Gap) else tuple(_record(row) for row in table.rows)


def _record(row: Row) -> Symptom:
    destination, host, until = (row.cells[name] for name in ("destination", "host", "until"))
    return Symptom(
        name=msgspec.convert(row.cells["name"], SymptomName),
        title=str(row.cells["title"]),
        app=row.app,
        destination=destination if isinstance(destination, str) else None,
        host=host if isinstance(host, str) else None,
        at=row.at,
        until=datetime.fromisoformat(until) if isinstance(until, str) else None,
        where=row.where,
    )


def blind_spots(evidence: Evidence, tables: Tables) -> tuple[Gap, ...]:
    """Why health cannot be told: of the tables that say it, what could not be had of the target."""
    return tuple(gap for name in NEEDED for gap in _unseen(evidence, tables[name]))


def _unseen(evidence: Evidence, table: Table | Gap) -> Iterator[Gap]:
    if isinstance(table, Gap):
        yield table
        return
    for name, gap in table.unseen.items():
        app = views.app_named(evidence, name)
        if app is None or views.belongs(evidence, app):
            yield gap


_READERS = (
    _failed_steps,
    _missing_runs,
    _halted_runs,
    _stale_commits,
    _failed_builds,
    _stuck_deployments,
    _crashed_apps,
    _failed_tasks,
    _down_apps,
    _deleted_apps,
    _failed_requests,
    _lost_addresses,
    _strange_answers,
    _unusable_pages,
)
