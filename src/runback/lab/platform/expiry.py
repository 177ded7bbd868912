"""Bits that the platform no longer keeps (cloud_controller_ng, lib/cloud_controller/bits_expiration.rb).

Beside the current droplet and its package an app keeps the newest few; of the others only the record stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.lab.platform.state import App
    from runback.lab.platform.world import World

# capi-release, jobs/cloud_controller_ng/spec: cc.droplets.max_staged_droplets_stored and
# cc.packages.max_valid_packages_stored
KEPT = 5


def expire_droplets(world: World, app: App) -> None:
    """After a staging: all but the newest, and but the one that runs, are gone."""
    droplets = [
        one
        for one in world.state.droplets.values()
        if one.app_guid == app.guid and one.state in ("STAGED", "FAILED") and one.guid != app.droplet_guid
    ]
    for droplet in droplets[:-KEPT]:
        droplet.state = "EXPIRED"


def expire_packages(world: World, app: App) -> None:
    """After an upload: all but the newest, and but that of the droplet that runs, are gone."""
    current = world.state.droplets.get(app.droplet_guid or "")
    packages = [
        one
        for one in world.packages.of(app)
        if one.state in ("READY", "FAILED") and not (current and one.guid == current.package_guid)
    ]
    for package in packages[:-KEPT]:
        package.state, package.bits = "EXPIRED", None
