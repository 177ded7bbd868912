"""Staging anew: the newest package with the buildpacks of today, rolled out as a deployment."""

from __future__ import annotations

import msgspec

from runback.model import Scalar
from runback.remedies.actions.deployments import LOOK_SECONDS, MOST_SECONDS, Deploy, deployments_of, follow
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import Guid, NotDone, Reach


class _Package(msgspec.Struct):
    guid: str
    state: str = ""


class _Build(msgspec.Struct):
    guid: str
    state: str = ""
    error: str | None = None
    droplet: Guid | None = None


class Restage(Action):
    """Builds the newest package again, and rolls its droplet out. Given `app`."""

    leaves = False

    def look(self, reach: Reach, given: Parameters) -> Look:
        look = Deploy().look(reach, given)
        if look.moved:
            return look
        package = self._package(reach, given)
        if package is None:
            return Look(look.before, moved="there is no package that could be staged again")
        return Look({**look.before, "package": package.guid})

    def _package(self, reach: Reach, given: Parameters) -> _Package | None:
        path = f"/v3/packages?app_guids={text(given, 'app')}&states=READY&order_by=-created_at&per_page=1"
        found = reach.listed(path, _Package)
        return found[0] if found else None

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        answer = reach.send("POST", "/v3/builds", {"package": {"guid": look.before["package"]}})
        build = msgspec.json.decode(answer.bytes(), type=_Build)
        return {"build": build.guid, "app": str(look.before.get("app", ""))}

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        name = handle.get("app") or "the app"
        droplet = self._staged(reach, handle["build"], name)
        roll: dict[str, Scalar] = {"app": text(given, "app"), "droplet": droplet, "strategy": "rolling"}
        newest = deployments_of(reach, text(given, "app"))
        ours = newest[0] if newest and newest[0].droplet and newest[0].droplet.guid == droplet else None
        deploy = Deploy()
        made = {"deployment": ours.guid} if ours else deploy.do(reach, roll, deploy.look(reach, roll))
        follow(reach, made["deployment"], text(given, "app"), name)

    def _staged(self, reach: Reach, guid: str, name: str) -> str:
        waited = 0.0
        while waited < MOST_SECONDS:
            build = reach.read(f"/v3/builds/{guid}", _Build)
            if build.state == "STAGED" and build.droplet and build.droplet.guid:
                return build.droplet.guid
            if build.state == "FAILED":
                raise NotDone(f"{name} did not stage: {build.error or 'no reason given'}")
            reach.progress(f"{name}: staging")
            waited += reach.pause(LOOK_SECONDS)
        raise NotDone(f"{name} did not stage within {MOST_SECONDS / 60:.0f} minutes")
