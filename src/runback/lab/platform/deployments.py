"""Deployments: rolling and canary, moving an instance at a time, stalling when the new ones do not get
healthy.

After cloud_controller_ng, app/actions/deployment_create.rb and deployment_cancel.rb and
lib/cloud_controller/deployment_updater/. There is no time-out: a stalled deployment stays ACTIVE.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Deployment, Droplet, Process, Revision, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

UPDATE_SECONDS = 5  # how often Cloud Controller looks at active deployments
_QUOTA_TOO_SMALL = (
    "This {what}'s quota may not be large enough "
    "to support rolling deployments or your configured max-in-flight."
)


class Deployments:
    def __init__(self, world: World) -> None:
        self._world = world

    def of(self, app: App) -> list[Deployment]:
        """Oldest first."""
        return [d for d in self._world.state.deployments.values() if d.app_guid == app.guid]

    def active(self, app: App) -> Deployment | None:
        return next((d for d in reversed(self.of(app)) if d.status == "ACTIVE"), None)

    def create(
        self,
        actor: User,
        app: App,
        *,
        droplet: Droplet | None = None,
        revision: Revision | None = None,
        strategy: Literal["rolling", "canary"] = "rolling",
        max_in_flight: int = 1,
        options: dict[str, int] | None = None,
    ) -> Deployment:
        """Deploy the current droplet, another one, or a revision. The current droplet changes at once.

        `options`: web_instances, memory_in_mb and disk_in_mb of the new web process, where they change.
        """
        world = self._world
        if droplet is not None and revision is not None:
            raise Refusal("Cannot set both fields 'droplet' and 'revision'")
        if revision is not None:
            self._check_revision(app, revision)
        target = self._target(app, droplet, revision)
        previous = app.droplet_guid
        chosen = options or {}
        self._check_quota(app, max_in_flight, chosen.get("memory_in_mb"))
        made = self._assign(actor, app, target, revision)
        running = self.active(app)
        known = running.original_web_instances if running else world.processes.web(app).instances
        original = chosen.get("web_instances", known)
        deployment = self._new(app, strategy, target, previous, made, original, max_in_flight)
        deployment.options = chosen
        if running is not None:
            self._finalize(running, "SUPERSEDED")
        self._event("audit.app.deployment.create", actor, app, deployment, "Creating", revision)
        if app.state == "STOPPED":
            deployment.new_process_guid = world.processes.web(app).guid
            self._finalize(deployment, "DEPLOYED")
            world.apps.start(actor, app)
            return deployment
        process = self._clone(app, made, min(max_in_flight, original if strategy == "rolling" else 1))
        process.memory_mb = chosen.get("memory_in_mb", process.memory_mb)
        process.disk_mb = chosen.get("disk_in_mb", process.disk_mb)
        deployment.new_process_guid = process.guid
        world.diego.start(process)
        world.clock.after(UPDATE_SECONDS, lambda: self._update(deployment))
        return deployment

    def _check_revision(self, app: App, revision: Revision) -> None:
        if not app.revisions_enabled:
            raise Refusal("Cannot create deployment from a revision for an app without revisions enabled")
        if not self._world.revisions.deployable(revision):
            raise Refusal("Unable to deploy this revision, the droplet for this revision no longer exists.")

    def _assign(self, actor: User, app: App, target: Droplet, revision: Revision | None) -> Revision | None:
        """Makes the droplet the current one; the revision that the app has then."""
        world = self._world
        if revision is None:
            world.apps.assign(actor, app, target)
            return world.revisions.resolve(app)
        made = world.revisions.roll_back(app, revision)
        app.environment = dict(revision.environment)
        world.apps.assign(actor, app, target)
        return made

    def cancel(self, actor: User, deployment: Deployment) -> Deployment:
        """Go back to the previous droplet; what was changed of variables and bindings stays changed."""
        if deployment.status != "ACTIVE" or deployment.reason == "CANCELING":
            raise Refusal(
                f"Cannot cancel a deployment with status: {deployment.status} and reason: {deployment.reason}"
            )
        app = self._world.state.apps[deployment.app_guid]
        previous = self._world.state.droplets.get(deployment.previous_droplet_guid or "")
        if previous is None:
            raise Refusal(
                "Unable to assign current droplet. Ensure the droplet exists and belongs to this app."
            )
        self._world.apps.assign(actor, app, previous)
        self._set(deployment, "ACTIVE", "CANCELING")
        self._event("audit.app.deployment.cancel", actor, app, deployment, "Cancelling", None)
        self._world.clock.after(UPDATE_SECONDS, lambda: self._cancelled(deployment))
        return deployment

    def continue_(self, actor: User, deployment: Deployment) -> Deployment:
        """Let a paused canary go on."""
        if deployment.reason != "PAUSED":
            raise Refusal(
                f"Cannot continue a deployment with status: {deployment.status} "
                f"and reason: {deployment.reason}"
            )
        app = self._world.state.apps[deployment.app_guid]
        deployment.strategy = "rolling"
        self._set(deployment, "ACTIVE", "DEPLOYING")
        self._event("audit.app.deployment.continue", actor, app, deployment, "Continuing", None)
        self._world.clock.after(UPDATE_SECONDS, lambda: self._update(deployment))
        return deployment

    def end(self, app: App) -> None:
        """Stopping, restarting or deleting an app ends its deployment where it is."""
        deployment = self.active(app)
        if deployment is not None:
            for process in self._old_processes(deployment):
                self._world.processes.destroy(process)
            self._finalize(deployment, "DEPLOYED")

    # --- how it moves ---------------------------------------------------------------------------

    def _update(self, deployment: Deployment) -> None:
        state = self._world.state
        if deployment.status != "ACTIVE" or deployment.reason != "DEPLOYING":
            return
        if deployment.new_process_guid not in state.processes:
            return
        process = state.processes[deployment.new_process_guid]
        self._world.clock.after(UPDATE_SECONDS, lambda: self._update(deployment))
        routable = sum(i.state == "RUNNING" and i.ready for i in process.actual.values())
        unhealthy = sum(i.state in ("CRASHED", "DOWN") or i.crash_count > 0 for i in process.actual.values())
        starting = sum(i.state == "STARTING" or not i.ready for i in process.actual.values())
        target = 1 if deployment.strategy == "canary" else deployment.original_web_instances
        self._scale_old(deployment, deployment.original_web_instances - routable)
        if process.instances >= target and routable >= target:
            self._finished(deployment)
        elif starting < deployment.max_in_flight and not unhealthy:
            self._scale_new(deployment, process, min(routable + deployment.max_in_flight, target))

    def _scale_new(self, deployment: Deployment, process: Process, instances: int) -> None:
        world = self._world
        deployment.last_successful_healthcheck = world.clock.now()
        if instances <= process.instances:
            return
        problems = world.quotas.problems(process, instances=instances, memory_mb=process.memory_mb)
        if problems:
            deployment.error = ", ".join(problems)
            return
        deployment.error = None
        process.instances = instances
        world.diego.reconcile(process)

    def _scale_old(self, deployment: Deployment, wanted: int) -> None:
        surplus = sum(p.instances for p in self._old_processes(deployment)) - max(wanted, 0)
        for process in self._old_processes(deployment):
            taken = min(max(surplus, 0), process.instances)
            surplus -= taken
            if taken:
                process.instances -= taken
                self._world.diego.reconcile(process)

    def _finished(self, deployment: Deployment) -> None:
        if deployment.strategy == "canary":
            self._set(deployment, "ACTIVE", "PAUSED")
            return
        world = self._world
        app = world.state.apps[deployment.app_guid]
        for process in self._old_processes(deployment):
            world.processes.destroy(process)
        self._finalize(deployment, "DEPLOYED")
        for process in world.processes.of(app):
            if process.type != "web":
                world.diego.stop(process)
                process.revision_guid = deployment.revision_guid
                world.diego.start(process)

    def _cancelled(self, deployment: Deployment) -> None:
        world = self._world
        if deployment.reason != "CANCELING" or deployment.new_process_guid not in world.state.processes:
            return
        old = self._old_processes(deployment)
        world.processes.destroy(world.state.processes[deployment.new_process_guid])
        if old:
            old[0].instances = deployment.original_web_instances
            world.diego.reconcile(old[0])
        self._finalize(deployment, "CANCELED")

    # --- small parts ----------------------------------------------------------------------------

    def _target(self, app: App, droplet: Droplet | None, revision: Revision | None) -> Droplet:
        guid = revision.droplet_guid if revision else droplet.guid if droplet else app.droplet_guid
        if guid is None or guid not in self._world.state.droplets:
            raise Refusal(
                "Invalid droplet. Please specify a droplet in the request "
                "or set a current droplet for the app."
            )
        return self._world.state.droplets[guid]

    def _clone(self, app: App, revision: Revision | None, instances: int) -> Process:
        world = self._world
        web = world.processes.web(app)
        now = world.clock.now()
        process = replace(
            web,
            guid=world.guid(),
            created_at=now,
            updated_at=now,
            instances=instances,
            command=revision.commands.get("web") if revision else web.command,
            revision_guid=revision.guid if revision else None,
            desired=None,
            actual={},
        )
        world.state.processes[process.guid] = process
        return process

    def _old_processes(self, deployment: Deployment) -> list[Process]:
        app = self._world.state.apps[deployment.app_guid]
        return [
            process
            for process in self._world.processes.of(app)
            if process.type == "web" and process.guid != deployment.new_process_guid
        ]

    def _check_quota(self, app: App, max_in_flight: int, memory_mb: int | None) -> None:
        if app.state == "STOPPED":
            return
        web = self._world.processes.web(app)
        more = web.instances + min(max_in_flight, web.instances)
        problems = self._world.quotas.problems(web, instances=more, memory_mb=memory_mb or web.memory_mb)
        if not problems:
            return
        space = self._world.state.spaces[app.space_guid]
        if any("space_" in problem for problem in problems):
            where, what = f" for space {space.name}. ", "space"
        else:
            where = f" for organization {self._world.state.organizations[space.organization_guid].name}. "
            what = "organization"
        raise Refusal(", ".join(problems) + where + _QUOTA_TOO_SMALL.format(what=what))

    def _new(
        self,
        app: App,
        strategy: Literal["rolling", "canary"],
        target: Droplet,
        previous: str | None,
        revision: Revision | None,
        original: int,
        max_in_flight: int,
    ) -> Deployment:
        now = self._world.clock.now()
        deployment = Deployment(
            guid=self._world.guid(),
            created_at=now,
            updated_at=now,
            app_guid=app.guid,
            strategy=strategy,
            droplet_guid=target.guid,
            previous_droplet_guid=previous,
            revision_guid=revision.guid if revision else None,
            revision_version=revision.version if revision else None,
            original_web_instances=original,
            max_in_flight=max_in_flight,
            last_successful_healthcheck=now,
            last_status_change=now,
        )
        self._world.state.deployments[deployment.guid] = deployment
        return deployment

    def _finalize(self, deployment: Deployment, reason: str) -> None:
        self._set(deployment, "FINALIZED", reason)

    def _set(self, deployment: Deployment, status: Literal["ACTIVE", "FINALIZED"], reason: str) -> None:
        now = self._world.clock.now()
        deployment.status = status
        deployment.reason = reason
        deployment.updated_at = deployment.last_status_change = now

    def _event(
        self, type_: str, actor: User, app: App, deployment: Deployment, verb: str, revision: Revision | None
    ) -> None:
        data: dict[str, object] = {
            "deployment_guid": deployment.guid,
            "droplet_guid": deployment.droplet_guid,
        }
        if type_.endswith("create"):
            data |= {
                "type": "rollback" if revision else None,
                "revision_guid": deployment.revision_guid,
                "strategy": deployment.strategy,
                "request": {"strategy": deployment.strategy},
            }
        self._world.events.of_app(type_, actor, app, data, f"{verb} deployment for app with guid {app.guid}")
