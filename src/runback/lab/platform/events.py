"""Audit events, and the log line that Cloud Controller writes with many of them (source type API)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab.platform.state import App, AuditEvent, Party, Process, Space, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World


class Events:
    def __init__(self, world: World) -> None:
        self._world = world

    def record(
        self,
        type_: str,
        actor: User | Party,
        target: Party,
        data: dict[str, object] | None = None,
        *,
        space: Space | None,
    ) -> AuditEvent:
        """Write one audit event."""
        world = self._world
        now = world.clock.now()
        who = actor if isinstance(actor, Party) else Party(actor.guid, "user", actor.username)
        event = AuditEvent(
            guid=world.guid(),
            created_at=now,
            updated_at=now,
            type=type_,
            actor=who,
            target=target,
            data=data or {},
            space_guid=space.guid if space else None,
            organization_guid=space.organization_guid if space else None,
        )
        world.state.events[event.guid] = event
        return event

    def of_app(
        self,
        type_: str,
        actor: User | Party,
        app: App,
        data: dict[str, object] | None = None,
        line: str = "",
    ) -> AuditEvent:
        """Write an event about an app, and `line` into its log."""
        if line:
            self._world.logs.api(app.guid, line)
        space = self._world.state.spaces[app.space_guid]
        return self.record(type_, actor, Party(app.guid, "app", app.name), data, space=space)

    def crash(
        self, app: App, process: Process, index: int, instance: str, cell: str, description: str
    ) -> None:
        """The two events of one crash (CC, internal/app_crashed_controller.rb) and their log lines.

        Diego's watcher sends no exit_status (tps, cc_client/client.go); the description holds it.
        """
        payload: dict[str, object] = {
            "instance": instance,
            "index": index,
            "cell_id": cell,
            "reason": "CRASHED",
            "exit_description": description,
            "crash_count": process.actual[index].crash_count,
            "crash_timestamp": self._world.clock.now_ns(),
            "version": process.version,
        }
        # process_event_repository.rb and app_event_repository.rb; Ruby prints the hash
        self._world.logs.api(app.guid, f'Process has crashed with type: "{process.type}"')
        told = ", ".join(f'"{key}"=>{_ruby(value)}' for key, value in payload.items())
        self._world.logs.api(app.guid, f"App instance exited with guid {app.guid} payload: {{{told}}}")
        self.of_app(
            "audit.app.process.crash", Party(process.guid, "process", process.type), app, dict(payload)
        )
        legacy = ("instance", "index", "cell_id", "exit_description", "reason")
        data = {key: payload[key] for key in legacy}
        self.of_app("app.crash", Party(app.guid, "app", app.name), app, data)

    def rescheduling(self, app: App, process: Process, data: dict[str, object]) -> None:
        """An instance moves because its cell is evacuated: maintenance of the platform."""
        self._world.logs.api(app.guid, "Process is being rescheduled")
        actor = Party(process.guid, "process", process.type)
        self.of_app("audit.app.process.rescheduling", actor, app, data)

    def readiness(self, app: App, process: Process, data: dict[str, object], *, ready: bool) -> None:
        """An instance passed its readiness check, or fails it since now."""
        kind = "audit.app.process.ready" if ready else "audit.app.process.not-ready"
        self.of_app(kind, Party(process.guid, "process", process.type), app, data)


def _ruby(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
