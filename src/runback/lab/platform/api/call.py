"""One authenticated call of the v3 API, and how its refusals are worded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Resource, Space, State, User
from runback.lab.server import Request, Response

if TYPE_CHECKING:
    from runback.lab.platform.world import World

R = TypeVar("R", bound=Resource)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token named `user`. Made and used with the world entered."""

    request: Request
    world: World
    user: User

    @property
    def state(self) -> State:
        return self.world.state

    def param(self, name: str = "guid") -> str:
        return self.request.params[name]

    def body(self) -> Json:
        """The JSON object of the body; an empty body is an empty object."""
        if not self.request.body.strip():
            return {}
        try:
            value = self.request.json()
        except ValueError as error:
            raise Refusal("Request invalid due to parse error: invalid request body", PARSE_ERROR) from error
        if not isinstance(value, dict):
            raise Refusal("Request invalid due to parse error: invalid request body", PARSE_ERROR)
        return value

    def link(self, path: str, method: str = "") -> Json:
        href = f"{self.request.base_url}{path}"
        return {"href": href, "method": method} if method else {"href": href}

    def reads(self, space_guid: str | None) -> bool:
        space = self.state.spaces.get(space_guid or "")
        return space is not None and self.world.roles.reads(self.user, space)

    def sees_app(self, app_guid: str | None) -> bool:
        app = self.state.apps.get(app_guid or "")
        return app is not None and self.reads(app.space_guid)

    def app(self, guid: str | None = None) -> App:
        """The app of the path, which the caller may see; 404 otherwise, as Cloud Controller does."""
        app = self.state.apps.get(self.param() if guid is None else guid)
        if app is None or not self.reads(app.space_guid):
            raise Refusal("App not found", NOT_FOUND)
        return app

    def need_to_write(self, space_guid: str) -> Space:
        """The space, in which the caller must be a developer; 403 otherwise."""
        space = self.state.spaces[space_guid]
        if not self.world.roles.writes(self.user, space):
            raise Refusal(NOT_AUTHORIZED_TEXT, NOT_AUTHORIZED)
        return space

    def need_to_operate(self, space_guid: str) -> Space:
        """The space, in which the caller must be a developer or a supporter; 403 otherwise."""
        space = self.state.spaces[space_guid]
        if not self.world.roles.operates(self.user, space):
            raise Refusal(NOT_AUTHORIZED_TEXT, NOT_AUTHORIZED)
        return space

    def need_secrets(self, space_guid: str) -> None:
        """The caller must be allowed to see variables and credentials; 403 otherwise."""
        if not self.world.roles.reads_secrets(self.user, self.state.spaces[space_guid]):
            raise Refusal(NOT_AUTHORIZED_TEXT, NOT_AUTHORIZED)

    def found(self, resources: Mapping[str, R], kind: str, seen: Callable[[R], bool], guid: str = "") -> R:
        """The resource of the path, if the caller may see it; 404 otherwise."""
        resource = resources.get(guid or self.param())
        if resource is None or not seen(resource):
            raise Refusal(f"{kind} not found", NOT_FOUND)
        return resource


CallHandler = Callable[[Call], Response]

NOT_FOUND = "CF-ResourceNotFound"
NOT_AUTHORIZED = "CF-NotAuthorized"
PARSE_ERROR = "CF-MessageParseError"
# cloud_controller_ng, errors/v2.yml
NOT_AUTHORIZED_TEXT = "You are not authorized to perform the requested action"


def refusal(refused: Refusal) -> Response:
    """The error body of the v3 API."""
    return Response.json({"errors": [refused.error()]}, refused.status)


def stamp(moment: datetime) -> str:
    """A time as the v3 API writes it: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def base(resource: Resource) -> Json:
    """What every resource begins with."""
    return {
        "guid": resource.guid,
        "created_at": stamp(resource.created_at),
        "updated_at": stamp(resource.updated_at),
    }


def metadata(resource: Resource) -> Json:
    return {"labels": dict(resource.labels), "annotations": dict(resource.annotations)}


def to_one(guid: str | None) -> Json:
    """A to-one relationship."""
    return {"data": {"guid": guid} if guid else None}


def related(body: Json, name: str) -> str:
    """The guid of a to-one relationship in a request; 422 where it is missing."""
    data = (body.get("relationships") or {}).get(name) or {}
    guid = (data.get("data") or {}).get("guid")
    if not isinstance(guid, str):
        raise Refusal(f"Relationships {name.capitalize()} can't be blank")
    return guid


def update_metadata(call: Call, resource: Resource, body: Json) -> None:
    """Set or take away (null) labels and annotations, as every PATCH may."""
    given = body.get("metadata") or {}
    for name, values in (("labels", resource.labels), ("annotations", resource.annotations)):
        for key, value in (given.get(name) or {}).items():
            if value is None:
                values.pop(key, None)
            else:
                values[key] = str(value)
    resource.updated_at = call.world.clock.now()
