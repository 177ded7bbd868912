"""Contexts over API v2: their names, the names of their variables, and who may use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from runback.lab.circleci.bodies import stamp
from runback.lab.circleci.state import Project
from runback.lab.server import Handler, Refused, Request, Response, Route, route

MADE = datetime(2025, 11, 17, 9, 30, tzinfo=UTC)  # when somebody set the project up


def routes(project: Project, guarded: Callable[[Handler], Handler]) -> tuple[Route, ...]:
    """All routes below /api/v2/context; `guarded` asks for the token."""
    api = _Api(project)
    table: tuple[tuple[str, Handler], ...] = (
        ("/api/v2/context", api.contexts),
        ("/api/v2/context/{id}", api.context),
        ("/api/v2/context/{id}/environment-variable", api.variables),
        ("/api/v2/context/{id}/restrictions", api.restrictions),
    )
    write = route("PUT", "/api/v2/context/{id}/environment-variable/{variable}", guarded(api.set_variable))
    return (*(route("GET", pattern, guarded(handler)) for pattern, handler in table), write)


class _Api:
    def __init__(self, project: Project) -> None:
        self._project = project

    def contexts(self, request: Request) -> Response:
        owners = (self._project.new_id("organization"), f"gh/{self._project.organization}")
        asked = request.one("owner-id") or request.one("owner-slug")
        if not asked:
            raise Refused(_error(400, "Either owner-id or owner-slug must be specified."))
        names = self._project.contexts if asked in owners else ()
        return _list([self._body(name) for name in names])

    def context(self, request: Request) -> Response:
        return Response.json(self._body(self._name(request)))

    def variables(self, request: Request) -> Response:
        name = self._name(request)
        of = {"created_at": stamp(MADE), "updated_at": stamp(MADE), "context_id": self._id(name)}
        return _list([{"variable": variable, **of} for variable in sorted(self._project.contexts[name])])

    def set_variable(self, request: Request) -> Response:
        """As the real service it shows the name again, and never the value."""
        name, variable = self._name(request), request.params["variable"]
        given = request.json() if request.body else {}
        value = given.get("value") if isinstance(given, dict) else None
        if not isinstance(value, str) or not value:
            raise Refused(_error(400, "value: is missing"))
        self._project.contexts[name][variable] = value
        of = {"created_at": stamp(MADE), "updated_at": stamp(MADE), "context_id": self._id(name)}
        return Response.json({"variable": variable, **of})

    def restrictions(self, request: Request) -> Response:
        """A restricted context is for one branch only, as an expression says."""
        name = self._name(request)
        if name not in self._project.obstacles.restrict:
            return _list([])
        value = f'pipeline.git.branch == "{self._project.default_branch}"'
        of = {"context_id": self._id(name), "name": name, "id": self._project.new_id("restriction", name)}
        return _list([{**of, "restriction_type": "expression", "restriction_value": value}])

    def _id(self, name: str) -> str:
        return self._project.new_id("context", name)

    def _body(self, name: str) -> dict[str, Any]:
        return {"id": self._id(name), "name": name, "created_at": stamp(MADE)}

    def _name(self, request: Request) -> str:
        wanted = request.params["id"]
        found = next((name for name in self._project.contexts if self._id(name) == wanted), None)
        if found is None:
            raise Refused(_error(404, "Context not found."))
        return found


def _list(items: list[dict[str, Any]]) -> Response:
    return Response.json({"items": items, "next_page_token": None})


def _error(status: int, message: str) -> Response:
    return Response.json({"message": message}, status)
