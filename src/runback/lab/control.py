"""The control API of a running lab: break something, heal it, let time pass, disturb the wire.

It listens on loopback, and answers only who has the token of this lab and asks for a loopback host (a page in
a browser can be talked into calling 127.0.0.1, but not into knowing the token or sending another Host).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from runback.errors import RunbackError, UsageError
from runback.lab import faults as catalogue
from runback.lab import wire
from runback.lab.changereading import CHANGES, Problem
from runback.lab.server import Faults, Handler, Refused, Request, Response, Route, route

if TYPE_CHECKING:
    from datetime import datetime

    from runback.lab.changes import Change

URL_VARIABLE = "RUNBACK_LAB"
TOKEN_VARIABLE = "RUNBACK_LAB_TOKEN"  # noqa: S105 - the name of a variable
CLOCK_VARIABLE = "RUNBACK_LAB_CLOCK"
STEPPED = "stepped"  # its value where time stands still unless somebody waits
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Controlled(Protocol):
    """What the control API can do to a lab."""

    @property
    def environment(self) -> str: ...

    @property
    def faults(self) -> Faults: ...

    def now(self) -> datetime: ...

    def places(self, environment: str = "") -> Mapping[str, str]: ...

    def do(self, changes: Iterable[Change], environment: str = "") -> None: ...

    def wait(self, seconds: float) -> None: ...


class Control:
    """`token` is this lab's own; `broken` are the faults that have been put in, with their environments."""

    def __init__(self, lab: Controlled) -> None:
        self._lab = lab
        self._lock = threading.Lock()  # one change at a time: a fault is several calls
        self.token = secrets.token_urlsafe(24)
        self.broken: list[tuple[str, str]] = []

    def routes(self) -> tuple[Route, ...]:
        handlers: dict[tuple[str, str], Handler] = {
            ("GET", "/state"): self._state,
            ("GET", "/faults"): self._faults,
            ("POST", "/break"): self._break,
            ("POST", "/heal"): self._heal,
            ("POST", "/wait"): self._wait,
            ("POST", "/wire"): self._disturb,
            ("DELETE", "/wire"): self._calm,
        }
        return tuple(route(*where, self._guarded(handler)) for where, handler in handlers.items())

    def _guarded(self, handler: Handler) -> Handler:
        def guarded(request: Request) -> Response:
            host = urlsplit(f"//{request.headers.get('host', '')}").hostname
            if host not in LOOPBACK:
                raise Refused(_error(403, "The control API answers on loopback only."))
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not secrets.compare_digest(given.encode(), self.token.encode()):
                raise Refused(_error(401, "The token is not this lab's.", "'runback lab serve' prints it."))
            try:
                with self._lock:
                    return handler(request)
            except UsageError as error:
                return _error(404, str(error), error.advice)
            except RunbackError as error:
                return _error(409, str(error), error.advice)

        return guarded

    def _state(self, request: Request) -> Response:
        broken = [{"fault": name, "environment": environment} for name, environment in self.broken]
        return Response.json({"now": self._lab.now().isoformat(), "broken": broken})

    def _faults(self, request: Request) -> Response:
        places = self._lab.places(request.one("environment"))
        found = [
            {"name": one.name, "stage": one.stage, "line": one.line} for one in catalogue.catalogue(places)
        ]
        return Response.json({"faults": found})

    def _break(self, request: Request) -> Response:
        given = _body(request)
        environment = str(given.get("environment") or self._lab.environment)
        places = self._lab.places(environment)
        fault = catalogue.read(str(given.get("fault", "")), places)
        if fault.needs and "branch" not in places:
            raise UsageError(f"{fault.name} needs CI, and nothing deploys {environment}.")
        self.broken.append((fault.name, environment))
        self._lab.do(fault.changes, environment)
        return Response.json({"fault": fault.name, "environment": environment, "app": fault.app})

    def _heal(self, request: Request) -> Response:
        """Takes one fault out, or all of them, the last first; and calms the wire."""
        only = str(_body(request).get("fault") or "")
        wanted = [one for one in reversed(self.broken) if only in ("", one[0])]
        if only and not wanted:
            catalogue.check(only)
            raise UsageError(f"{only} has not been put into this lab.")
        for name, environment in wanted:
            self._lab.do(catalogue.read(name, self._lab.places(environment)).heal, environment)
            self.broken.remove((name, environment))
        if not only:
            self._lab.faults.clear()
        return Response.json({"healed": [name for name, _ in wanted]})

    def _wait(self, request: Request) -> Response:
        seconds = _body(request).get("seconds")
        if not isinstance(seconds, (int, float)) or not 0 <= seconds <= 31 * 86_400:
            return _error(400, "'seconds' must be a number up to 31 days.")
        self._lab.wait(float(seconds))
        return self._state(request)

    def _disturb(self, request: Request) -> Response:
        given = _body(request)
        try:
            CHANGES["wire"](given)  # only to find fault with it
        except Problem as problem:
            return _error(400, str(problem), f"Allowed: {', '.join(problem.allowed)}")
        self._lab.faults.add(wire.read(given))
        return Response.json({"wire": given})

    def _calm(self, request: Request) -> Response:
        self._lab.faults.clear()
        return Response.json({})


def _body(request: Request) -> dict[str, Any]:
    try:
        given = request.json() if request.body else {}
    except ValueError as error:
        raise Refused(_error(400, "The body is not JSON.")) from error
    if not isinstance(given, dict):
        raise Refused(_error(400, "The body must be an object."))
    return given


def _error(status: int, message: str, advice: str = "") -> Response:
    return Response.json({"error": message, "advice": advice}, status)
