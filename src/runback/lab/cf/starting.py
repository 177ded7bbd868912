"""Staging an app and starting it: what start, restart, restage, push and rollback have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runback.lab.cf import summary
from runback.lab.cf.client import POLL, Json
from runback.lab.cf.errors import AllInstancesCrashed, ApiError, CfError, StartTimedOut
from runback.lab.cf.logs import StagingLog
from runback.lab.cf.session import Session


def stage(session: Session, app: Json, package: str) -> str:
    """Stage a package while its log goes by; returns the droplet's guid."""
    log = StagingLog(session, app["guid"])
    build = session.api.post("/v3/builds", {"package": {"guid": package}})
    waited, patience = 0.0, _minutes(session, "CF_STAGING_TIMEOUT", 15)
    while build["state"] == "STAGING":
        if waited >= patience:
            raise CfError(
                f"Error staging application {app['name']}: timed out after {patience / 60:.0f} minute(s)"
            )
        session.sleep(POLL)
        waited += POLL
        build = session.api.get(f"/v3/builds/{build['guid']}")
        log.show()
    log.show()
    if build["state"] == "FAILED":
        text = f"Error staging application: {build['error']}"
        if "NoAppDetectedError" in str(build["error"]):
            text += "\n\nTIP: Use 'cf buildpacks' to see a list of supported buildpacks."
        raise CfError(text)
    return str(build["droplet"]["guid"])


def begin(
    session: Session, app: Json, doing: str, *, droplet: str = "", revision: str = "", strategy: str = "",
    wait: bool = True,
) -> None:  # fmt: skip
    """Start what is staged: by a deployment where there is a strategy, else by stop and start."""
    screen = session.screen
    if strategy:
        screen.say(f"Creating deployment for app {app['name']}...\n")
        what = (
            {"revision": {"guid": revision}}
            if revision
            else {"droplet": {"guid": droplet}}
            if droplet
            else {}
        )
        deployment = deploy(session, app, strategy, what)
        screen.say("Waiting for app to deploy...\n")
        follow(session, app, deployment, wait=wait)
        screen.say()
        if not wait and strategy != "canary":
            screen.say("First instance restaged correctly, restaging remaining in the background")
            return
    else:
        screen.say(f"{doing} app {app['name']} in {session.place}")
        screen.say()
        if app["state"] == "STARTED":
            if doing == "Starting":
                screen.say(f"App '{app['name']}' is already started.")
                screen.ok()
                return
            screen.say("Stopping app...")
            screen.say()
            session.api.post(f"/v3/apps/{app['guid']}/actions/stop")
        if droplet:
            use_droplet(session, app, droplet)
        screen.say("Waiting for app to start...")
        screen.say()
        session.api.post(f"/v3/apps/{app['guid']}/actions/start")
        watch(session, app, wait=wait)
        screen.say()
    summary.show(session, app["name"])


@contextmanager
def without_tips(name: str) -> Iterator[None]:
    """start, restart and rollback say it shorter than push, restage and scale do."""
    try:
        yield
    except AllInstancesCrashed as error:
        raise CfError("All instances crashed") from error
    except StartTimedOut as error:
        raise CfError(f"Timed out waiting for application '{name}' to start") from error


def use_droplet(session: Session, app: Json, droplet: str) -> None:
    try:
        session.api.patch(
            f"/v3/apps/{app['guid']}/relationships/current_droplet", {"data": {"guid": droplet}}
        )
    except ApiError as error:
        if error.status == 422:
            raise CfError(f"Unable to set droplet: {error}") from error
        raise


def deploy(session: Session, app: Json, strategy: str, what: Json) -> Json:
    relationships = {"app": {"data": {"guid": app["guid"]}}}
    return session.api.post("/v3/deployments", {**what, "strategy": strategy, "relationships": relationships})


def watch(session: Session, app: Json, *, wait: bool = True) -> None:
    """Look until every process has a running instance; raises CfError when all crash or time is up."""
    processes = list(session.api.every(f"/v3/apps/{app['guid']}/processes"))
    if not wait:
        processes = [one for one in processes if one["type"] == "web"]
    waited, patience = 0.0, _minutes(session, "CF_STARTUP_TIMEOUT", 5)
    while not _started(session, app["name"], processes):
        if waited >= patience:
            raise _too_late(app["name"])
        session.sleep(POLL)
        waited += POLL


def follow(session: Session, app: Json, deployment: Json, *, wait: bool = True) -> None:
    """Look until the deployment is through. It never says that it failed: when time is up it is cancelled."""
    waited, patience = 0.0, _minutes(session, "CF_STARTUP_TIMEOUT", 5)
    path = f"/v3/deployments/{deployment['guid']}"
    while True:
        status = deployment["status"]
        if status["value"] == "FINALIZED":
            if status["reason"] != "DEPLOYED":
                raise CfError(f"Deployment has been {status['reason'].lower()}")
            break
        if not wait and _started(session, app["name"], deployment.get("new_processes") or []):
            return
        if waited >= patience:
            session.api.post(f"{path}/actions/cancel")
            raise _too_late(app["name"])
        session.sleep(POLL)
        waited += POLL
        deployment = session.api.get(path)
    watch(session, app)


def unstaged_package(session: Session, app: Json) -> str:
    """The newest ready package if nothing has been staged from it yet, else ''."""
    package = newest_package(session, app)
    if not package:
        return ""
    droplets = session.api.first(f"/v3/packages/{package}/droplets", states="STAGED")
    return "" if droplets else package


def newest_package(session: Session, app: Json) -> str:
    found = session.api.first("/v3/packages", app_guids=app["guid"], states="READY", order_by="-created_at")
    return str(found["guid"]) if found else ""


def _started(session: Session, name: str, processes: list[Json]) -> bool:
    stable = 0
    for process in processes:
        instances = summary.stats(session, process)
        details = next((one["details"] for one in instances if one.get("details")), "")
        session.screen.say(f"Error starting instances: '{details}'" if details else "Instances starting...")
        states = {one["state"] for one in instances}
        if not instances or "RUNNING" in states:
            stable += 1
            continue
        if states == {"CRASHED"}:
            raise AllInstancesCrashed(
                f"Start unsuccessful\n\nTIP: use 'cf logs {name} --recent' for more information"
            )
        return False
    return stable == len(processes)


def _too_late(name: str) -> CfError:
    return StartTimedOut(
        "Start app timeout\n\nTIP: Application must be listening on the right port. Instead of hard coding"
        f" the port, use the $PORT environment variable.\n\nUse 'cf logs {name} --recent' for more"
        " information"
    )


def _minutes(session: Session, variable: str, default: float) -> float:
    """Seconds; the variables count minutes."""
    try:
        return float(session.environ.get(variable) or default) * 60
    except ValueError:
        return default * 60
