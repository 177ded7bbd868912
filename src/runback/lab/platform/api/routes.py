"""Domains, routes and their destinations."""

from __future__ import annotations

from collections.abc import Sequence

from runback.lab.platform.api.call import Call, Json, base, metadata, related, stamp, to_one, update_metadata
from runback.lab.platform.api.paging import listed, with_included
from runback.lab.platform.api.root import accepted
from runback.lab.platform.api.spaces import (
    include_organizations,
    seen_organization,
    seen_organizations,
    seen_space,
    space_body,
)
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Destination, Domain, Route
from runback.lab.server import Response


def domain_body(call: Call, domain: Domain) -> Json:
    path = f"/v3/domains/{domain.guid}"
    links = {"self": call.link(path), "route_reservations": call.link(f"{path}/route_reservations")}
    if domain.organization_guid:
        links["organization"] = call.link(f"/v3/organizations/{domain.organization_guid}")
        links["shared_organizations"] = call.link(f"{path}/relationships/shared_organizations")
    return {
        **base(domain),
        "name": domain.name,
        "internal": domain.internal,
        "router_group": None,
        "supported_protocols": list(domain.supported_protocols),
        "metadata": metadata(domain),
        "relationships": {
            "organization": to_one(domain.organization_guid),
            "shared_organizations": {"data": []},
        },
        "links": links,
    }


def _seen_domains(call: Call) -> dict[str, Domain]:
    own = {each.guid for each in seen_organizations(call)}
    return {
        guid: domain
        for guid, domain in call.state.domains.items()
        if domain.organization_guid is None or domain.organization_guid in own
    }


def list_domains(call: Call) -> Response:
    return _domains(call, list(_seen_domains(call).values()))


def _domains(call: Call, domains: list[Domain]) -> Response:
    return listed(
        call,
        domains,
        domain_body,
        {"names": lambda each: each.name, "organization_guids": lambda each: each.organization_guid},
    )


def list_organization_domains(call: Call) -> Response:
    organization = seen_organization(call)
    own = (None, organization.guid)
    return _domains(call, [each for each in _seen_domains(call).values() if each.organization_guid in own])


def show_default_domain(call: Call) -> Response:
    seen_organization(call)
    for domain in _seen_domains(call).values():
        if not domain.internal:
            return Response.json(domain_body(call, domain))
    raise Refusal("Domain not found", "CF-ResourceNotFound")


def show_domain(call: Call) -> Response:
    domain = call.found(_seen_domains(call), "Domain", lambda _: True)
    return Response.json(domain_body(call, domain))


def match_route(call: Call) -> Response:
    domain = call.found(_seen_domains(call), "Domain", lambda _: True)
    port = call.request.one("port")
    route = call.world.routes.find(
        call.request.one("host"), domain, call.request.one("path"), int(port) if port.isdecimal() else None
    )
    return Response.json({"matching_route": route is not None})


def _destination_body(destination: Destination) -> Json:
    return {
        "guid": destination.guid,
        "app": {"guid": destination.app_guid, "process": {"type": destination.process_type}},
        "weight": destination.weight,
        "port": 8080 if destination.port is None else destination.port,
        "protocol": destination.protocol,
        "created_at": stamp(destination.created_at),
        "updated_at": stamp(destination.updated_at),
    }


def route_body(call: Call, route: Route) -> Json:
    path = f"/v3/routes/{route.guid}"
    return {
        **base(route),
        "protocol": route.protocol,
        "host": route.host,
        "path": route.path,
        "port": route.port,
        "url": call.world.routes.url(route),
        "destinations": [_destination_body(each) for each in route.destinations],
        "options": {},
        "metadata": metadata(route),
        "relationships": {"space": to_one(route.space_guid), "domain": to_one(route.domain_guid)},
        "links": {
            "self": call.link(path),
            "space": call.link(f"/v3/spaces/{route.space_guid}"),
            "destinations": call.link(f"{path}/destinations"),
            "domain": call.link(f"/v3/domains/{route.domain_guid}"),
        },
    }


def _include_domains(call: Call, routes: Sequence[Route]) -> Json:
    return {"domains": [domain_body(call, call.state.domains[each.domain_guid]) for each in routes]}


def _include_spaces(call: Call, routes: Sequence[Route]) -> Json:
    return {"spaces": [space_body(call, call.state.spaces[each.space_guid]) for each in routes]}


def _include_organizations(call: Call, routes: Sequence[Route]) -> Json:
    spaces = [call.state.spaces[each.space_guid] for each in routes]
    return {**_include_spaces(call, routes), **include_organizations(call, spaces)}


_INCLUDE = {
    "domain": _include_domains,
    "space": _include_spaces,
    "space.organization": _include_organizations,
}


def _listed(call: Call, routes: Sequence[Route]) -> Response:
    return listed(
        call,
        routes,
        route_body,
        {
            "hosts": lambda each: each.host,
            "paths": lambda each: each.path,
            "ports": lambda each: str(each.port or ""),
            "domain_guids": lambda each: each.domain_guid,
            "space_guids": lambda each: each.space_guid,
            "organization_guids": lambda each: call.state.spaces[each.space_guid].organization_guid,
            "app_guids": lambda each: [destination.app_guid for destination in each.destinations],
            "service_instance_guids": lambda each: [],
        },
        include=_INCLUDE,
    )


def list_routes(call: Call) -> Response:
    return _listed(call, [each for each in call.state.routes.values() if call.reads(each.space_guid)])


def list_app_routes(call: Call) -> Response:
    return _listed(call, call.world.routes.of(call.app()))


def _route(call: Call) -> Route:
    return call.found(call.state.routes, "Route", lambda each: call.reads(each.space_guid))


def show_route(call: Call) -> Response:
    route = _route(call)
    return with_included(call, route, route_body(call, route), _INCLUDE)


def create_route(call: Call) -> Response:
    body = call.body()
    space = call.state.spaces.get(related(body, "space"))
    if space is None or not call.reads(space.guid):
        raise Refusal("Invalid space. Ensure that the space exists and you have access to it.")
    call.need_to_write(space.guid)
    domain = _seen_domains(call).get(related(body, "domain"))
    if domain is None:
        raise Refusal("Invalid domain. Ensure that the domain exists and you have access to it.")
    route = call.world.routes.create(
        call.user, space, domain, body.get("host") or "", body.get("path") or "", body.get("port")
    )
    update_metadata(call, route, body)
    return Response.json(route_body(call, route), 201)


def update_route(call: Call) -> Response:
    route = _route(call)
    call.need_to_operate(route.space_guid)
    update_metadata(call, route, call.body())
    return Response.json(route_body(call, route))


def delete_route(call: Call) -> Response:
    route = _route(call)
    call.need_to_write(route.space_guid)
    call.world.routes.delete(call.user, route)
    return accepted(call, "route.delete")


def delete_unmapped(call: Call) -> Response:
    space = seen_space(call)
    call.need_to_write(space.guid)
    if call.request.one("unmapped") != "true":
        raise Refusal("Mass delete not supported for mapped routes. Use 'unmapped=true' parameter.")
    for route in list(call.state.routes.values()):
        if route.space_guid == space.guid and not route.destinations:
            call.world.routes.delete(call.user, route)
    return accepted(call, "space.delete_unmapped_routes")


def _destinations(call: Call, route: Route) -> Response:
    path = f"/v3/routes/{route.guid}"
    links = {"self": call.link(f"{path}/destinations"), "route": call.link(path)}
    bodies = [_destination_body(each) for each in route.destinations]
    return Response.json({"destinations": bodies, "links": links})


def list_destinations(call: Call) -> Response:
    return _destinations(call, _route(call))


def add_destinations(call: Call) -> Response:
    route = _route(call)
    call.need_to_operate(route.space_guid)
    if any(each.weight for each in route.destinations):
        raise Refusal(
            "Destinations cannot be inserted when there are weighted destinations already configured."
        )
    for wanted in call.body().get("destinations") or ():
        _map(call, route, wanted)
    return _destinations(call, route)


def _map(call: Call, route: Route, wanted: Json) -> Destination:
    target = wanted.get("app") or {}
    app = call.state.apps.get(target.get("guid") or "")
    if app is None or not call.reads(app.space_guid):
        raise Refusal(
            "App(s) with guid(s) " + f'"{target.get("guid")}" do not exist or you do not have access.'
        )
    return call.world.routes.map(
        call.user,
        route,
        app,
        process_type=(target.get("process") or {}).get("type") or "web",
        port=wanted.get("port"),
        protocol=wanted.get("protocol"),
        weight=wanted.get("weight"),
    )


def replace_destinations(call: Call) -> Response:
    route = _route(call)
    call.need_to_operate(route.space_guid)
    kept = [_map(call, route, wanted) for wanted in call.body().get("destinations") or ()]
    for destination in list(route.destinations):
        if destination not in kept:
            call.world.routes.unmap(call.user, route, destination)
    return _destinations(call, route)


def remove_destination(call: Call) -> Response:
    route = _route(call)
    call.need_to_operate(route.space_guid)
    guid = call.param("destination_guid")
    for destination in route.destinations:
        if destination.guid == guid:
            call.world.routes.unmap(call.user, route, destination)
            return Response(204)
    raise Refusal(
        "Unable to unmap route from destination. Ensure the route has a destination with this guid."
    )


ENDPOINTS = (
    ("GET", "/v3/domains", list_domains),
    ("GET", "/v3/domains/{guid}", show_domain),
    ("GET", "/v3/domains/{guid}/route_reservations", match_route),
    ("GET", "/v3/organizations/{guid}/domains", list_organization_domains),
    ("GET", "/v3/organizations/{guid}/domains/default", show_default_domain),
    ("GET", "/v3/routes", list_routes),
    ("POST", "/v3/routes", create_route),
    ("GET", "/v3/routes/{guid}", show_route),
    ("PATCH", "/v3/routes/{guid}", update_route),
    ("DELETE", "/v3/routes/{guid}", delete_route),
    ("GET", "/v3/routes/{guid}/destinations", list_destinations),
    ("POST", "/v3/routes/{guid}/destinations", add_destinations),
    ("PATCH", "/v3/routes/{guid}/destinations", replace_destinations),
    ("DELETE", "/v3/routes/{guid}/destinations/{destination_guid}", remove_destination),
    ("GET", "/v3/apps/{guid}/routes", list_app_routes),
    ("DELETE", "/v3/spaces/{guid}/routes", delete_unmapped),
)
