"""The way of the lab's own cf to the lab's own listeners: the same routes and faults, without the sockets.

A deploy job makes hundreds of requests; over loopback they would take most of the lab's start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

from runback.lab.server import Listener, Request


class InProcess:
    """A transport of `cf.main` to these listeners; OSError for any other address."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = {f"127.0.0.1:{listener.port}": listener for listener in listeners}

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        there = urlsplit(url)
        listener = self._listeners.get(there.netloc)
        if listener is None:
            raise OSError("connection refused")
        request = Request(
            listener=listener.name,
            method=method,
            path=there.path or "/",
            query={name: tuple(values) for name, values in parse_qs(there.query, True).items()},
            headers={name.lower(): value for name, value in headers.items()} | {"host": there.netloc},
            body=body or b"",
            base_url=f"{there.scheme}://{there.netloc}",
        )
        fault = listener.faults.of(request)
        if fault is not None and (fault.drop or fault.truncate is not None):
            raise OSError("EOF")
        response = fault.response if fault and fault.response else listener.answer(request)
        return response.status, {name.lower(): value for name, value in response.headers}, response.body
