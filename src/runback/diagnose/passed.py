"""What is over: connections that are good again, exceptions that an app no longer ends with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from runback.diagnose.chains import host_of
from runback.facts import views
from runback.facts.events import crash_events
from runback.facts.failures import read_failure
from runback.model import App, Evidence, Finding, Gap, Table

SLACK = timedelta(minutes=1)  # from what a process says to the event of its end
OFTEN = 2  # crashes, of which none said it


def passed(findings: Iterable[Finding], requests: Table | Gap) -> tuple[list[Finding], list[Finding]]:
    """The findings that count, and those about a host that their app reaches again, as the requests tell."""
    counted: list[Finding] = []
    over: list[Finding] = []
    for finding in findings:
        (over if _is_over(finding, requests) else counted).append(finding)
    return counted, over


def outlived(findings: Iterable[Finding], evidence: Evidence) -> tuple[list[Finding], list[Finding]]:
    """The findings that count, and what an app's log said at an earlier start: it has crashed since, and not
    said it again, so it crashes for another reason now.
    """
    apps = views.apps(evidence)
    crashes = {} if isinstance(apps, Gap) else {app.name: _ends(app, evidence) for app in apps}
    counted: list[Finding] = []
    over: list[Finding] = []
    for finding in findings:
        last, place = finding.until or finding.at, finding.where[0] if finding.where else None
        gone = False
        if finding.stage == "start" and last is not None and place is not None and place.log is not None:
            ends = crashes.get(finding.app or "", ())
            since = [at for process, at in ends if f"/PROC/{process}/" in place.source and at > last + SLACK]
            gone = len(since) >= OFTEN
        (over if gone else counted).append(finding)
    return counted, over


def _ends(app: App, evidence: Evidence) -> list[tuple[str, datetime]]:
    """The app's crashes of which there are logs: the process as logs call it, and when."""
    found = crash_events(app)
    events = () if isinstance(found, Gap) else found
    last = max((log.times[-1] for log in evidence.logs if log.app == app.name and log.times), default=0)
    return [
        (str(event.data.get("process_type") or "web").upper(), event.at)
        for event in events
        if event.at.timestamp() <= last / 1e9 + SLACK.total_seconds()
    ]


def _is_over(finding: Finding, requests: Table | Gap) -> bool:
    """Whether all its connections that failed in this way went well later."""
    place, host = (finding.where[0] if finding.where else None), host_of(finding)
    if finding.stage != "connect" or place is None or place.log is None or host is None:
        return False
    failure = read_failure(place.line or 0, place.text)
    alike = (finding.app, host, failure.error if failure else None)
    seen = [
        row.cells["recovered"]
        for row in (() if isinstance(requests, Gap) else requests.rows)
        if (row.app, row.cells["upstream"], row.cells["error"]) == alike
    ]
    return bool(seen) and all(recovered is True for recovered in seen)
