"""Tracebacks that a program took note of: no causes, unlike those that ended a request or the process."""

from __future__ import annotations

import pytest

from runback.diagnose import diagnose
from runback.facts import SCHEMAS
from runback.model import Diagnosis, Evidence
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
