"""Tasks: one-off runs of an app's droplet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runback.lab.platform import schema
from runback.lab.platform.network import Address
from runback.lab.platform.placement import cells_with_room
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Task, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

_SECONDS = 6.0  # how long the lab's tasks take
_CERTIFICATE = """
* Server certificate:
*  subject: CN={host}
*  start date: Jan 10 00:00:00 2026 GMT
*  expire date: Apr 10 00:00:00 2026 GMT
*  subjectAltName: host "{host}" matched cert's "{host}"
*  SSL certificate verify ok."""
_PROBE = re.compile(r"\bcurl\b.* telnet://(?P<host>[\w.-]+):(?P<port>\d+)")


class Tasks:
    def __init__(self, world: World) -> None:
        self._world = world

    def create(
        self,
        actor: User,
        app: App,
        command: str,
        *,
        name: str | None = None,
        memory_mb: int | None = None,
        disk_mb: int | None = None,
    ) -> Task:
        """Run a command with the current droplet; it ends by the clock."""
        if app.droplet_guid is None:
            raise Refusal("Task must have a droplet. Assign current droplet to app.")
        world = self._world
        web = world.processes.web(app)
        memory = memory_mb or web.memory_mb
        self._check_quota(app, memory)
        now = world.clock.now()
        sequence = 1 + sum(task.app_guid == app.guid for task in world.state.tasks.values())
        guid = world.guid()
        task = Task(
            guid=guid,
            created_at=now,
            updated_at=now,
            app_guid=app.guid,
            sequence_id=sequence,
            name=name or guid[:8],
            command=command,
            memory_mb=memory,
            disk_mb=disk_mb or web.disk_mb,
            droplet_guid=app.droplet_guid,
        )
        world.state.tasks[task.guid] = task
        data: dict[str, object] = {"task_guid": guid, "request": {"name": task.name, "memory_in_mb": memory}}
        world.events.of_app("audit.app.task.create", actor, app, data)
        if not cells_with_room(world, memory):
            # the auctioneer gives up on a task at once; an instance it would try again
            world.clock.after(1.0, lambda: self._end(task, "FAILED", "insufficient resources: memory"))
            return task
        world.logs.write(app.guid, f"APP/TASK/{task.name}", "0", f"Invoking task: {command}")
        world.clock.after(_SECONDS, lambda: self._finish(task))
        return task

    def cancel(self, actor: User, task: Task) -> Task:
        if task.state not in ("PENDING", "RUNNING"):
            raise Refusal(f"Task state is {task.state} and therefore cannot be canceled")
        app = self._world.state.apps[task.app_guid]
        self._end(task, "FAILED", "task was cancelled")
        self._world.events.of_app("audit.app.task.cancel", actor, app, {"task_guid": task.guid})
        return task

    def _finish(self, task: Task) -> None:
        if task.state != "RUNNING" or task.guid not in self._world.state.tasks:
            return
        code, text, reason = self._run(task)
        source = f"APP/TASK/{task.name}"
        if text:
            self._world.logs.write(task.app_guid, source, "0", text, "ERR")
        self._world.logs.write(task.app_guid, source, "0", f"Exit status {code}{reason}")
        failure = f"{source}: Exited with status {code}{reason}" if code else None
        self._end(task, "FAILED" if code else "SUCCEEDED", failure)

    def _run(self, task: Task) -> tuple[int, str, str]:
        """Exit status, output, and what the platform adds to the status."""
        reached = _PROBE.search(task.command)
        if reached:
            return self._connect(task, reached["host"], int(reached["port"]))
        behaviour = self._world.state.droplets[task.droplet_guid].behaviour
        if "manage.py migrate" in task.command:
            code, text = schema.migrate(self._world, self._world.state.apps[task.app_guid], behaviour)
            return code, text.rstrip("\n"), ""
        for run in behaviour.tasks:
            if run.command in task.command:
                return run.exit_status, "\n".join(run.lines), f" ({run.reason})" if run.reason else ""
        return 0, "", ""

    def _connect(self, task: Task, host: str, port: int) -> tuple[int, str, str]:
        """What curl 7.88 says of a connection from the app's container (lib/connect.c)."""
        connected = self._world.network.connect(self._world.state.apps[task.app_guid], Address(host, port))
        if connected.result == "unresolved":
            text = f"Could not resolve host: {host}"
            return 6, f"* {text}\n* Closing connection 0\ncurl: (6) {text}", ""
        trying = f"*   Trying {connected.ip}:{port}..."
        if connected.result == "refused":
            text = f"Failed to connect to {host} port {port} after 1 ms: Couldn't connect to server"
            refused = f"* connect to {connected.ip} port {port} failed: Connection refused"
            return 7, f"{trying}\n{refused}\n* {text}\n* Closing connection 0\ncurl: (7) {text}", ""
        talk = f"* Connected to {host} ({connected.ip}) port {port} (#0)\n* Time-out\n* Closing connection 0"
        shown = _CERTIFICATE.format(host=host) if "https://" in task.command else ""
        return 28, f"{trying}\n{talk}\ncurl: (28) Time-out{shown}", ""

    def _end(self, task: Task, state: str, reason: str | None) -> None:
        task.state = state
        task.failure_reason = reason
        task.updated_at = self._world.clock.now()

    def _check_quota(self, app: App, memory_mb: int) -> None:
        # task_model.rb
        state = self._world.state
        space = state.spaces[app.space_guid]
        quota = self._world.quotas.of_organization(space.organization_guid)
        neighbours = [s for s in state.spaces.values() if s.organization_guid == space.organization_guid]
        total = quota.total_memory_mb
        if total is not None and self._world.quotas.used_mb(neighbours) + memory_mb > total:
            raise Refusal("memory_in_mb exceeds organization memory quota")
