"""The only room that wires the others together: what the command line, and later the web page, calls."""

from __future__ import annotations

from runback.app.diagnosis import collect, diagnose, diagnose_running, diagnose_scenario, judge, scan
from runback.app.live import LiveApp, live, live_scenario
from runback.app.report import write_html
from runback.app.request import Now, Progress, Request, silent
from runback.app.runbook import ExamplesRun, run_examples, runbook
from runback.app.setup import Written, check, initialise

__all__ = [
    "ExamplesRun",
    "LiveApp",
    "Now",
    "Progress",
    "Request",
    "Written",
    "check",
    "collect",
    "diagnose",
    "diagnose_running",
    "diagnose_scenario",
    "initialise",
    "judge",
    "live",
    "live_scenario",
    "run_examples",
    "runbook",
    "scan",
    "silent",
    "write_html",
]
