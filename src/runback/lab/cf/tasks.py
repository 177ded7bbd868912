"""run-task."""

from __future__ import annotations

from typing import Any

from runback.lab.cf.arguments import Given, megabytes
from runback.lab.cf.client import POLL
from runback.lab.cf.errors import CfError
from runback.lab.cf.session import Session


def run_task(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("APP_NAME"), session.screen
    app = session.app(name)
    screen.say(f"Creating task for app {name} in {session.place}")
    body: dict[str, Any] = {}
    for flag, key in (("command", "command"), ("name", "name")):
        if given.value(flag):
            body[key] = given.value(flag)
    for flag, key in (("m", "memory_in_mb"), ("k", "disk_in_mb")):
        if given.value(flag):
            body[key] = megabytes(given.value(flag))
    task = session.api.post(f"/v3/apps/{app['guid']}/tasks", body)
    screen.say("Task has been submitted successfully for execution.")
    screen.ok()
    screen.pairs([("task name:", task["name"]), ("task id:", str(task["sequence_id"]))])
    if given.has("wait"):
        screen.say()
        screen.say("Waiting for task to complete execution...")
        while task["state"] not in ("SUCCEEDED", "FAILED"):
            session.sleep(POLL)
            task = session.api.get(f"/v3/tasks/{task['guid']}")
        if task["state"] == "FAILED":
            raise CfError("Task failed to complete successfully")
        screen.say()
        screen.say("Task has completed successfully.")
    screen.ok()
