"""revisions, rollback, cancel-deployment."""

from __future__ import annotations

from runback.lab.cf import starting
from runback.lab.cf.arguments import Given
from runback.lab.cf.errors import CfError, IncorrectUsage
from runback.lab.cf.session import Session


def revisions(session: Session, given: Given) -> None:
    session.need()
    name, screen, api = given.word("APP_NAME"), session.screen, session.api
    screen.say(f"Getting revisions for app {name} in {session.place}")
    app = session.app(name)
    if not api.get(f"/v3/apps/{app['guid']}/features/revisions")["enabled"]:
        screen.warn(
            f"Warning: Revisions for app '{name}' are disabled. Updates to the app will not create"
            " new revisions."
        )
    if app["state"] == "STOPPED":
        screen.say()
        screen.say(
            "Info: this app is in a stopped state. It is not possible to determine which revision is"
            " currently deployed."
        )
    screen.say()
    found = list(api.every(f"/v3/apps/{app['guid']}/revisions", order_by="-created_at"))
    if not found:
        screen.say("No revisions found")
        return
    deployed = {one["guid"] for one in api.every(f"/v3/apps/{app['guid']}/revisions/deployed")}
    if len(deployed) > 1:
        screen.say("Info: this app is in the middle of a deployment. More than one revision is deployed.")
        screen.say()
    rows = [("revision", "description", "deployable", "revision guid", "created at")]
    for one in found:
        version = f"{one['version']}{'(deployed)' if one['guid'] in deployed else ''}"
        rows.append(
            (version, one["description"], str(one["deployable"]).lower(), one["guid"], one["created_at"])
        )
    screen.table(rows)


def rollback(session: Session, given: Given) -> None:
    version = given.number("version")
    if version is None:
        raise IncorrectUsage("the required flag `--version' was not specified")
    session.need()
    name, screen = given.word("APP_NAME"), session.screen
    app = session.app(name)
    found = list(session.api.every(f"/v3/apps/{app['guid']}/revisions", versions=str(version)))
    if not found:
        raise CfError(f"Revision '{version}' not found")
    if not given.has("f"):
        screen.say(
            f"Rolling '{name}' back to revision '{version}' will create a new revision. The new revision will"
            f" use the settings from revision '{version}'."
        )
        screen.say("Are you sure you want to continue? [yN]:")
        screen.say(f"App '{name}' has not been rolled back to revision '{version}'.")
        return
    screen.say(f"Rolling back to revision {version} for app {name} in {session.place}")
    with starting.without_tips(name):
        starting.begin(
            session, app, "Rolling back", revision=found[0]["guid"],
            strategy=given.value("strategy") or "rolling", wait=not given.has("no-wait"),
        )  # fmt: skip
    screen.ok()


def cancel_deployment(session: Session, given: Given) -> None:
    session.need()
    name = given.word("APP_NAME")
    session.screen.say(f"Canceling deployment for app {name} in {session.place}")
    app = session.app(name)
    active = session.api.first(
        "/v3/deployments", app_guids=app["guid"], status_values="ACTIVE", order_by="-created_at"
    )
    if active is None:
        raise CfError("No active deployment found for app.")
    session.api.post(f"/v3/deployments/{active['guid']}/actions/cancel")
    session.screen.ok()
    session.screen.say(f"TIP: Run 'cf app {name}' to view app status.")
