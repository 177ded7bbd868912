"""Audit events as facts: which of them are crashes, and which was the last of a kind."""

from __future__ import annotations

from runback.model import App, AuditEvent, Gap


def last_event(app: App, *types: str) -> AuditEvent | None:
    if isinstance(app.events, Gap):
        return None
    found = [event for event in app.events if event.type in types]
    return max(found, key=lambda event: event.at, default=None)


def crash_events(app: App) -> tuple[AuditEvent, ...] | Gap:
    """Each crash once, oldest first: the platform writes a legacy event beside each.

    What the platform did itself is no crash: an evacuated cell, or an exit 0 that happened once.
    """
    if isinstance(app.events, Gap):
        return app.events
    found = [event for event in app.events if event.type == "audit.app.process.crash"]
    found = found or [event for event in app.events if event.type == "app.crash"]
    own = [event for event in found if not _by_platform(event)]
    if sum(exit_status(event) == 0 for event in own) == 1:
        own = [event for event in own if exit_status(event) != 0]
    return tuple(sorted(own, key=lambda event: event.at))


def _by_platform(event: AuditEvent) -> bool:
    said = f"{event.data.get('reason', '')} {event.data.get('exit_description', '')}".lower()
    return "evacuat" in said or "reschedul" in said


def exit_status(event: AuditEvent) -> int | None:
    status = event.data.get("exit_status")
    return status if isinstance(status, int) else None
