"""services, service, create-service, update-service, rename-service, delete-service."""

from __future__ import annotations

from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import ApiError, CfError
from runback.lab.cf.session import Session
from runback.lab.cf.sharing import sharing_info


def services(session: Session, given: Given) -> None:
    session.need()
    screen, api, space = session.screen, session.api, session.settings.space_guid
    screen.say(f"Getting service instances in {session.place}")
    screen.say()
    found = sorted(api.every("/v3/service_instances", space_guids=space), key=lambda one: one["name"].lower())
    if not found:
        screen.say("No service instances found.")
        return
    apps = {one["guid"]: one["name"] for one in api.every("/v3/apps", space_guids=space)}
    guids = ",".join(one["guid"] for one in found)
    bound: dict[str, list[str]] = {}
    for one in api.every("/v3/service_credential_bindings", service_instance_guids=guids, type="app"):
        app = apps.get(one["relationships"]["app"]["data"]["guid"])
        if app:
            bound.setdefault(one["relationships"]["service_instance"]["data"]["guid"], []).append(app)
    rows = [("name", "offering", "plan", "bound apps", "last operation", "broker", "upgrade available")]
    for one in found:
        offering, plan, broker = _origin(session, one)
        available = one.get("upgrade_available")
        upgrade = "" if available is None else "yes" if available else "no"
        names = ", ".join(bound.get(one["guid"], []))
        rows.append((one["name"], offering, plan, names, last_operation(one), broker, upgrade))
    screen.table(rows)


def service(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    if given.has("guid"):
        screen.say(session.service(name)["guid"])
        return
    screen.say(f"Showing info of service {name} in {session.place}")
    screen.say()
    one = session.service(name)
    offered = _offered(session, one) if one["type"] == "managed" else None
    screen.pairs(_details(one, offered))
    screen.say()
    operation = one.get("last_operation") or {}
    screen.say("Showing status of last operation:")
    screen.pairs(
        [
            ("status:", last_operation(one)),
            ("message:", operation.get("description") or ""),
            ("started:", operation.get("created_at") or ""),
            ("updated:", operation.get("updated_at") or ""),
        ],
        "   ",
    )
    screen.say()
    _bound_apps(session, one)
    if offered:
        sharing_info(session, one, offered[0])
        _upgrades(session)


def _details(one: Json, offered: tuple[Json, str, str] | None) -> list[tuple[str, str]]:
    """What is known of an instance; `offered`: offering, plan and broker of one that a broker manages."""
    rows = [("name:", one["name"]), ("guid:", one["guid"]), ("type:", one["type"])]
    if offered:
        offering, plan, broker = offered
        rows += [("broker:", broker), ("offering:", offering["name"]), ("plan:", plan)]
    rows.append(("tags:", ", ".join(one.get("tags") or [])))
    if offered:
        return [
            *rows,
            ("offering tags:", ", ".join(offering["tags"])),
            ("description:", offering["description"]),
            ("documentation:", offering["documentation_url"]),
            ("dashboard url:", one.get("dashboard_url") or ""),
        ]
    return [
        *rows,
        ("route service url:", one.get("route_service_url") or ""),
        ("syslog drain url:", one.get("syslog_drain_url") or ""),
    ]


def _upgrades(session: Session) -> None:
    session.screen.say("Showing upgrade status:")
    session.screen.say("   Upgrades are not supported by this broker.")
    session.screen.say()


def create_service(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Creating service instance {name} in {session.place}")
    plan = _plan(session, given.word("SERVICE_OFFERING"), given.word("SERVICE_PLAN"))
    body = {
        "type": "managed",
        "name": name,
        "relationships": {
            "space": {"data": {"guid": session.settings.space_guid}},
            "service_plan": {"data": {"guid": plan["guid"]}},
        },
    }
    try:
        _, headers = session.api.call("POST", "/v3/service_instances", body)
    except ApiError as error:
        if "taken" not in str(error):
            raise
        screen.ok()
        screen.say(f"Service instance {name} already exists")
        return
    completed = wait(session, headers.get("location", ""), patiently=given.has("wait"))
    screen.say()
    if completed:
        screen.say(f"Service instance {name} created.")
    else:
        screen.say(f"Create in progress. Use 'cf services' or 'cf service {name}' to check operation status.")
    screen.ok()


def update_service(session: Session, given: Given) -> None:
    """Moves an instance to another plan of its offering."""
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Updating service instance {name} in {session.place}")
    screen.say()
    if not given.has("p"):
        screen.say("No flags specified. No changes were made.")
        screen.ok()
        return
    one = session.service(name)
    plan = _plan(session, _offered(session, one)[0]["name"], given.value("p"))
    if plan["guid"] == one["relationships"]["service_plan"]["data"]["guid"]:
        screen.say("No changes were made.")
        screen.ok()
        return
    body = {"relationships": {"service_plan": {"data": {"guid": plan["guid"]}}}}
    _, headers = session.api.call("PATCH", f"/v3/service_instances/{one['guid']}", body)
    if wait(session, headers.get("location", ""), patiently=given.has("wait")):
        screen.say(f"Update of service instance {name} complete.")
    else:
        screen.say(f"Update in progress. Use 'cf services' or 'cf service {name}' to check operation status.")
    screen.ok()


def rename_service(session: Session, given: Given) -> None:
    session.need()
    name, new, screen = given.word("SERVICE_INSTANCE"), given.word("NEW_SERVICE_INSTANCE"), session.screen
    screen.say(f"Renaming service {name} to {new} in {session.place}")
    try:
        one = session.service(name)
    except CfError:
        screen.say("TIP: Use 'cf services' to view all services in this org and space.")
        raise
    session.api.call("PATCH", f"/v3/service_instances/{one['guid']}", {"name": new})
    screen.ok()


def delete_service(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    if not given.has("f"):
        screen.say(
            f"This action cannot be undone.\nReally delete the service instance {name}? [yN]:\n"
            f"Service instance '{name}' has not been deleted."
        )
        return
    screen.say(f"Deleting service instance {name} in {session.place}")
    space = session.settings.space_guid
    one = session.api.first("/v3/service_instances", names=name, space_guids=space)
    screen.say()
    if one is None:
        screen.say(f"Service instance {name} did not exist.")
        screen.ok()
        return
    _, headers = session.api.call("DELETE", f"/v3/service_instances/{one['guid']}")
    if wait(session, headers.get("location", ""), patiently=given.has("wait")):
        screen.say(f"Service instance {name} deleted.")
    else:
        screen.say(f"Delete in progress. Use 'cf services' or 'cf service {name}' to check operation status.")
    screen.ok()


def wait(session: Session, location: str, *, patiently: bool) -> bool:
    """Whether the work is done. Without --wait cf looks once whether the broker is at it or has finished."""
    if "/v3/jobs/" not in location:
        return True
    path = "/v3/jobs/" + location.rpartition("/")[2]
    while True:
        job = session.api.get(path)
        if job["state"] == "COMPLETE":
            return True
        if job["state"] == "FAILED":
            detail = (job.get("errors") or [{"detail": "unknown"}])[0]["detail"]
            raise CfError(f"Job ({job['guid']}) failed: {detail}")
        if job["state"] == "POLLING" and not patiently:
            return False
        session.sleep(1.0)


def last_operation(one: Json) -> str:
    operation = one.get("last_operation") or {}
    return f"{operation['type']} {operation['state']}" if operation.get("type") else ""


def _plan(session: Session, offering: str, plan: str) -> Json:
    """The plan of an offering; raises CfError in the real program's words."""
    if session.api.first("/v3/service_offerings", names=offering) is None:
        raise CfError(f"Service offering '{offering}' not found.")
    found = session.api.first("/v3/service_plans", names=plan, service_offering_names=offering)
    if found is None:
        raise CfError(f"The plan '{plan}' could not be found for service '{offering}'.")
    return found


def _origin(session: Session, one: Json) -> tuple[str, str, str]:
    """The names of offering, plan and broker of an instance."""
    if one["type"] == "user-provided":
        return "user-provided", "", ""
    offering, plan, broker = _offered(session, one)
    return offering["name"], plan, broker


def _offered(session: Session, one: Json) -> tuple[Json, str, str]:
    """The offering of a managed instance, and the names of its plan and broker."""
    plan = session.api.get(f"/v3/service_plans/{one['relationships']['service_plan']['data']['guid']}")
    guid = plan["relationships"]["service_offering"]["data"]["guid"]
    offering = session.api.get(f"/v3/service_offerings/{guid}", **{"fields[service_broker]": "name,guid"})
    (broker,) = offering["included"]["service_brokers"]
    return offering, plan["name"], broker["name"]


def _bound_apps(session: Session, one: Json) -> None:
    screen = session.screen
    screen.say("Showing bound apps:")
    rows = [("name", "binding name", "status", "message", "guid", "created_at")]
    for each in session.api.every(
        "/v3/service_credential_bindings", service_instance_guids=one["guid"], type="app"
    ):
        app = session.api.get(f"/v3/apps/{each['relationships']['app']['data']['guid']}")
        operation = each.get("last_operation") or {}
        told = (last_operation(each), operation.get("description") or "", each["guid"], each["created_at"])
        rows.append((app["name"], each.get("name") or "", *told))
    rows[1:] = sorted(rows[1:])
    if len(rows) == 1:
        screen.say("   There are no bound apps for this service instance.")
    else:
        screen.table(rows, "   ")
    screen.say()
