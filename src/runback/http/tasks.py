"""Doing several things at once: a thread for each task.

Tasks start tasks and wait for them, so there is no pool that could run full of waiting ones. The number of
requests in flight is limited where it matters, at each host, by the client.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

Result = TypeVar("Result")
Given = ParamSpec("Given")


class Later(Generic[Result]):
    """The result of something that runs in a thread of its own."""

    __slots__ = ("_done", "_error", "_result")

    def __init__(self) -> None:
        self._done = threading.Event()
        self._error: BaseException | None = None
        self._result: Result | None = None

    def run(self, task: Callable[[], Result]) -> None:
        """Runs `task` here and keeps its result, or what it raised, for those who wait."""
        try:
            self._result = task()
        except BaseException as error:  # noqa: BLE001 - raised again by result(), in the waiting thread
            self._error = error
        finally:
            self._done.set()

    def result(self) -> Result:
        """Waits; then the task's result, or what it raised."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # run() has set it: no error and done


def later(task: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Later[Result]:
    """Starts `task(*args, **kwargs)` in a thread now; its result is had with `.result()`."""
    promise: Later[Result] = Later()
    work: Callable[[], Any] = lambda: task(*args, **kwargs)  # noqa: E731
    threading.Thread(target=promise.run, args=(work,), name=task.__class__.__name__, daemon=True).start()
    return promise


def gather(*tasks: Callable[[], Result]) -> tuple[Result, ...]:
    """The results of `tasks`, run at the same time, in their order.

    All have ended when this returns. What the first failing one raised is raised then; a task whose failure
    should not end the others' results turns it into a value itself (`collect.interface.had`).
    """
    promises = [later(task) for task in tasks]
    for promise in promises:
        promise._done.wait()
    return tuple(promise.result() for promise in promises)
