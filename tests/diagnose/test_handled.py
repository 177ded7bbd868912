"""Tracebacks that a program took note of: no causes, unlike those that ended a request or the process."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runback import app, lab
from runback.app.request import Request
from runback.diagnose import diagnose
from runback.facts import SCHEMAS
from runback.model import Diagnosis, Evidence, Log, LogText
from runback.rules import Runbook, load
from worlds import healthy, log, with_logs

BACKEND = "tdp-backend-raft"
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/home/vcap/app/portal/notify.py", line 29, in post\n'
    "    answer = session.post(HOOK)\n"
)
ENDED = "requests.exceptions.ReadTimeout: Read timed out.\n"
JOINT = "\nDuring handling of the above exception, another exception occurred:\n\n"
WARNING = "[2026-03-03 14:23:44,960 WARNING notify.py::post:L31 :  It could not be posted.\n"
ERROR = "[2026-03-03 14:23:44,960 ERROR log.py::log_response:L253 :  Internal Server Error: /v1/reports/\n"
FAILING = 'tdp-frontend-raft.app.cloud.gov - [-] "GET /v1/reports/ HTTP/1.1" 502 0 67 "-" "-"'


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def world(text: str) -> Evidence:
    seen = log("app:backend", "app", f"{BACKEND} APP/PROC/WEB/0", text, BACKEND, 5)
    failing = log("rtr:frontend", "router", "tdp-frontend-raft RTR/0", FAILING, "tdp-frontend-raft", 6)
    return with_logs(healthy(), seen, failing)


def pages(diagnosis: Diagnosis) -> tuple[list[str], list[str]]:
    return [one.finding.page for one in diagnosis.causes], [one.page for one in diagnosis.notices]


@pytest.mark.parametrize(
    "text",
    [WARNING + TRACEBACK + ENDED, WARNING + TRACEBACK + ENDED + JOINT + TRACEBACK + ENDED],
    ids=["one", "one-in-another"],
)
def test_a_traceback_under_a_warning_is_no_cause(runbook: Runbook, text: str) -> None:
    causes, notices = pages(diagnose(world(text), runbook))
    assert "python-exception" not in causes
    assert "python-exception" in notices


@pytest.mark.parametrize(
    "heading", ["", ERROR, WARNING + "[2026-03-03 14:23:45 +0000] [7] [ERROR] Exception in worker process\n"]
)
def test_a_traceback_of_its_own_or_under_an_error_is_one(runbook: Runbook, heading: str) -> None:
    causes, _ = pages(diagnose(world(heading + TRACEBACK + ENDED), runbook))
    assert causes == ["python-exception"]


def hourly(seen: Log, now: int) -> Log:
    """The app's log with an exception each hour for twenty days, the last one minutes ago."""
    said = (ERROR + TRACEBACK + ENDED).encode().splitlines()
    lines = list(zip(seen.times, seen.text.lines(), strict=True))
    for hour in range(480):
        at = now - (hour * 3600 + 700) * 10**9
        lines += [(at + index, line) for index, line in enumerate(said)]
    lines.sort(key=lambda line: line[0])
    text = b"\n".join(line for _, line in lines) + b"\n"
    return replace(seen, times=tuple(at for at, _ in lines), text=LogText(text))


def test_an_exception_of_every_hour_is_not_why_an_app_crashes_since_today() -> None:
    with lab.start("out-of-memory") as running:
        asked = Request(running.app, running.environment)
        evidence, _ = app.collect(asked, running.checkout, running.environ, now=running.now)
    now = int(evidence.collected_at.timestamp()) * 10**9
    logs = [
        hourly(one, now) if one.app == running.app and one.kind == "app" else one for one in evidence.logs
    ]
    causes, notices = pages(app.judge(replace(evidence, logs=tuple(logs))))
    assert causes == ["out-of-memory"]
    assert "python-exception" in notices
