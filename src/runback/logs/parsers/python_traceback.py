"""A Python traceback, chained ones included: which exception, raised where in the project's own code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("error", "exception", "message", "file", "number", "function", "last_error", "logged")
_HEAD = "Traceback (most recent call last):"
_FRAME = re.compile(r'\s+File "(?P<file>[^"]+)", line (?P<number>\d+)(?:, in (?P<function>.+))?')
_ERROR = re.compile(r"(?P<exception>[A-Za-z_][\w.]*)(?:: ?(?P<message>.*))?$")
# CPython, Lib/traceback.py, ExceptionGroup: each line is marked, by its depth.
_GROUP = re.compile(r"\s*\| .*Group: .*\(\d+ sub-exceptions?\)$")
_OF_GROUP = re.compile(r"^\s*(?:\+-+(?:\+-+)?(?: \d+ -+|-*$)|[|+] ?)")
# CPython, Lib/traceback.py: what stands between two tracebacks of one chain.
_LINKS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_LIBRARY = re.compile(r"site-packages|dist-packages|/lib/python\d|/python/bin/|<frozen |<string>|importlib")
# They only pass on that another program failed: the reason is what that program printed.
_MESSENGERS = ("CalledProcessError", "SystemExit", "CellExecutionError", "PapermillExecutionError")
_ON_THE_WAY = "CancelledError"  # how asyncio ends what waits: the timeout or the failure that follows is why
# CPython, Lib/logging/__init__.py, Handler.handleError: '--- Logging error ---', and the program goes on.
_LOGGING = re.compile(r"logging/(?:__init__|handlers)\.py$")
# The record of a logger stands right above, so the program took note and went on; gunicorn's worker did not.
_RECORD = re.compile(
    r"(?=.*\d\d:\d\d:\d\d).*\b(?P<stamped>DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)\b"
    r"|(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.-]+:"
)
_ENDS = "Exception in worker process"
_APP_FOLDER = "/home/vcap/app/"  # where the platform puts the app
_LONGEST = 160  # characters of an error that a title shows


class Traceback(msgspec.Struct):
    """One traceback; `at` and `last` are indexes of its error line and of its last line."""

    at: int
    last: int
    exception: str
    message: str
    frames: list[tuple[str, int, str]]

    @property
    def own(self) -> list[tuple[str, int, str]]:
        """The frames of the project's own code, the innermost last."""
        return [frame for frame in self.frames if not _LIBRARY.search(frame[0])]


def read(lines: Sequence[str], start: int) -> Traceback | None:
    """The traceback whose head is the line `start`, or None where it is cut off before its error."""
    indent = lines[start].find(_HEAD)
    prefix = lines[start][:indent] if not lines[start][:indent].strip() else ""
    frames: list[tuple[str, int, str]] = []
    for at in range(start + 1, len(lines)):
        line = lines[at].removeprefix(prefix)
        if frame := _FRAME.match(line):
            frames.append((frame["file"], int(frame["number"]), frame["function"] or ""))
        elif line.startswith((" ", "\t")) or not line.strip():
            if not line.strip() and not frames:
                return None
        elif error := _ERROR.match(line):
            return Traceback(at, at, error["exception"], (error["message"] or "").strip(), frames)
        else:
            return None
    return None


def chain(lines: Sequence[str], start: int) -> list[Traceback]:
    """The traceback at `start` and those that are chained to it, in the order of the text."""
    found: list[Traceback] = []
    at: int | None = start
    while at is not None:
        traceback = read(lines, at)
        if traceback is None:
            break
        found.append(traceback)
        at = _next(lines, traceback.last)
    return found


def _next(lines: Sequence[str], last: int) -> int | None:
    """The head that is linked to the traceback which ends at `last`; its message may have several lines."""
    for at in range(last + 1, min(last + 40, len(lines) - 1)):
        if lines[at].strip() in _LINKS:
            return next(
                (head for head in range(at + 1, min(at + 4, len(lines))) if _HEAD in lines[head]), None
            )
        if _HEAD in lines[at]:
            return None
    return None


def _parse(window: Window) -> Iterator[Parsed]:
    group = _GROUP.match(window.lines[window.at]) is not None
    lines, at = _ungrouped(window.lines, window.at) if group else (window.lines, window.at)
    tracebacks = chain(lines, at)
    if not tracebacks or tracebacks[-1].exception.rsplit(".", 1)[-1] in _MESSENGERS:
        return
    if (outer := tracebacks[-1].frames[:1]) and outer[0][2] == "emit" and _LOGGING.search(outer[0][0]):
        return
    # In a chain the first exception of the project's own code is the reason; what follows happened while it
    # was handled. Without any the last one is what the library wanted to say.
    final = tracebacks[-1]
    reason = next((one for one in tracebacks if one.own and not one.exception.endswith(_ON_THE_WAY)), final)
    frames = reason.own or reason.frames
    frame = frames[-1] if frames else None
    values: dict[str, Scalar] = {
        "error": _shown(reason),
        "exception": reason.exception.rsplit(".", 1)[-1],
        "message": reason.message,
        "file": frame[0].removeprefix(_APP_FOLDER) if frame else None,
        "number": frame[1] if frame else None,
        "function": frame[2] if frame else None,
        "last_error": _shown(final),
        "logged": _logged(window.lines[window.at - 1]) if window.at else None,
    }
    yield Parsed(reason.at, values, first=window.at, last=final.last)


def _ungrouped(lines: Sequence[str], start: int) -> tuple[list[str], int]:
    """The lines without the marks of a group of exceptions; the head of the first exception in the group."""
    end = next((at for at in range(start, len(lines)) if not _OF_GROUP.match(lines[at])), len(lines))
    plain = [*lines[:start], *(_OF_GROUP.sub("", line) for line in lines[start:end]), *lines[end:]]
    return plain, next((at for at in range(start + 1, end) if plain[at].strip() == _HEAD), start)


def _logged(above: str) -> str | None:
    """The level of the record in the line above a traceback, where it is one."""
    record = _RECORD.match(above)
    return None if record is None or _ENDS in above else record["stamped"] or record["level"]


def _shown(traceback: Traceback) -> str:
    text = f"{traceback.exception}: {traceback.message}" if traceback.message else traceback.exception
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


PARSER = Parser(columns=COLUMNS, parse=_parse)
