"""CPython's tracebacks (Lib/traceback.py), read by the parser that pages use too."""

from __future__ import annotations

from collections.abc import Sequence

from runback.logs.parsers import python_traceback
from runback.logs.traces.trace import LONGEST, Frame, Raised, Trace, trace_of

MARK = r"Traceback \(most recent call last\):"


def read(lines: Sequence[str], at: int) -> Trace | None:
    window = lines[at : at + LONGEST]
    chain = python_traceback.chain(window, 0)
    if not chain:
        return None
    raised = [Raised(one.exception, one.message, tuple(_frames(one)), at + one.at) for one in chain]
    # CPython prints the first exception first. One of a library alone that was handled is no reason yet.
    cause = next((index for index, one in enumerate(chain) if one.own), len(chain) - 1)
    return trace_of("python", raised[cause:], at, at + chain[-1].last)


def _frames(one: python_traceback.Traceback) -> list[Frame]:
    own = set(one.own)
    return [
        Frame(file, line, function, (file, line, function) in own)
        for file, line, function in one.frames[::-1]
    ]
