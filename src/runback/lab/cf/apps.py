"""apps, app, set-label, events: what is there."""

from __future__ import annotations

from runback.lab.cf import summary
from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import CfError
from runback.lab.cf.session import Session

EVENTS = 50  # how many `cf events` shows


def apps(session: Session, given: Given) -> None:
    session.need()
    screen, space = session.screen, session.settings.space_guid
    screen.say(f"Getting apps in {session.place}")
    screen.say()
    found = sorted(session.api.every("/v3/apps", space_guids=space), key=lambda one: one["name"].lower())
    if not found:
        screen.say("No apps found")
        return
    urls: dict[str, list[str]] = {}
    for route in session.api.every("/v3/routes", space_guids=space):
        for destination in route["destinations"]:
            urls.setdefault(destination["app"]["guid"], []).append(route["url"])
    rows = [("name", "requested state", "processes", "routes")]
    for one in found:
        processes = sorted(
            session.api.every(f"/v3/apps/{one['guid']}/processes"),
            key=lambda each: (each["type"] != "web", each["type"]),
        )
        counts = ", ".join(_count(session, process) for process in processes)
        rows.append((one["name"], one["state"].lower(), counts, ", ".join(urls.get(one["guid"], []))))
    screen.table(rows)


def app(session: Session, given: Given) -> None:
    session.need()
    name = given.word("APP_NAME")
    if given.has("guid"):
        session.screen.say(session.app(name)["guid"])
        return
    session.screen.say(f"Showing health and status for app {name} in {session.place}")
    session.screen.say()
    summary.show(session, name)


def set_label(session: Session, given: Given) -> None:
    session.need()
    kind, name = given.word("RESOURCE").lower(), given.word("RESOURCE_NAME")
    labels: dict[str, str] = {}
    for word in given.more:
        key, equals, value = word.partition("=")
        if not equals:
            raise CfError(f"Metadata error: no value provided for label '{word}'")
        labels[key] = value
    if kind != "app":
        raise CfError("The lab's cf sets labels of apps only.")
    session.screen.say(f"Setting label(s) for app {name} in {session.place}")
    session.api.patch(f"/v3/apps/{session.app(name)['guid']}", {"metadata": {"labels": labels}})
    session.screen.ok()


def events(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("APP_NAME"), session.screen
    screen.say(f"Getting events for app {name} in {session.place}")
    guid = session.app(name)["guid"]
    query = {"target_guids": guid, "order_by": "-created_at", "per_page": str(EVENTS)}
    found = session.api.get("/v3/audit_events", **query)["resources"]
    if not found:
        screen.say("No events found.")
        return
    rows = [("time", "event", "actor", "description")]
    rows += [(_moment(one), one["type"], one["actor"]["name"], _description(one)) for one in found]
    screen.table(rows)


def _count(session: Session, process: Json) -> str:
    running = sum(one["state"] == "RUNNING" for one in summary.stats(session, process))
    return f"{process['type']}:{running}/{process['instances']}"


def _moment(event: Json) -> str:
    return str(event["created_at"]).replace("Z", ".00+0000")


# actor/v7action/event.go: these fields, in this order
_SHOWN = (
    "instances", "memory", "state", "command", "environment_json", "disk_quota", "index", "reason", "cell_id",
    "instance", "exit_description", "exit_status", "recursive",
)  # fmt: skip


def _description(event: Json) -> str:
    data: Json = event.get("data") or {}
    request = data.get("request")
    if isinstance(request, dict):
        data = request
    return ", ".join(f"{key}: {data[key]}" for key in _SHOWN if data.get(key) is not None)
