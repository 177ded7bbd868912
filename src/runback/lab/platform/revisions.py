"""Revisions: snapshots of droplet, variables and commands (app/actions/revision_resolver.rb)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Revision, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

KEPT = 100
_NOTHING_NEW = (
    "Unable to rollback. "
    "The code and configuration you are rolling back to is the same as the deployed revision."
)


class Revisions:
    def __init__(self, world: World) -> None:
        self._world = world

    def of(self, app: App) -> list[Revision]:
        """Oldest first."""
        return [
            revision for revision in self._world.state.revisions.values() if revision.app_guid == app.guid
        ]

    def latest(self, app: App) -> Revision | None:
        found = self.of(app)
        return found[-1] if found else None

    def deployed(self, app: App) -> list[Revision]:
        """The revisions whose processes run (several while a deployment rolls)."""
        running = {
            process.revision_guid
            for process in self._world.processes.of(app)
            if process.desired and process.instances
        }
        return [revision for revision in self.of(app) if revision.guid in running]

    def deployable(self, revision: Revision) -> bool:
        """Its droplet can still be run."""
        droplet = self._world.state.droplets.get(revision.droplet_guid)
        return droplet is not None and droplet.state == "STAGED"

    def shown_environment(self, actor: User, revision: Revision) -> None:
        """Write the event that reading a revision's variables writes."""
        app = self._world.state.apps[revision.app_guid]
        data: dict[str, object] = {"revision_guid": revision.guid, "revision_version": revision.version}
        self._world.events.of_app("audit.app.revision.environment_variables.show", actor, app, data)

    def resolve(self, app: App) -> Revision | None:
        """The revision of the app as it is now: the latest one, or a new one if anything differs."""
        if not app.revisions_enabled or app.droplet_guid is None:
            return None
        latest = self.latest(app)
        commands = self._commands(app)
        if latest is None:
            return self._create(app, app.droplet_guid, app.environment, commands, "Initial revision.")
        reasons = self._reasons(latest, app.droplet_guid, app.environment, commands)
        if not reasons:
            return latest
        return self._create(app, app.droplet_guid, app.environment, commands, " ".join(reasons))

    def roll_back(self, app: App, target: Revision) -> Revision:
        """A new revision with the droplet, variables and commands of an older one."""
        latest = self.latest(app)
        reasons = (
            self._reasons(latest, target.droplet_guid, target.environment, target.commands) if latest else []
        )
        if not reasons:
            raise Refusal(_NOTHING_NEW)
        reasons.append(f"Rolled back to revision {target.version}.")
        description = " ".join(reasons)
        return self._create(app, target.droplet_guid, target.environment, target.commands, description)

    def _commands(self, app: App) -> dict[str, str | None]:
        return {process.type: process.command for process in self._world.processes.of(app)}

    def _create(
        self,
        app: App,
        droplet_guid: str,
        environment: Mapping[str, str],
        commands: Mapping[str, str | None],
        description: str,
    ) -> Revision:
        world = self._world
        latest = self.latest(app)
        now = world.clock.now()
        droplet = world.state.droplets[droplet_guid]
        revision = Revision(
            guid=world.guid(),
            created_at=now,
            updated_at=now,
            app_guid=app.guid,
            version=latest.version + 1 if latest else 1,
            droplet_guid=droplet_guid,
            description=description,
            environment=dict(environment),
            commands=dict(commands),
            process_types=dict(droplet.process_types),
        )
        world.state.revisions[revision.guid] = revision
        for old in self.of(app)[:-KEPT]:
            del world.state.revisions[old.guid]
        data: dict[str, object] = {"revision_guid": revision.guid, "revision_version": revision.version}
        world.events.of_app("audit.app.revision.create", world.system, app, data)
        return revision

    @staticmethod
    def _reasons(
        latest: Revision,
        droplet_guid: str,
        environment: Mapping[str, str],
        commands: Mapping[str, str | None],
    ) -> list[str]:
        reasons = []
        if latest.droplet_guid != droplet_guid:
            reasons.append("New droplet deployed.")
        if latest.environment != environment:
            reasons.append("New environment variables deployed.")
        for type_ in sorted({*latest.commands, *commands}):
            if type_ not in latest.commands:
                reasons.append(f"New process type '{type_}' added.")
            elif type_ not in commands:
                reasons.append(f"Process type '{type_}' removed.")
            elif latest.commands[type_] != commands[type_]:
                what = (
                    "added"
                    if latest.commands[type_] is None
                    else "removed"
                    if commands[type_] is None
                    else "updated"
                )
                reasons.append(f"Custom start command {what} for '{type_}' process.")
        return sorted(reasons)
