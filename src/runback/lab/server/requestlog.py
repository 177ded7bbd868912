"""Who asked what, and when: how much a client asks, and how deep its questions hang on each other."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """One request that was answered (or, with status 0, whose connection was dropped on purpose).

    `began` and `ended` are seconds of the machine's monotonic clock, `seconds` what lies between
    them, the added latency included."""

    listener: str
    method: str
    path: str
    query: str
    status: int
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class RequestLog:
    """The requests of several listeners, in the order of their ends."""

    def __init__(self) -> None:
        self._served: list[Served] = []
        self._lock = threading.Lock()

    def add(self, served: Served) -> None:
        with self._lock:
            self._served.append(served)

    def all(self) -> tuple[Served, ...]:
        with self._lock:
            return tuple(self._served)

    def clear(self) -> None:
        with self._lock:
            self._served.clear()


def depth(served: Iterable[Served]) -> int:
    """The longest run of requests of which each began after the one before it had ended: the number of round
    trips that no parallelism can hide."""
    ends: list[tuple[float, int]] = []
    for each in sorted(served, key=lambda one: one.began):
        before = max((level for ended, level in ends if ended <= each.began), default=0)
        ends.append((each.ended, before + 1))
    return max((level for _, level in ends), default=0)
