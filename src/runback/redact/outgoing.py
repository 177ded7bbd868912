"""The boundary for what leaves a process beside its evidence: error messages, tracebacks, the audit log.

Evidence is sealed as a whole. An error can be raised before that, with the words of some server in it; so
whoever prints an error, or writes one down, passes it through `outgoing`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from runback.redact.redactor import Redactor

_guards: deque[Redactor] = deque(maxlen=16)  # a process that runs for weeks keeps the last ones


def guard(redactor: Redactor) -> None:
    """From now on `outgoing` knows what this redactor has learned, and what it will learn."""
    _guards.append(redactor)


def outgoing(text: str) -> str:
    """`text` without the secrets that any redactor of this process has learned, and what looks like one."""
    for redactor in _guards or [Redactor(b"outgoing")]:
        text = redactor.seal_text(text)
    return text


def outgoing_report(text: str) -> str:
    """What is printed: made of sealed evidence, and looked through once more for what was learned."""
    for redactor in _guards:
        text = redactor.seal_known(text)
    return text


def outgoing_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """As `outgoing`, for every text in a record of a log."""
    return {name: _sealed(value) for name, value in entry.items()}


def _sealed(node: Any) -> Any:
    if isinstance(node, str):
        return outgoing(node)
    if isinstance(node, Mapping):
        return outgoing_entry(node)
    if isinstance(node, list | tuple):
        return [_sealed(inner) for inner in node]
    return node
