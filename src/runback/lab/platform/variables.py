"""The environment of a process: the app's variables, VCAP_APPLICATION, VCAP_SERVICES and Diego's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.lab.platform.state import App, Process
    from runback.lab.platform.world import World


def vcap_application(world: World, app: App) -> dict[str, object]:
    """VCAP_APPLICATION as the API and the app see it (cloud_controller_ng, vars_builder.rb)."""
    space = world.state.spaces[app.space_guid]
    organization = world.state.organizations[space.organization_guid]
    web = next((p for p in world.processes.of(app) if p.type == "web"), None)
    uris = [world.routes.url(route) for route in world.routes.of(app)]
    return {
        "cf_api": f"https://api.{world.system_domain}",
        "limits": {
            "fds": 16384,
            "mem": web.memory_mb if web else 1024,
            "disk": web.disk_mb if web else 1024,
        },
        "application_name": app.name,
        "application_uris": uris,
        "name": app.name,
        "space_name": space.name,
        "space_id": space.guid,
        "organization_id": organization.guid,
        "organization_name": organization.name,
        "uris": uris,
        "application_id": app.guid,
    }


def environment(world: World, app: App, process: Process) -> dict[str, str]:
    """Everything in one mapping, as the process sees it. A revision brings its own variables."""
    revision = world.state.revisions.get(process.revision_guid or "")
    own = revision.environment if revision else app.environment
    return {
        **own,
        "VCAP_APPLICATION": json.dumps(vcap_application(world, app)),
        "VCAP_SERVICES": json.dumps(world.services.vcap_services(app)),
        "PORT": "8080",
        "MEMORY_LIMIT": f"{process.memory_mb}m",
    }
