"""routes, domains, create-route, map-route, unmap-route, delete-route."""

from __future__ import annotations

from typing import Any

from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import ApiError, CfError
from runback.lab.cf.session import Session


def routes(session: Session, given: Given) -> None:
    session.need()
    screen, api, settings = session.screen, session.api, session.settings
    screen.say(f"Getting routes for org {settings.org} / space {settings.space} as {session.user}...\n")
    found = list(api.every("/v3/routes", space_guids=settings.space_guid))
    if not found:
        screen.say("No routes found.")
        return
    domains = {one["guid"]: one["name"] for one in api.every("/v3/domains")}
    apps = {one["guid"]: one["name"] for one in api.every("/v3/apps", space_guids=settings.space_guid)}
    rows = [("space", "host", "domain", "port", "path", "protocol", "app-protocol", "app-port", "apps",
             "service instance", "options")]  # fmt: skip
    for one in found:
        domain = domains.get(one["relationships"]["domain"]["data"]["guid"], "")
        ends = one["destinations"]
        names = [apps.get(end["app"]["guid"], "") for end in ends]
        protocols = sorted({str(end.get("protocol") or "") for end in ends})
        ports = sorted({str(end["port"]) for end in ends if end.get("port")})
        port = str(one.get("port") or "")
        row = (settings.space, one["host"], domain, port, one["path"], one["protocol"])
        rows.append((*row, ", ".join(protocols), ", ".join(ports), ", ".join(names), "", ""))
    screen.table(rows)


def domains(session: Session, given: Given) -> None:
    session.need(space=False)
    screen = session.screen
    screen.say(f"Getting domains in org {session.settings.org} as {session.user}...\n")
    found = session.api.every(f"/v3/organizations/{session.settings.org_guid}/domains")
    rows = [("name", "availability", "internal", "protocols")]
    for one in sorted(found, key=lambda each: each["name"].lower()):
        owner = one["relationships"]["organization"]["data"]
        protocols = ",".join(one.get("supported_protocols") or [])
        rows.append(
            (one["name"], "private" if owner else "shared", "true" if one["internal"] else "", protocols)
        )
    if len(rows) == 1:
        screen.say("No domains found.")
        return
    screen.table(rows)


def create_route(session: Session, given: Given) -> None:
    session.need()
    url = _url(given)
    settings = session.settings
    session.screen.say(
        f"Creating route {url} for org {settings.org} / space {settings.space} as {session.user}..."
    )
    try:
        _create(session, given, session.domain(given.word("DOMAIN")))
    except ApiError as error:
        if "already exists" not in str(error):
            raise
        session.screen.warn(str(error))
        session.screen.ok()
        return
    session.screen.say(f"Route {url} has been created.")
    session.screen.ok()


def map_route(session: Session, given: Given) -> None:
    session.need()
    screen, settings, name, url = session.screen, session.settings, given.word("APP_NAME"), _url(given)
    domain = session.domain(given.word("DOMAIN"))
    app = session.app(name)
    route = _find(session, given, domain)
    if route is None:
        screen.say(
            f"Creating route {url} for org {settings.org} / space {settings.space} as {session.user}..."
        )
        route = _create(session, given, domain)
        screen.ok()
    screen.say(f"Mapping route {url} to app {name} in {session.place}")
    if _destination(route, app):
        screen.say(f"App '{name}' is already mapped to route '{url}'. Nothing has been updated.")
        screen.ok()
        return
    body = {"destinations": [{"app": {"guid": app["guid"]}}]}
    session.api.post(f"/v3/routes/{route['guid']}/destinations", body)
    screen.ok()


def unmap_route(session: Session, given: Given) -> None:
    session.need()
    screen, name, url = session.screen, given.word("APP_NAME"), _url(given)
    domain = session.domain(given.word("DOMAIN"))
    app = session.app(name)
    route = _find(session, given, domain)
    if route is None:
        raise CfError(_not_found(given))
    screen.say(f"Removing route {url} from app {name} in {session.place}")
    destination = _destination(route, app)
    if destination is None:
        screen.say("Route to be unmapped is not currently mapped to the application.")
        screen.ok()
        return
    session.api.call("DELETE", f"/v3/routes/{route['guid']}/destinations/{destination['guid']}")
    screen.ok()


def delete_route(session: Session, given: Given) -> None:
    session.need()
    screen, url = session.screen, _url(given)
    screen.say("This action impacts all apps using this route.")
    screen.say("Deleting this route will make apps unreachable via this route.")
    if not given.has("f"):
        screen.say(f"Really delete the route {url}? [yN]:")
        screen.say(f"'{url}' has not been deleted.")
        return
    screen.say(f"Deleting route {url}...")
    route = _find(session, given, session.domain(given.word("DOMAIN")))
    if route is None:
        screen.say(f"Unable to delete. {_not_found(given)}")
        screen.ok()
        return
    session.api.finish("DELETE", f"/v3/routes/{route['guid']}")
    screen.ok()


def _find(session: Session, given: Given, domain: Json) -> Json | None:
    query = {"domain_guids": domain["guid"], "hosts": given.value("hostname"), "paths": _path(given)}
    if given.value("port"):
        query = {"domain_guids": domain["guid"], "ports": given.value("port")}
    return session.api.first("/v3/routes", **query)


def _create(session: Session, given: Given, domain: Json) -> Json:
    body: dict[str, Any] = {
        "relationships": {
            "space": {"data": {"guid": session.settings.space_guid}},
            "domain": {"data": {"guid": domain["guid"]}},
        }
    }
    if given.value("hostname"):
        body["host"] = given.value("hostname")
    if _path(given):
        body["path"] = _path(given)
    if (port := given.number("port")) is not None:
        body["port"] = port
    return session.api.post("/v3/routes", body)


def _destination(route: Json, app: Json) -> Json | None:
    return next((one for one in route["destinations"] if one["app"]["guid"] == app["guid"]), None)


def _path(given: Given) -> str:
    path = given.value("path")
    return path if not path or path.startswith("/") else f"/{path}"


def _url(given: Given) -> str:
    host = given.value("hostname")
    url = (f"{host}." if host else "") + given.word("DOMAIN") + _path(given)
    return url + (f":{given.value('port')}" if given.value("port") else "")


def _not_found(given: Given) -> str:
    domain = given.word("DOMAIN")
    if given.value("port"):
        return f"Route with domain '{domain}' and port {given.value('port')} not found."
    host, path = given.value("hostname"), _path(given) or "/"
    return f"Route with host '{host}', domain '{domain}', and path '{path}' not found."
