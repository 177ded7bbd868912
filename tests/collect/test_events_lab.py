"""What happened is found however often somebody has only looked since."""

from __future__ import annotations

import re
from pathlib import Path

import runback
from runback import app, lab
from runback.app.request import Request
from runback.collect.appdetails import EVENTS
from runback.model import Platform


def test_who_looks_often_hides_nothing_that_happened() -> None:
    with lab.start("service-not-bound") as running:
        for _ in range(110):
            running.cf(["env", running.app])
        evidence, _ = app.collect(
            Request(running.app, running.environment), running.checkout, running.environ, now=running.now
        )
    assert isinstance(evidence.platform, Platform)
    assert isinstance(evidence.platform.apps, tuple)
    seen = next(one for one in evidence.platform.apps if one.name == running.app)
    assert isinstance(seen.events, tuple)
    kinds = {event.type for event in seen.events}
    assert {"audit.app.process.crash", "audit.app.stop"} <= kinds
    assert "audit.app.environment.show" not in kinds


def test_each_event_that_facts_and_views_speak_of_is_asked_for() -> None:
    root = Path(runback.__file__).parent
    text = "".join(path.read_text() for room in ("facts", "views") for path in (root / room).rglob("*.py"))
    of_apps = set(re.findall(r"\"(audit\.app\.[\w.-]+)\"", text)) - {"audit.app.delete-request"}
    assert len(of_apps) > 8
    assert of_apps <= set(EVENTS)
