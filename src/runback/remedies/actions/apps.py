"""Apps and their processes: start, stop, restart, scale, health check."""

from __future__ import annotations

from collections.abc import Mapping

from runback.model import Scalar
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.bodies import App, HealthCheck, HealthCheckData, Process, states
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import NotDone, Reach

UP_SECONDS = 300.0  # a start that takes longer has failed
LOOK_SECONDS = 5.0
SEEN_RUNNING = 2  # looks in a row: an app that crashes at once also runs for a moment


def app_of(reach: Reach, given: Parameters, name: str = "guid") -> App | None:
    return reach.found(f"/v3/apps/{text(given, name)}", App)


def wait_until_up(reach: Reach, guid: str, name: str) -> None:
    """Until each instance of each type runs, and still does a moment later. Raises NotDone."""
    waited, seen = 0.0, 0
    while waited < UP_SECONDS:
        processes = [one for one in reach.listed(f"/v3/apps/{guid}/processes", Process) if one.instances]
        found = {one.type: states(reach, guid, one.type) for one in processes}
        up = all(one and set(one) == {"RUNNING"} for one in found.values())
        seen = seen + 1 if up else 0
        if seen >= SEEN_RUNNING:
            return
        shown = ", ".join(f"{kind}: {' '.join(one).lower() or 'nothing yet'}" for kind, one in found.items())
        reach.progress(f"{name}: {shown}")
        if any("CRASHED" in one for one in found.values()) and waited > UP_SECONDS / 5:
            raise NotDone(f"{name} crashes after its start", f"See: cf logs {name} --recent")
        waited += reach.pause(LOOK_SECONDS)
    raise NotDone(f"{name} was not up within {UP_SECONDS / 60:.0f} minutes", f"See: cf logs {name} --recent")


def wait_for_other_types(reach: Reach, guid: str, name: str) -> None:
    """After a deployment: it replaces web, and then starts workers anew, all their instances at once."""
    found = reach.listed(f"/v3/apps/{guid}/processes", Process)
    if any(one.instances for one in found if one.type != "web"):
        wait_until_up(reach, guid, name)


class _AppAction(Action):
    """What all changes of an app's state share."""

    verb = ""
    wanted = ""  # the app's state that shows that it is done; '' where nothing does

    def look(self, reach: Reach, given: Parameters) -> Look:
        app = app_of(reach, given)
        if app is None:
            return Look({}, moved="the app is not there any more")
        return Look({"state": app.state, "app": app.name}, done=app.state == self.wanted)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send("POST", f"/v3/apps/{text(given, 'guid')}/actions/{self.verb}")
        return {"app": str(look.before["app"])}


class Start(_AppAction):
    verb = "start"
    wanted = "STARTED"

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        wait_until_up(reach, text(given, "guid"), handle.get("app", "the app"))

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if before.get("state") == "STARTED":
            return "the app ran before: it goes on"
        reach.send("POST", f"/v3/apps/{text(given, 'guid')}/actions/stop")
        return "stopped the app again"


class Stop(_AppAction):
    verb = "stop"
    wanted = "STOPPED"

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if before.get("state") == "STOPPED":
            return "the app was stopped before: it stays so"
        reach.send("POST", f"/v3/apps/{text(given, 'guid')}/actions/start")
        return "started the app again"


class Restart(_AppAction):
    """Stops and starts. Once more does no harm: it is only planned for what does not run."""

    verb = "restart"

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        wait_until_up(reach, text(given, "guid"), handle.get("app", "the app"))

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        return "a restart leaves nothing to take back"


_SCALE = {"instances": "instances", "memory_in_mb": "memory_in_mb", "disk_in_mb": "disk_in_mb"}


class Scale(Action):
    """Instances count at once; memory and disk at the next start, which is a step of its own.

    `from_instances` and so on: what the plan found, where somebody else's change must not be lost.
    """

    def look(self, reach: Reach, given: Parameters) -> Look:
        process = reach.found(_process_path(given), Process)
        if process is None:
            return Look({}, moved="the app or its process is not there any more")
        before: dict[str, Scalar] = {name: getattr(process, name) for name in _SCALE if name in given}
        for name, now in before.items():
            planned = given.get(f"from_{name}")
            if planned is not None and now not in (planned, given[name]):
                what = name.removesuffix("_in_mb")
                return Look(before, moved=f"its {what} was {planned}, and is {now} by now")
        return Look(before, done=all(before[name] == given[name] for name in before))

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        wanted = {name: given[name] for name in _SCALE if name in given}
        reach.send("POST", f"{_process_path(given)}/actions/scale", wanted)
        return {}

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        app = app_of(reach, given)
        if app is not None and app.state == "STARTED" and given.get("instances"):
            wait_until_up(reach, app.guid, app.name)

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        wanted = {name: before[name] for name in _SCALE if before.get(name) is not None}
        reach.send("POST", f"{_process_path(given)}/actions/scale", wanted)
        return f"scaled back to {', '.join(f'{name} {value}' for name, value in wanted.items())}"


class ChangeHealthCheck(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        process = reach.found(_process_path(given), Process)
        if process is None:
            return Look({}, moved="the app or its process is not there any more")
        check = process.health_check or HealthCheck()
        data = check.data or HealthCheckData()
        before: dict[str, Scalar] = {"type": check.type, "timeout": data.timeout, "endpoint": data.endpoint}
        return Look(before, done=all(before[name] == given[f"check_{name}"] for name in _asked(given)))

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send("PATCH", _process_path(given), _check({**look.before, **_asked(given)}))
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        reach.send("PATCH", _process_path(given), _check(before))
        return "gave the app its old health check"


def _asked(given: Parameters) -> dict[str, Scalar]:
    names = ("type", "timeout", "endpoint")
    return {name: given[f"check_{name}"] for name in names if given.get(f"check_{name}") is not None}


def _check(check: Mapping[str, Scalar]) -> dict[str, object]:
    data = {"timeout": check.get("timeout")}
    if check.get("type") == "http":
        data["endpoint"] = check.get("endpoint")
    return {"health_check": {"type": check.get("type"), "data": data}}


def _process_path(given: Parameters) -> str:
    return f"/v3/apps/{text(given, 'guid')}/processes/{text(given, 'type')}"
