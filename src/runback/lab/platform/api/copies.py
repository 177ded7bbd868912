"""Copies of droplets into other apps (cloud_controller_ng, app/controllers/v3/droplets_controller.rb)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from runback.lab.platform.api.call import Call, related
from runback.lab.platform.api.droplets import droplet_body
from runback.lab.platform.refusal import Refusal
from runback.lab.server import Response

SECONDS = 2.0  # that copying the bits takes


def copy_droplet(call: Call) -> Response:
    source = call.state.droplets.get(call.request.one("source_guid"))
    if source is None or not call.sees_app(source.app_guid):
        raise Refusal("Droplet not found", "CF-ResourceNotFound")
    call.need_to_write(call.state.apps[source.app_guid].space_guid)
    app = call.state.apps.get(related(call.body(), "app"))
    if app is None or not call.sees_app(app.guid):
        raise Refusal("App not found", "CF-ResourceNotFound")
    call.need_to_write(app.space_guid)
    if source.state != "STAGED":
        raise Refusal("source droplet is not staged")
    now = call.world.clock.now()
    copy = replace(
        deepcopy(source),
        guid=call.world.guid(),
        app_guid=app.guid,
        state="COPYING",
        created_at=now,
        updated_at=now,
    )
    call.state.droplets[copy.guid] = copy
    call.world.clock.after(SECONDS, lambda: setattr(copy, "state", "STAGED"))
    return Response.json(droplet_body(call, copy), 201)


ENDPOINTS = (("POST", "/v3/droplets", copy_droplet),)
