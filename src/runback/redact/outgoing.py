"""The boundary for what leaves a process beside its evidence: error messages, tracebacks, the audit log.

Evidence is sealed as a whole. An error can be raised before that, with the words of some server in it; so
whoever prints an error, or writes one down, passes it through `outgoing`.
"""

from __future__ import annotations

from runback.redact.redactor import Redactor

_guards: list[Redactor] = []


def guard(redactor: Redactor) -> None:
    """From now on `outgoing` knows what this redactor has learned, and what it will learn."""
    _guards.append(redactor)


def outgoing(text: str) -> str:
    """`text` without the secrets that any redactor of this process has learned, and what looks like one."""
    for redactor in _guards or [Redactor(b"outgoing")]:
        text = redactor.seal_text(text)
    return text
