"""How changes are written in scenarios and faults: `CHANGES` has the function that reads each kind."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runback.lab.changes import (
    Approve,
    Change,
    Disturb,
    Hinder,
    Inject,
    Later,
    Operate,
    Push,
    Rerun,
    Revert,
    RunCf,
    SetVariables,
    Trigger,
    Visit,
    Wait,
)
from runback.lab.circleci.obstacles import KEYS as OBSTACLES

DURATION = re.compile(r"(\d+)(s|m|h|d)")
# What a fault of the wire may say, and the kinds of its values.
WIRE_KEYS: dict[str, type | tuple[type, ...]] = {
    "listener": str,
    "path": str,
    "method": str,
    "times": int,
    "latency": (int, float),
    "status": int,
    "body": str,
    "retry_after": int,
    "truncate": int,
    "dribble": (int, float),
    "drop": bool,
}
WIRE_BODIES = ("json", "html", "empty", "broken", "wrong-type")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Problem(Exception):
    """A change that cannot be read: what is wrong, and what is allowed."""

    def __init__(self, what: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(what)
        self.allowed = tuple(allowed)


def _push(body: Any) -> Change:
    allowed = (
        "branch",
        "subject",
        "author",
        "take",
        "files",
        "body",
        "parameters",
        "canceled_after",
        "seen_after",
        "replace",
    )
    _keys(body, allowed, needed=("branch", "subject"))
    take = body.get("take", [])
    files = body.get("files", {})
    if not isinstance(files, dict):
        raise Problem("'files' must be paths and their text")
    return Push(
        branch=_line(body, "branch"),
        subject=_line(body, "subject"),
        author=str(body.get("author", "")),
        take=tuple([take] if isinstance(take, str) else take),
        files={str(path): None if text is None else str(text) for path, text in files.items()},
        body=str(body.get("body", "")),
        parameters=dict(body.get("parameters", {})),
        canceled_after=_seconds(body["canceled_after"]) if "canceled_after" in body else None,
        seen_after=_seconds(body["seen_after"]) if "seen_after" in body else None,
        replace=dict(body.get("replace", {})),
    )


def _trigger(body: Any) -> Change:
    _keys(body, ("branch", "parameters", "actor"), needed=("branch",))
    return Trigger(_line(body, "branch"), dict(body.get("parameters", {})), str(body.get("actor", "")))


def _variables(body: Any) -> Change:
    if not isinstance(body, dict) or not body:
        raise Problem("expected names and values of variables")
    return SetVariables({str(name): None if one is None else str(one) for name, one in body.items()})


def _context(body: Any) -> Change:
    _keys(body, ("name", "variables"), needed=("name", "variables"))
    return SetVariables(dict(body["variables"]), _line(body, "name"))


def _cf(body: Any) -> Change:
    if isinstance(body, dict):
        _keys(body, ("run", "may_fail"), needed=("run",))
        return RunCf(_words(body["run"]), bool(body.get("may_fail", False)))
    return RunCf(_words(body))


def _visit(body: Any) -> Change:
    if isinstance(body, str):
        return Visit(body)
    _keys(body, ("url", "times"), needed=("url",))
    times = body.get("times", 1)
    if not isinstance(times, int) or not 0 < times <= 1000:
        raise Problem("'times' must be a number from 1 to 1000")
    return Visit(_line(body, "url"), times)


def _wait(body: Any) -> Change:
    return Wait(_seconds(body))


def _later(body: Any) -> Change:
    _keys(body, ("after", "cf"), needed=("after", "cf"))
    return Later(_seconds(body["after"]), _words(body["cf"]))


def _seconds(body: Any) -> int:
    found = DURATION.fullmatch(str(body))
    if not found:
        raise Problem(f"{body!r} is not a duration", ("30s", "10m", "2h", "3d"))
    return int(found[1]) * SECONDS[found[2]]


def _rerun(body: Any) -> Change:
    _keys(body, ("branch", "from_failed"), needed=("branch",))
    return Rerun(_line(body, "branch"), bool(body.get("from_failed", True)))


def _hinder(body: Any) -> Change:
    _keys(body, (*OBSTACLES, "outside"), needed=())
    return Hinder(dict(body))


def _approve(body: Any) -> Change:
    if body is not True:
        raise Problem("expected 'true'", ("true",))
    return Approve()


def _revert(body: Any) -> Change:
    _keys(body, ("branch",), needed=("branch",))
    return Revert(_line(body, "branch"))


def _inject(body: Any) -> Change:
    if isinstance(body, str):
        return Inject(body)
    _keys(body, ("name", "environment"), needed=("name",))
    return Inject(_line(body, "name"), str(body.get("environment", "")))


def _evacuate(body: Any) -> Change:
    return Operate("evacuate", {"app": _line({"app": body}, "app")})


def _broker(body: Any) -> Change:
    _keys(body, ("offering", "create", "bind", "failure"), needed=("offering",))
    given: dict[str, Any] = {"offering": _line(body, "offering"), "failure": str(body.get("failure", ""))}
    given |= {f"{verb}_seconds": _seconds(body[verb]) for verb in ("create", "bind") if verb in body}
    return Operate("broker", given)


def _service(body: Any) -> Change:
    _keys(body, ("instance", "trouble"), needed=("instance", "trouble"))
    return Operate("service", {key: _line(body, key) for key in body})


def _cells(body: Any) -> Change:
    _keys(body, ("memory_mb",), needed=("memory_mb",))
    if not isinstance(body["memory_mb"], int) or body["memory_mb"] < 0:
        raise Problem("'memory_mb' must be a number of megabytes")
    return Operate("cells", dict(body))


def _quota(body: Any) -> Change:
    _keys(body, ("space", "memory_mb"), needed=("space", "memory_mb"))
    if not isinstance(body["memory_mb"], int) or body["memory_mb"] < 0:
        raise Problem("'memory_mb' must be a number of megabytes")
    return Operate("quota", {"space": _line(body, "space"), "memory_mb": body["memory_mb"]})


def _buildpack(body: Any) -> Change:
    _keys(body, ("name", "version", "runtimes"), needed=("name", "version"))
    if not isinstance(body.get("runtimes", {}), dict):
        raise Problem("'runtimes' must be names and their versions")
    return Operate("buildpack", {**body, "name": _line(body, "name"), "version": str(body["version"])})


def _certificate(body: Any) -> Change:
    _keys(body, ("names", "days", "trusted"), needed=("names",))
    if not isinstance(body["names"], list) or not body["names"]:
        raise Problem("'names' must be a list of hosts")
    if not isinstance(body.get("days", 0), int):
        raise Problem("'days' must be a number, below 0 where it has ended")
    return Operate("certificate", dict(body))


def _network(body: Any) -> Change:
    _keys(body, ("drop", "open"), needed=())
    if len(body) != 1:
        raise Problem("expected a host to 'drop' or to 'open'", ("drop", "open"))
    return Operate("network", {key: _line(body, key) for key in body})


def _disturb(body: Any) -> Change:
    _keys(body, tuple(WIRE_KEYS), needed=())
    for key, kind in WIRE_KEYS.items():
        value = body.get(key)
        if key in body and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
            raise Problem(f"{key!r} is {value!r}")
    if body.get("body", "json") not in WIRE_BODIES:
        raise Problem(f"'body' is {body['body']!r}", WIRE_BODIES)
    return Disturb(dict(body))


CHANGES: dict[str, Callable[[Any], Change]] = {
    "commit": _push,
    "trigger": _trigger,
    "ci.variable": _variables,
    "ci.context": _context,
    "ci.hinder": _hinder,
    "ci.rerun": _rerun,
    "ci.approve": _approve,
    "cf": _cf,
    "visit": _visit,
    "wait": _wait,
    "later": _later,
    "revert": _revert,
    "fault": _inject,
    "platform.evacuate": _evacuate,
    "platform.broker": _broker,
    "platform.service": _service,
    "platform.cells": _cells,
    "platform.network": _network,
    "platform.quota": _quota,
    "platform.buildpack": _buildpack,
    "platform.certificate": _certificate,
    "wire": _disturb,
}


def _keys(body: Any, allowed: tuple[str, ...], needed: tuple[str, ...]) -> None:
    if not isinstance(body, dict):
        raise Problem("expected keys and values", allowed)
    for key in body:
        if key not in allowed:
            raise Problem(f"unknown key {key!r}", allowed)
    for key in needed:
        if key not in body:
            raise Problem(f"'{key}' is missing", allowed)


def _line(body: Mapping[str, Any], key: str) -> str:
    if not isinstance(body[key], str) or not body[key].strip():
        raise Problem(f"'{key}' must be a line of text")
    return str(body[key])


def _words(body: Any) -> tuple[str, ...]:
    if not isinstance(body, str):
        raise Problem("expected a command line of cf, without the word cf")
    try:
        words = shlex.split(body)
    except ValueError as error:
        raise Problem(f"not a command line: {error}") from error
    if not words or words[0] == "cf":
        raise Problem("expected a command line of cf, without the word cf")
    return tuple(words)
