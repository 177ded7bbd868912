"""share-service, unshare-service, and what `cf service` tells of sharing."""

from __future__ import annotations

from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import ApiError
from runback.lab.cf.session import Session

_INSTANCES = "/v3/service_instances"


def share_service(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Sharing service instance {name} into {_other(session, given)} as {session.user}...")
    body = {"data": [{"guid": _space(session, given)}]}
    try:
        session.api.call("POST", f"{_shared(session.service(name))}", body)
    except ApiError as error:
        if "already been shared" not in str(error):
            raise
        screen.ok()
        screen.say(f"A service instance called {name} has already been shared")
        return
    screen.ok()


def unshare_service(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    if not given.has("f"):
        screen.say(
            "WARNING: Unsharing this service instance will remove any existing bindings originating from the "
            f'service instance in the space "{given.value("s")}". This could cause apps to stop working.\n\n'
            f"Really unshare the service instance {name} from space {given.value('s')}? [yN]:\n"
            "Unshare cancelled"
        )
        return
    screen.say(f"Unsharing service instance {name} from {_other(session, given)} as {session.user}...")
    session.api.call("DELETE", f"{_shared(session.service(name))}/{_space(session, given)}")
    screen.ok()


def sharing_info(session: Session, one: Json, offering: Json) -> None:
    """'Showing sharing info:' of `cf service`."""
    screen = session.screen
    screen.say("Showing sharing info:")
    home = one["relationships"]["space"]["data"]["guid"]
    if home != session.settings.space_guid:
        space = session.api.get(f"/v3/spaces/{home}")
        owner = space["relationships"]["organization"]["data"]["guid"]
        org = session.api.get(f"/v3/organizations/{owner}")["name"]
        screen.say(f"   This service instance is shared from space {space['name']} of org {org}.")
        screen.say()
        return
    summary = session.api.get(f"{_shared(one)}/usage_summary")["usage_summary"]
    if summary:
        spaces = {each["guid"]: each["name"] for each in session.api.every("/v3/spaces")}
        rows = [("org", "space", "bindings")]
        for line in summary:
            space = spaces.get(line["space"]["guid"], "")
            rows.append((session.settings.org, space, str(line["bound_app_count"])))
        screen.say("   Shared with spaces:")
        screen.table(rows, "   ")
        screen.say()
    else:
        screen.say("   This service instance is not currently being shared.")
        screen.say()
    disabled = not session.api.get("/v3/feature_flags/service_instance_sharing")["enabled"]
    if disabled:
        screen.say(
            '   The "service_instance_sharing" feature flag is disabled for this Cloud Foundry platform.'
        )
    if not offering["shareable"]:
        screen.say("   Service instance sharing is disabled for this service offering.")
    if disabled or not offering["shareable"]:
        screen.say()


def _shared(one: Json) -> str:
    return f"{_INSTANCES}/{one['guid']}/relationships/shared_spaces"


def _other(session: Session, given: Given) -> str:
    return f"org {given.value('o') or session.settings.org} / space {given.value('s')}"


def _space(session: Session, given: Given) -> str:
    org = session.org(given.value("o"))["guid"] if given.value("o") else session.settings.org_guid
    guid: str = session.space(given.value("s"), org)["guid"]
    return guid
