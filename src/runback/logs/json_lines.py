"""Log lines that are JSON objects (bunyan, pino, zap, structlog, docker's json-file): what they say, as text.

The time and the fields of a worker say nothing of a cause; the level, the message and the error do.
"""

from __future__ import annotations

import re

import msgspec

MARKS = (b'"msg":', b'"message":', b'"log":"', b'"event":')  # without one of these no line is meant
_LINE = re.compile(rb'^\{(?=")[^\n]*"(?:msg|message|log|event)": ?"[^\n]*\}$', re.MULTILINE)
# Cloud Foundry's components (lager): 'log_level' counts otherwise, and the error is within 'data'.
_LAGER = {2: "ERROR ", 3: "FATAL "}
_LEVELS = ("level", "severity", "levelname", "log.level", "lvl", "loglevel")
_OF_LOGS = (
    *_LEVELS,
    "log_level",
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "stream",
)  # an API's answer has none
_SAID = ("msg", "message", "log", "event")
_ERRORS = ("err", "error", "exception", "exc_info", "stack_trace")
_WARN, _ERROR, _FATAL = 40, 50, 60  # bunyan's and pino's numbers; what is less is no more than said


def as_text(text: bytes) -> bytes:
    """The text with each such line replaced by its words; the number of lines stays."""
    return _LINE.sub(lambda line: _words(line[0]), text)


def _words(line: bytes) -> bytes:
    try:
        entry = msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return line
    if not any(key in entry for key in _OF_LOGS):
        return line
    said = next((value for key in _SAID if isinstance(value := entry.get(key), str)), "")
    data = entry.get("data") if "log_level" in entry else None
    within = data if isinstance(data, dict) else entry
    error = next((named for key in _ERRORS if (named := _error(within.get(key)))), "")
    if not said and not error and not any(key in entry for key in _SAID):
        return line
    parts = [part for part in (said, error if error not in said else "") if part]
    words = " ".join(": ".join(parts).split("\n")).rstrip()
    return f"{_level(entry)}{words}".encode("utf-8", "replace")


def _error(value: object) -> str:
    """The line of an error that names it: of a Python traceback the last, else the first."""
    if isinstance(value, dict):
        value = value.get("message") or value.get("msg")
    if not isinstance(value, str) or not value.strip():
        return ""
    lines = value.strip().split("\n")
    return lines[-1 if lines[0].startswith("Traceback") else 0]


def _level(entry: dict[str, object]) -> str:
    lager = entry.get("log_level")
    if isinstance(lager, int):
        return _LAGER.get(lager, "")
    level = next((entry[key] for key in _LEVELS if key in entry), None)
    if isinstance(level, str) and level:
        return f"{level.upper()} "
    if not isinstance(level, int) or level < _WARN:
        return ""
    return "FATAL " if level >= _FATAL else "ERROR " if level >= _ERROR else "WARN "
