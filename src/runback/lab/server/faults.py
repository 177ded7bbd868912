"""Faults of the wire: what goes wrong between a client and a server that is itself sound."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runback.lab.server.messages import Request, Response


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the requests that match.

    `listener`, `method` and `path` are shell patterns (`*` matches slashes too). A fault with `times` wears
    out after that many requests. `response` answers in the handler's stead; `truncate` keeps only that many
    bytes of the body though the header promises all; `dribble` sends the body in ten parts with that many
    seconds between them; `drop` closes the connection without a word."""

    path: str = "*"
    listener: str = "*"
    method: str = "*"
    times: int | None = None
    latency: float = 0.0
    response: Response | None = None
    truncate: int | None = None
    dribble: float = 0.0
    drop: bool = False

    def matches(self, request: Request) -> bool:
        return (
            fnmatchcase(request.listener, self.listener)
            and fnmatchcase(request.method, self.method)
            and fnmatchcase(request.path, self.path)
        )


class Faults:
    """The faults that are switched on; safe to change while the listeners run."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._active: list[tuple[Fault, int | None]] = [(each, each.times) for each in faults]

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._active.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._active.clear()

    def of(self, request: Request) -> Fault | None:
        """The fault that strikes this request: the first that matches; counted as one of its times."""
        with self._lock:
            for at, (fault, left) in enumerate(self._active):
                if not fault.matches(request):
                    continue
                if left == 1:
                    del self._active[at]
                elif left is not None:
                    self._active[at] = (fault, left - 1)
                return fault
        return None
