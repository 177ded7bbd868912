"""The lab's clock: real time (at any speed), or stepped. Both hold a queue of due work.

Work that is due runs in order of its time, whoever's turn it is: `advance` on a stepped clock, `settle` on a
running one. While a piece of work runs, `now()` is the time at which it was due, so that everything it writes
carries that time.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000_000  # nanoseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nanoseconds(moment: datetime) -> int:
    """Nanoseconds since the epoch of an aware datetime."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 1_000


def moment(ns: int) -> datetime:
    """The UTC datetime of nanoseconds since the epoch, to the microsecond below."""
    return _EPOCH + timedelta(microseconds=ns // 1_000)


class Timer:
    """A piece of work in the queue. `cancel` takes it out."""

    __slots__ = ("cancelled", "due", "period", "window", "work")

    def __init__(self, due: int, work: Callable[[], None], period: int = 0, window: int = 0) -> None:
        self.due = due
        self.work = work
        self.period = period
        self.window = window
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """A stepped clock: time stands still until `advance`.

    Its owner serialises access (the world's lock); only `now_ns` and `now` may be read from anywhere.
    """

    def __init__(self, start: datetime) -> None:
        self._now = nanoseconds(start)
        self._queue: list[tuple[int, int, Timer]] = []
        self._order = itertools.count()

    def now_ns(self) -> int:
        return self._now

    def now(self) -> datetime:
        return moment(self.now_ns())

    def client_time(self) -> float:
        """The time by which clients count, in seconds since the epoch: a stepped clock that stands in the
        past must not make them think that what they have just got is long gone."""
        return max(time.time(), self.now_ns() / SECOND)

    def after(self, seconds: float, work: Callable[[], None]) -> Timer:
        """Run `work` once, `seconds` from now."""
        return self._put(Timer(self.now_ns() + round(seconds * SECOND), work))

    def every(self, seconds: float, work: Callable[[], None], *, window: float) -> Timer:
        """Run `work` each `seconds`; of a long step only the last `window` seconds' runs are made.

        That is what log-cache does to a chatty app: what is older cannot be seen, so it is never computed.
        """
        period = round(seconds * SECOND)
        return self._put(Timer(self.now_ns() + period, work, period, round(window * SECOND)))

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, running what falls due on the way, in order."""
        self._run_until(self._now + round(seconds * SECOND))

    def advance_to(self, end: datetime) -> None:
        """Let time pass until `end`; nothing if it is already later."""
        self._run_until(max(self._now, nanoseconds(end)))

    def settle(self) -> None:
        """Run what is due by now."""
        self._run_until(self.now_ns())

    def _put(self, timer: Timer) -> Timer:
        heapq.heappush(self._queue, (timer.due, next(self._order), timer))
        return timer

    def _run_until(self, end: int) -> None:
        while self._queue and self._queue[0][0] <= end:
            _, _, timer = heapq.heappop(self._queue)
            if timer.cancelled:
                continue
            if timer.period and self._skip(timer, end):
                continue
            self._now = max(self._now, timer.due)
            timer.work()
            if timer.period:
                timer.due += timer.period
                self._put(timer)
        self._now = max(self._now, end)

    def _skip(self, timer: Timer, end: int) -> bool:
        """Move a periodic timer that lies before its window into it; whether it was moved."""
        late = end - timer.window - timer.due
        if late <= 0:
            return False
        timer.due += -(-late // timer.period) * timer.period
        self._put(timer)
        return True


class RunningClock(Clock):
    """Time that passes by itself, `speed` times as fast as real time, from `start` on.

    Due work runs at the next `settle`; within a run the time is that of the work.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        super().__init__(start)
        self._speed = speed
        self._origin = self._now
        self._started = time.monotonic_ns()
        self._working = threading.local()

    def now_ns(self) -> int:
        if getattr(self._working, "yes", False):
            return self._now
        return self._origin + int((time.monotonic_ns() - self._started) * self._speed)

    def client_time(self) -> float:
        return time.time()

    def set_speed(self, speed: float) -> None:
        """From now on, `speed` times as fast as real time."""
        self._origin, self._started = self.now_ns(), time.monotonic_ns()
        self._speed = speed

    def advance(self, seconds: float) -> None:
        """Jump ahead by `seconds`: the lab's way to make people wait less."""
        self._origin += round(seconds * SECOND)
        self.settle()

    def advance_to(self, end: datetime) -> None:
        self.advance(max(0, nanoseconds(end) - self.now_ns()) / SECOND)

    def _run_until(self, end: int) -> None:
        if getattr(self._working, "yes", False):
            return
        self._working.yes = True
        try:
            super()._run_until(end)
        finally:
            self._working.yes = False
