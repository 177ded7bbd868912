"""What a handler gets and what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


class Refused(Exception):
    """Raised by a handler to end the request with a response that says why."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(frozen=True, slots=True)
class Response:
    """Status, body and headers; `Date` and `Content-Length` are the listener's business."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        return cls(status, json.dumps(value, separators=(",", ":")).encode(), "application/json", headers)

    @classmethod
    def text(cls, text: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Response:
        return cls(status, text.encode(), content_type)

    def with_headers(self, *headers: tuple[str, str]) -> Response:
        """The same response with more headers."""
        return replace(self, headers=self.headers + headers)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire; header names are in lower case."""

    listener: str
    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes = b""
    base_url: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        values = self.query.get(name, ())
        return values[0] if values else default

    def many(self, name: str) -> tuple[str, ...] | None:
        """A comma separated query parameter as its parts; None when it was not given."""
        values = self.query.get(name)
        if values is None:
            return None
        return tuple(part for value in values for part in value.split(","))

    def json(self) -> Any:
        """The body read as JSON; raises ValueError (JSONDecodeError, UnicodeDecodeError) where it is not."""
        return json.loads(self.body)


Handler = Callable[[Request], Response]
