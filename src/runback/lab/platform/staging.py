"""Packages and builds: bits are uploaded, the buildpacks run, and a droplet or an error comes out.

Errors are Cloud Controller's (lib/cloud_controller/diego/failure_reason_sanitizer.rb, config/errors/v2.yml).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from runback.lab.platform import bits, buildpacks
from runback.lab.platform.expiry import expire_droplets, expire_packages
from runback.lab.platform.placement import cells_with_room
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Bits, Build, DetectedBuildpack, Droplet, Package, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

STAGING_SECONDS = 900  # cc.staging.timeout_in_seconds
_ERRORS = {
    "NoAppDetectedError": "An app was not successfully detected by any available buildpack",
    "BuildpackCompileFailed": "App staging failed in the buildpack compile phase",
    "InsufficientResources": "Insufficient resources",
    "StagingError": "Staging error: staging failed",
    "StagingTimeExpired": "Staging time expired: staging failed",
}
_BUSY = "Only one build can be STAGING at a time per application."


class Packages:
    def __init__(self, world: World) -> None:
        self._world = world

    def of(self, app: App) -> list[Package]:
        return [package for package in self._world.state.packages.values() if package.app_guid == app.guid]

    def create(self, actor: User, app: App) -> Package:
        """An empty package that awaits its upload."""
        now = self._world.clock.now()
        package = Package(guid=self._world.guid(), created_at=now, updated_at=now, app_guid=app.guid)
        self._world.state.packages[package.guid] = package
        data: dict[str, object] = {"package_guid": package.guid, "request": {"type": "bits"}}
        line = f"Adding app package for app with guid {app.guid}"
        self._world.events.of_app("audit.app.package.create", actor, app, data, line)
        return package

    def upload(self, actor: User, package: Package, data: bytes) -> Package:
        """Upload a zip; what it holds says how the app will behave. A broken zip makes the package FAILED."""
        app = self._world.state.apps[package.app_guid]
        try:
            content = bits.read_zip(data, self._world.programs, self._program(app))
        except bits.InvalidBits as error:
            package.state = "FAILED"
            package.error = str(error)
            return package
        return self.upload_bits(actor, package, content)

    def _program(self, app: App) -> str | None:
        return app.program or self._world.known_programs.get(app.name)

    def upload_bits(self, actor: User, package: Package, content: Bits) -> Package:
        """Upload content that has been read already."""
        if package.state != "AWAITING_UPLOAD":
            raise Refusal("Bits may be uploaded only once. Create a new package to upload different bits.")
        app = self._world.state.apps[package.app_guid]
        package.bits = content
        package.state = "READY"
        package.updated_at = self._world.clock.now()
        expire_packages(self._world, app)
        line = f"Uploading app package for app with guid {app.guid}"
        data: dict[str, object] = {"package_guid": package.guid}
        self._world.events.of_app("audit.app.package.upload", actor, app, data, line)
        return package


class Builds:
    def __init__(self, world: World) -> None:
        self._world = world

    def of(self, app: App) -> list[Build]:
        return [build for build in self._world.state.builds.values() if build.app_guid == app.guid]

    def create(
        self,
        actor: User,
        package: Package,
        *,
        names: list[str] | None = None,
        stack: str | None = None,
        memory_mb: int = 1024,
    ) -> Build:
        """Start staging; the clock ends it. Refused while another build of the app stages."""
        world = self._world
        app = world.state.apps[package.app_guid]
        if package.state != "READY" or package.bits is None or package.bits.behaviour is None:
            raise Refusal("Unable to use package. Ensure that the package exists and you have access to it.")
        if any(build.state == "STAGING" for build in self.of(app)):
            raise Refusal(_BUSY, "CF-StagingInProgress")
        self._check_quota(app, memory_mb)
        now = world.clock.now()
        build = Build(
            guid=world.guid(),
            created_at=now,
            updated_at=now,
            app_guid=app.guid,
            package_guid=package.guid,
            buildpacks=list(names or app.buildpacks),
            stack=stack or app.stack,
            memory_mb=memory_mb,
            created_by=actor,
        )
        world.state.builds[build.guid] = build
        data: dict[str, object] = {"build_guid": build.guid, "package_guid": package.guid}
        line = f"Creating build for app with guid {app.guid}"
        world.events.of_app("audit.app.build.create", actor, app, data, line)
        self._stage(app, package.bits, build)
        return build

    def _stage(self, app: App, content: Bits, build: Build) -> None:
        world = self._world
        cells = cells_with_room(world, build.memory_mb)
        if not cells:
            # the auctioneer gives up on a task at once; an instance it would try again
            nowhere = buildpacks.Staged([], error="InsufficientResources")
            world.clock.after(1.0, lambda: self._end(app, content, build, nowhere))
            return
        instance = world.guid()
        cell = cells[world.random.randrange(len(cells))]
        available = [b for b in world.state.buildpacks.values() if b.stack == build.stack and b.enabled]
        if build.buildpacks:
            known = [buildpacks.named(name, available) for name in build.buildpacks]
        else:
            known = buildpacks.detected(content, available)
        staged = buildpacks.run(content, known)
        commands = content.behaviour.commands if content.behaviour else {}
        if not staged.error and not commands and world.processes.web(app).command is None:
            buildpacks.without_command(staged)
        staged.seconds += content.behaviour.compile_seconds if content.behaviour else 0
        if staged.seconds > STAGING_SECONDS:
            self._expires(app, content, build, staged)
            return
        lines = buildpacks.around(cell, instance, staged, content.size)
        for line in lines:
            world.clock.after(line.after, lambda line=line: self._write(app, line))  # type: ignore[misc]
        end = lines[-1].after + 0.2
        world.clock.after(end, lambda: self._end(app, content, build, staged))

    def _expires(self, app: App, content: Bits, build: Build, staged: buildpacks.Staged) -> None:
        """The task is ended where it stands, and nothing says so but Cloud Controller."""
        staged.error = "StagingTimeExpired"
        begun = staged.output[-1].after if staged.output else 0.0
        for later in range(60, STAGING_SECONDS - round(begun), 60):  # pip says so once a minute
            text = "         Building wheel for fontbuild (pyproject.toml): still running..."
            staged.output.append(buildpacks.Line(begun + later, text))
        for line in staged.output:
            self._world.clock.after(line.after, lambda line=line: self._write(app, line))  # type: ignore[misc]
        self._world.clock.after(STAGING_SECONDS, lambda: self._end(app, content, build, staged))

    def _write(self, app: App, line: buildpacks.Line) -> None:
        if app.guid in self._world.state.apps:
            self._world.logs.write(app.guid, "STG", "0", line.text, line.stream)

    def _end(self, app: App, content: Bits, build: Build, staged: buildpacks.Staged) -> None:
        world = self._world
        if build.guid not in world.state.builds:
            return
        build.updated_at = world.clock.now()
        if staged.error:
            build.state = "FAILED"
            build.error = f"{staged.error} - {staged.reason or _ERRORS[staged.error]}"
            data: dict[str, object] = {
                "build_guid": build.guid,
                "package_guid": build.package_guid,
                "error_id": staged.error,
                "error_message": "staging failed",
            }
            line = f"Staging failed for build {build.guid}"
            world.events.of_app("audit.app.build.failed", build.created_by, app, data, line)
            world.logs.write(app.guid, "API", "0", "Failed to stage build: staging failed", "ERR")
            return
        droplet = self._droplet(app, content, build, staged)
        build.state = "STAGED"
        build.droplet_guid = droplet.guid
        told = [
            {"name": b.name, "buildpack_name": b.buildpack_name, "version": b.version}
            for b in droplet.buildpacks
        ]
        data = {
            "build_guid": build.guid,
            "package_guid": build.package_guid,
            "droplet_guid": droplet.guid,
            "buildpacks": told,
        }
        line = f"Staging complete for build {build.guid}"
        world.events.of_app("audit.app.build.staged", build.created_by, app, data, line)

    def _droplet(self, app: App, content: Bits, build: Build, staged: buildpacks.Staged) -> Droplet:
        world = self._world
        now = world.clock.now()
        if content.behaviour is None:
            raise RuntimeError("a package was staged before its bits had been read")
        guid = world.guid()
        droplet = Droplet(
            guid=guid,
            created_at=now,
            updated_at=now,
            app_guid=app.guid,
            package_guid=build.package_guid,
            buildpacks=[
                DetectedBuildpack(
                    b.name, staged.detected.get(b.name, ""), b.version, b.name.removesuffix("_buildpack")
                )
                for b in staged.buildpacks
            ],
            stack=build.stack,
            process_types=dict(content.behaviour.commands),
            checksum=hashlib.sha256(f"{content.checksum}{guid}".encode()).hexdigest(),
            behaviour=content.behaviour,
            commit=content.commit,
        )
        world.state.droplets[guid] = droplet
        expire_droplets(world, app)
        data: dict[str, object] = {"droplet_guid": guid, "package_guid": build.package_guid}
        line = f"Creating droplet for app with guid {app.guid}"
        world.events.of_app("audit.app.droplet.create", build.created_by, app, data, line)
        return droplet

    def _check_quota(self, app: App, memory_mb: int) -> None:
        # controllers/v3/builds_controller.rb and backends/quota_validating_staging_memory_calculator.rb
        state = self._world.state
        space = state.spaces[app.space_guid]
        neighbours = [s for s in state.spaces.values() if s.organization_guid == space.organization_guid]
        space_quota = self._world.quotas.of_space(space)
        organization_quota = self._world.quotas.of_organization(space.organization_guid)
        for quota, spaces, what in (
            (space_quota, [space], "space"),
            (organization_quota, neighbours, "organization"),
        ):
            total = quota.total_memory_mb if quota else None
            if total is not None and self._world.quotas.used_mb(spaces) + memory_mb > total:
                raise Refusal(f"{what}'s memory limit exceeded: staging requires {memory_mb}M memory")
