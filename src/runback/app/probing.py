"""A probe: a task in the source app that tries the connection, and what it found."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime

from runback.app.place import Place
from runback.app.reaching import reaching
from runback.app.remedying import guarded_app
from runback.collect import capi, logcache
from runback.collect.interface import RawLog
from runback.errors import AccessError, FetchError
from runback.model import App, Gap, PathHop, PathSeen
from runback.remedies.reach import Reach

PROBE_MEMORY_MB = 64
_SECONDS = 10  # that the connection may take
_WAIT = 90.0  # seconds for the task to be placed, to run, and to be logged
_PORTS_OF_TLS = (443, 8443, 61443)
_PARTS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
# curl 7.58 to 8: src/tool_operate.c, lib/connect.c, lib/vtls/openssl.c
_CONNECTED = re.compile(r"\bConnected to \S+ \((?P<ip>[^)]+)\) port (?P<port>\d+)")
_FAILURES = (
    (re.compile(r"Could not resolve host"), "its name does not resolve in the container"),
    (re.compile(r"Connection refused"), "the connection is refused"),
    (re.compile(r"No route to host|Network is unreachable"), "there is no route to it"),
    (re.compile(r"timed out|Time-?out|Timeout"), f"nobody answers within {_SECONDS} seconds"),
    (re.compile(r"command not found"), "the app's container has no curl, so nothing was tried"),
)
_EXPIRES = re.compile(r"expire date: (?P<date>.+)")
_REFUSED = re.compile(r"curl: \((?:51|60)\) (?P<why>.+)")
_SUBJECT = re.compile(r"subjectAltName: (?P<said>.+)|subject: (?P<subject>.+)")


@dataclass(frozen=True)
class Probe:
    """What would be run, where. `guarded` are names that a person must type first."""

    app: App
    host: str
    port: int
    command: str
    guarded: tuple[str, ...]


def planned(way: PathSeen, app: App, port: int | None, place: Place) -> Probe | Gap:
    """The task for this way, or why there can be none. Host and port are checked: they go into a shell."""
    what = f"a probe from {way.source} to {way.hostname}"
    if port is None:
        return Gap(what=what, reason="the port is not known: name it, HOST:PORT")
    if not _PARTS.fullmatch(way.hostname) or not 0 < port < 65536:
        return Gap(what=what, reason=f"{way.hostname!r} is not the name of a host")
    if app.state != "STARTED" and app.droplet is None:
        return Gap(what=what, reason=f"{app.name} has no droplet to run a task with")
    return Probe(app, way.hostname, port, _command(way.hostname, port), guarded_app(app, place))


def _command(host: str, port: int) -> str:
    """Opens a connection and closes it; at the usual ports of TLS it also reads the certificate."""
    common = f"-sS -v -m {_SECONDS}"
    tries = [f"curl {common} telnet://{shlex.quote(host)}:{port} </dev/null"]
    if port in _PORTS_OF_TLS:
        tls = f"-o /dev/null https://{shlex.quote(host)}:{port}/"
        # A certificate that is refused is not shown: asked again without a check, its names and end are told.
        tries.append(f"curl {common} {tls} || curl {common} -k {tls}")
    return "; ".join(tries)


def carried_out(probe: Probe, place: Place) -> tuple[PathHop, ...]:
    """Runs the task once, waits for its end, and reads what it logged. Raises FetchError and AccessError."""
    name = f"runback-probe-{place.now():%Y%m%d%H%M%S}"
    with reaching(place) as reach:
        begin = place.now()
        body = {"name": name, "command": probe.command, "memory_in_mb": PROBE_MEMORY_MB}
        answer = reach.send("POST", f"/v3/apps/{probe.app.guid}/tasks", body)
        guid = _guid(answer.bytes())
        waited = 0.0
        while waited < _WAIT:
            waited += reach.pause(2.0)
            task = reach.read(f"/v3/tasks/{guid}", capi.Task)
            if task.state in ("SUCCEEDED", "FAILED"):
                said = _log(reach, probe, name, begin)
                if said or waited + 10 > _WAIT:
                    return _found(probe, said, task)
    return (
        PathHop(name="probe", ok=None, says=f"task {name} did not end, or logged nothing, in {_WAIT:.0f} s"),
    )


def _guid(body: bytes) -> str:
    import msgspec

    try:
        return msgspec.json.decode(body, type=capi.Guid).guid
    except msgspec.DecodeError as error:
        raise FetchError("the platform started a task and did not say which") from error


def _log(reach: Reach, probe: Probe, name: str, begin: datetime) -> str:
    found = logcache.since(reach.client, reach.session, probe.app.guid, probe.app.name, begin)
    if isinstance(found, Gap):
        raise AccessError(found.reason, "The task ran; `cf logs --recent` may show what it printed.")
    own = [log for log in found if f"APP/TASK/{name}" in log.name]
    return "\n".join(_text(log) for log in own)


def _text(log: RawLog) -> str:
    return log.data.decode("utf-8", "replace") if isinstance(log.data, bytes) else ""


def _found(probe: Probe, said: str, task: capi.Task) -> tuple[PathHop, ...]:
    connected = _CONNECTED.search(said)
    if connected is None:
        reason = next((words for pattern, words in _FAILURES if pattern.search(said)), "")
        unknown = not reason or "nothing was tried" in reason
        failed = task.result.failure_reason if task.result else None
        says = reason or f"its output says nothing of a connection ({failed or task.state.lower()})"
        return (PathHop(name="probe", ok=None if unknown else False, says=says),)
    hops = [PathHop(name="probe", ok=True, says=f"connected to {connected['ip']}, port {connected['port']}")]
    if probe.port in _PORTS_OF_TLS:
        hops.append(_certificate(said))
    return tuple(hops)


def _certificate(said: str) -> PathHop:
    expires, subject, refused = _EXPIRES.search(said), _SUBJECT.search(said), _REFUSED.search(said)
    if expires is None:
        return PathHop(name="tls", ok=False, says="it shows no certificate: it does not speak TLS there")
    whose = (subject["said"] or subject["subject"]) if subject else "for a name that is not said"
    why = f"; refused: {refused['why']}" if refused else ""
    return PathHop(name="tls", ok=refused is None, says=f"{whose}, valid until {expires['date']}{why}")
