"""start, stop, restart, restage, scale, delete."""

from __future__ import annotations

from typing import Any

from runback.lab.cf import starting, summary
from runback.lab.cf.arguments import Given, megabytes
from runback.lab.cf.errors import AllInstancesCrashed, CfError, IncorrectUsage
from runback.lab.cf.session import Session


def start(session: Session, given: Given) -> None:
    session.need()
    app = session.app(given.word("APP_NAME"))
    package = starting.unstaged_package(session, app)
    if package and app["state"] == "STOPPED":
        session.screen.say(f"Starting app {app['name']} in {session.place}")
        session.screen.say()
        with starting.without_tips(app["name"]):
            _stage_and_begin(session, app, package, "Starting", given)
        return
    with starting.without_tips(app["name"]):
        starting.begin(session, app, "Starting", wait=not given.has("no-wait"))


def stop(session: Session, given: Given) -> None:
    session.need()
    app = session.app(given.word("APP_NAME"))
    if app["state"] == "STOPPED":
        session.screen.say(f"App {app['name']} is already stopped.")
        session.screen.ok()
        return
    session.screen.say(f"Stopping app {app['name']} in {session.place}")
    session.api.post(f"/v3/apps/{app['guid']}/actions/stop")
    session.screen.ok()


def restart(session: Session, given: Given) -> None:
    session.need()
    app = session.app(given.word("APP_NAME"))
    package = starting.unstaged_package(session, app)
    strategy = given.value("strategy")
    if package or strategy:
        session.screen.say(f"Restarting app {app['name']} in {session.place}")
        session.screen.say()
    with starting.without_tips(app["name"]):
        if package:
            _stage_and_begin(session, app, package, "Restarting", given)
        else:
            starting.begin(session, app, "Restarting", strategy=strategy, wait=not given.has("no-wait"))


def restage(session: Session, given: Given) -> None:
    session.need()
    name = given.word("APP_NAME")
    if not given.value("strategy"):
        session.screen.warn("This action will cause app downtime.")
    session.screen.say()
    session.screen.say(f"Restaging app {name} in {session.place}")
    session.screen.say()
    app = session.app(name)
    package = starting.newest_package(session, app)
    if not package:
        raise CfError(
            f"App '{name}' has no eligible packages.\n\nTIP: Use 'cf packages {name}' to list packages."
        )
    _stage_and_begin(session, app, package, "Restarting", given)


def scale(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("APP_NAME"), session.screen
    app = session.app(name)
    body: dict[str, Any] = {}
    if (instances := given.number("i")) is not None:
        body["instances"] = instances
    for flag, key in (("m", "memory_in_mb"), ("k", "disk_in_mb")):
        if given.value(flag):
            body[key] = megabytes(given.value(flag))
    crashed: AllInstancesCrashed | None = None
    if body:
        screen.say(f"Scaling app {name} in {session.place}")
        screen.say()
        bigger = "memory_in_mb" in body or "disk_in_mb" in body
        if bigger and not given.has("f"):
            screen.say(f"This will cause the app to restart. Are you sure you want to scale {name}? [yN]:")
            screen.say("Scaling cancelled")
            return
        process = given.value("process") or "web"
        session.api.post(f"/v3/apps/{app['guid']}/processes/{process}/actions/scale", body)
        if bigger:
            for doing, action in (("Stopping", "stop"), ("Starting", "start")):
                screen.say(f"{doing} app {name} in {session.place}")
                screen.say()
                session.api.post(f"/v3/apps/{app['guid']}/actions/{action}")
        if bigger or app["state"] == "STARTED":
            try:
                starting.watch(session, app)
            except AllInstancesCrashed as error:
                crashed = error
            screen.say()
    screen.say(f"Showing current scale of app {name} in {session.place}")
    screen.say()
    summary.show(session, name)
    if crashed:
        raise crashed


def set_health_check(session: Session, given: Given) -> None:
    session.need()
    name, kind = given.word("APP_NAME"), given.word("HEALTH_CHECK_TYPE")
    process = given.value("process") or "web"
    if kind not in ("http", "port", "process"):
        raise IncorrectUsage('HEALTH_CHECK_TYPE must be "port", "process", or "http"')
    if given.value("endpoint") and kind != "http":
        raise CfError("Health check type must be 'http' to set a health check HTTP endpoint.")
    session.screen.say(f"Updating health check type for app {name} process {process} in {session.place}")
    session.screen.say()
    data = {"endpoint": given.value("endpoint") or "/"} if kind == "http" else {}
    found = session.api.get(f"/v3/apps/{session.app(name)['guid']}/processes/{process}")
    body = {"health_check": {"type": kind, "data": data}}
    session.api.patch(f"/v3/processes/{found['guid']}", body)
    session.screen.ok()
    session.screen.say("TIP: An app restart is required for the change to take effect.")


def delete(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("APP_NAME"), session.screen
    if not given.has("f"):
        with_routes = " and associated routes" if given.has("r") else ""
        screen.say(f"Really delete the app {name}{with_routes}? [yN]:")
        screen.say(f"App '{name}' has not been deleted.")
        return
    screen.say(f"Deleting app {name} in {session.place}")
    app = session.find_app(name)
    if app is None:
        screen.warn(f"App '{name}' does not exist.")
        screen.ok()
        return
    routes = list(session.api.every(f"/v3/apps/{app['guid']}/routes")) if given.has("r") else []
    for route in routes:
        if len({one["app"]["guid"] for one in route["destinations"]}) > 1:
            raise CfError(
                f"App '{name}' was not deleted because route '{route['url']}' is mapped to more than one app."
                "\n\n"
                f"TIP: Run 'cf delete {name}' to delete the app and 'cf delete-route' to delete the route."
            )
    session.api.finish("DELETE", f"/v3/apps/{app['guid']}")
    for route in routes:
        session.api.finish("DELETE", f"/v3/routes/{route['guid']}")
    screen.ok()


def _stage_and_begin(session: Session, app: dict[str, Any], package: str, doing: str, given: Given) -> None:
    session.screen.say("Staging app and tracing logs...")
    droplet = starting.stage(session, app, package)
    session.screen.say()
    starting.begin(
        session, app, doing, droplet=droplet, strategy=given.value("strategy"), wait=not given.has("no-wait")
    )
