"""The network policy server's external API, which answers under the API's own host."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runback.lab.platform.api.call import Json
from runback.lab.platform.api.uaa import InvalidToken, Uaa
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Policy, User
from runback.lab.server import Refused, Request, Response, Route, route

if TYPE_CHECKING:
    from runback.lab.platform.world import World

_PATH = "/networking/v1/external"
_LARGEST_PORT = 65535


def policy_routes(world: World, uaa: Uaa) -> tuple[Route, ...]:
    def show(request: Request) -> Response:
        user = _user(uaa, request)
        with world.entered():
            return _listing(world.policies.visible(user), request)

    def create(request: Request) -> Response:
        user = _user(uaa, request)
        wanted = _policies(request)
        with world.entered():
            return _done(lambda: world.policies.add(user, wanted))

    def delete(request: Request) -> Response:
        user = _user(uaa, request)
        wanted = _policies(request)
        with world.entered():
            return _done(lambda: world.policies.remove(user, wanted))

    return (
        route("GET", "/networking", lambda request: Response.json(_versions(request))),
        route("GET", f"{_PATH}/policies", show),
        route("POST", f"{_PATH}/policies", create),
        route("POST", f"{_PATH}/policies/delete", delete),
        route("*", "/networking/{version}/external/{rest*}", _other_version),
    )


def _versions(request: Request) -> Json:
    return {"links": {"network_policy_v1": {"href": f"{request.base_url}{_PATH}"}}}


def _other_version(request: Request) -> Response:
    return _error(406, f"api version '{request.params['version']}' not supported")


def _error(status: int, message: str) -> Response:
    """JSON that the policy server labels as text."""
    return Response(status, ('{"error": "' + _escaped(message) + '"}').encode(), "text/plain; charset=utf-8")


def _escaped(message: str) -> str:
    return message.replace("\\", "\\\\").replace('"', '\\"')


def _user(uaa: Uaa, request: Request) -> User:
    if not request.headers.get("authorization"):
        raise Refused(_error(401, "no auth header"))
    try:
        return uaa.user(request.headers["authorization"])
    except InvalidToken as error:
        raise Refused(_error(401, "failed to verify token with uaa")) from error


def _done(operation: Callable[[], None]) -> Response:
    try:
        operation()
    except Refusal as refused:
        return _error(refused.status, refused.detail)
    return Response.json({})


def _listing(visible: list[Policy], request: Request) -> Response:
    either, source, destination = (request.many(name) for name in ("id", "source_id", "dest_id"))
    chosen = [
        policy
        for policy in visible
        if (either is None or policy.source_id in either or policy.destination_id in either)
        and (source is None or policy.source_id in source)
        and (destination is None or policy.destination_id in destination)
    ]
    return Response.json({"total_policies": len(chosen), "policies": [_body(each) for each in chosen]})


def _body(policy: Policy) -> Json:
    return {
        "source": {"id": policy.source_id},
        "destination": {
            "id": policy.destination_id,
            "protocol": policy.protocol,
            "ports": {"start": policy.start, "end": policy.end},
        },
    }


def _policies(request: Request) -> list[Policy]:
    """The policies of a request; the words of the refusals are cf-networking-release's, api/validator.go."""
    try:
        given = request.json()["policies"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(_error(400, "mapper: unmarshal json: invalid body")) from error
    if not given:
        raise _invalid("missing policies")
    return [_policy(each) for each in given]


def _invalid(what: str) -> Refused:
    return Refused(_error(400, f"mapper: validate policies: {what}"))


def _policy(given: Json) -> Policy:
    source = (given.get("source") or {}).get("id")
    destination = given.get("destination") or {}
    ports = destination.get("ports") or {}
    if not source:
        raise _invalid("missing source id")
    if not destination.get("id"):
        raise _invalid("missing destination id")
    protocol = destination.get("protocol")
    if protocol not in ("tcp", "udp"):
        raise _invalid("invalid destination protocol, specify either udp or tcp")
    start, end = ports.get("start", 0), ports.get("end", 0)
    if not start:
        raise _invalid("missing start port")
    for name, port in (("start", start), ("end", end)):
        if not 0 < port <= _LARGEST_PORT:
            raise _invalid(f"invalid {name} port {port}, must be in range 1-65535")
    if start > end:
        raise _invalid(f"invalid port range {start}-{end}, start must be less than or equal to end")
    return Policy(source, destination["id"], protocol, start, end)
