"""Apps: what `/v3/apps` and its actions do. Sentences are Cloud Controller's
(app/controllers/v3/apps_controller.rb).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Droplet, Process, Space, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

HIDDEN = "[PRIVATE DATA HIDDEN]"  # presenters/helpers/censorship.rb


class Apps:
    def __init__(self, world: World) -> None:
        self._world = world

    def find(self, space: Space, name: str) -> App | None:
        """The app of this name in a space."""
        apps = self._world.state.apps.values()
        return next((app for app in apps if app.space_guid == space.guid and app.name == name), None)

    def create(
        self,
        actor: User,
        space: Space,
        name: str,
        *,
        buildpacks: list[str] | None = None,
        stack: str = "cflinuxfs4",
        environment: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> App:
        """A stopped app with one web process."""
        if self.find(space, name) is not None:
            raise Refusal(f"App with the name '{name}' already exists.", "CF-UniquenessError")
        self._check_buildpacks(buildpacks or [])
        world = self._world
        now = world.clock.now()
        app = App(
            guid=world.guid(),
            created_at=now,
            updated_at=now,
            labels=dict(labels or {}),
            annotations=dict(annotations or {}),
            name=name,
            space_guid=space.guid,
            buildpacks=list(buildpacks or []),
            stack=stack,
            environment=dict(environment or {}),
        )
        world.state.apps[app.guid] = app
        request: dict[str, object] = {"name": name}
        world.events.of_app(
            "audit.app.create", actor, app, {"request": request}, f"Created app with guid {app.guid}"
        )
        world.processes.create(actor, app, "web")
        return app

    def update(
        self,
        actor: User,
        app: App,
        *,
        name: str | None = None,
        buildpacks: list[str] | None = None,
        stack: str | None = None,
        labels: Mapping[str, str | None] | None = None,
        annotations: Mapping[str, str | None] | None = None,
    ) -> App:
        """Change what is given; a label or annotation of None is taken away."""
        request: dict[str, object] = {}
        if name is not None and name != app.name:
            other = self.find(self._world.state.spaces[app.space_guid], name)
            if other is not None:
                raise Refusal(f"App with the name '{name}' already exists.", "CF-UniquenessError")
            app.name = name
            request["name"] = name
        if buildpacks is not None:
            self._check_buildpacks(buildpacks)
            app.buildpacks = list(buildpacks)
            request["lifecycle"] = {"type": "buildpack", "data": {"buildpacks": list(buildpacks)}}
        if stack is not None:
            app.stack = stack
            request["stack"] = stack
        merge(app.labels, labels or {})
        merge(app.annotations, annotations or {})
        if labels or annotations:
            request["metadata"] = {"labels": dict(labels or {}), "annotations": dict(annotations or {})}
        self._updated(actor, app, request)
        return app

    def set_environment(self, actor: User, app: App, variables: Mapping[str, str | None]) -> App:
        """Set each variable, or take it away (None). Processes see it when they are started anew."""
        merge(app.environment, variables)
        self._updated(actor, app, {"environment_variables": HIDDEN})
        return app

    def shown_environment(self, actor: User, app: App, *, variables_only: bool = False) -> None:
        """Write the event that reading `/env` (or `/environment_variables`) writes."""
        kind = "environment_variables" if variables_only else "environment"
        self._world.events.of_app(f"audit.app.{kind}.show", actor, app)

    def set_droplet(self, actor: User, app: App, droplet: Droplet) -> App:
        """Make a droplet current, and add the processes that it brings."""
        active = self._world.deployments.active(app)
        if active is not None:
            raise Refusal(
                "Unable to assign current droplet while the app has a deployment in progress. "
                "Wait for the deployment to complete or cancel it."
            )
        return self.assign(actor, app, droplet)

    def assign(self, actor: User, app: App, droplet: Droplet) -> App:
        """Make a droplet current whatever deployments there are (what a deployment itself does)."""
        if droplet.app_guid != app.guid or droplet.state != "STAGED":
            raise Refusal(
                "Unable to assign current droplet. Ensure the droplet exists and belongs to this app."
            )
        app.droplet_guid = droplet.guid
        app.updated_at = self._world.clock.now()
        request = {"droplet_guid": droplet.guid}
        self._world.events.of_app(
            "audit.app.droplet.mapped",
            actor,
            app,
            {"request": request},
            f"Updated app with guid {app.guid} ({_inspected(request)})",
        )
        known = {process.type for process in self._world.processes.of(app)}
        for type_ in droplet.process_types:
            if type_ not in known:
                self._world.processes.create(actor, app, type_, instances=0)
        return app

    def start(self, actor: User, app: App) -> App:
        """Start a stopped app; nothing happens to a started one."""
        self._need_droplet(app)
        if app.state == "STARTED":
            return app
        self._check_quota(app)
        self._world.revisions.resolve(app)
        app.state = "STARTED"
        app.updated_at = self._world.clock.now()
        self._world.events.of_app("audit.app.start", actor, app, None, f"Starting app with guid {app.guid}")
        self._desire_all(app)
        return app

    def stop(self, actor: User, app: App) -> App:
        """Stop every instance; a running deployment ends with it."""
        if app.state == "STOPPED":
            return app
        app.state = "STOPPED"
        app.updated_at = self._world.clock.now()
        self._world.events.of_app("audit.app.stop", actor, app, None, f"Stopping app with guid {app.guid}")
        self._world.deployments.end(app)
        for process in self._world.processes.of(app):
            self._world.diego.stop(process)
        return app

    def restart(self, actor: User, app: App) -> App:
        """Stop and start every process with the current droplet, variables and bindings."""
        self._need_droplet(app)
        self._check_quota(app)
        self._world.deployments.end(app)
        self._world.revisions.resolve(app)
        app.state = "STARTED"
        app.updated_at = self._world.clock.now()
        for process in self._world.processes.of(app):
            self._world.diego.stop(process)
        self._desire_all(app)
        self._world.events.of_app(
            "audit.app.restart", actor, app, None, f"Restarted app with guid {app.guid}"
        )
        return app

    def delete(self, actor: User, app: App) -> None:
        """Delete the app with its processes, tasks, droplets, bindings and policies; its routes stay."""
        world = self._world
        world.logs.api(app.guid, f"Enqueued job to delete app with guid {app.guid}")
        world.events.of_app("audit.app.delete-request", actor, app, None, f"Deleted app with guid {app.guid}")
        world.deployments.end(app)
        for process in world.processes.of(app):
            world.diego.stop(process)
            del world.state.processes[process.guid]
        world.routes.forget(app)
        world.services.forget(app)
        world.policies.forget(app)
        state = world.state
        for resources in (
            state.packages,
            state.builds,
            state.droplets,
            state.revisions,
            state.deployments,
            state.tasks,
        ):
            for guid in [guid for guid, resource in resources.items() if resource.app_guid == app.guid]:
                del resources[guid]
        del state.apps[app.guid]

    def set_feature(self, actor: User, app: App, feature: str, enabled: bool) -> App:
        """Switch 'revisions' or 'ssh' on or off."""
        if feature == "revisions":
            app.revisions_enabled = enabled
        elif feature == "ssh":
            app.ssh_enabled = enabled
        else:
            raise Refusal("Feature not found", "CF-ResourceNotFound")
        self._updated(actor, app, {f"{feature}_enabled": enabled})
        return app

    def restart_instance(self, actor: User, process: Process, index: int) -> None:
        """Terminate one instance; Diego starts it again."""
        if index not in process.actual:
            raise Refusal("Instance not found", "CF-ResourceNotFound")
        app = self._world.state.apps[process.app_guid]
        data: dict[str, object] = {
            "process_guid": process.guid,
            "process_type": process.type,
            "process_index": index,
        }
        line = f'Terminating process: "{process.type}", index: "{index}"'
        self._world.events.of_app("audit.app.process.terminate_instance", actor, app, data, line)
        self._world.diego.replace(process, index)

    def _desire_all(self, app: App) -> None:
        revision = self._world.revisions.latest(app)
        for process in self._world.processes.of(app):
            process.revision_guid = revision.guid if revision and app.revisions_enabled else None
            self._world.diego.start(process)

    def _check_quota(self, app: App) -> None:
        for process in self._world.processes.of(app):
            if process.desired is None:
                self._world.quotas.check(process, instances=process.instances, memory_mb=process.memory_mb)

    def _check_buildpacks(self, names: list[str]) -> None:
        known = {buildpack.name for buildpack in self._world.state.buildpacks.values()}
        for name in names:
            if name not in known and "://" not in name:
                # lifecycles/buildpack_lifecycle_data_validator.rb
                raise Refusal(f'Buildpack "{name}" must be an existing admin buildpack or a valid git URI')

    def _need_droplet(self, app: App) -> None:
        if app.droplet_guid is None:
            raise Refusal("Assign a droplet before starting this app.")

    def _updated(self, actor: User, app: App, request: dict[str, object]) -> None:
        app.updated_at = self._world.clock.now()
        self._world.events.of_app(
            "audit.app.update",
            actor,
            app,
            {"request": request},
            f"Updated app with guid {app.guid} ({_inspected(request)})",
        )


def _inspected(value: object) -> str:
    """A value as Ruby 3.3's `inspect` writes it, which is how Cloud Controller logs an update."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}"=>{_inspected(one)}' for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inspected(one) for one in value) + "]"
    return "nil" if value is None else json.dumps(value)


def merge(into: dict[str, str], changes: Mapping[str, str | None]) -> None:
    """Set each key, or take it away (None)."""
    for key, value in changes.items():
        if value is None:
            into.pop(key, None)
        else:
            into[key] = value
