"""nginx from the nginx buildpack: static files and a proxy.

The error lines are the recordings of nginx 1.22 (nginx-upstream-refused, nginx-upstream-unresolved); the
others are cited where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from runback.lab import recordings
from runback.lab.platform.programs.program import Program, Reply, Run

if TYPE_CHECKING:
    from runback.lab.platform.behaviour import Behaviour, Proxied
    from runback.lab.platform.network import Address

_ERRORS = {"refused": "nginx-upstream-refused", "unresolved": "nginx-upstream-unresolved"}
# nginx, src/http/ngx_http_upstream.c: ngx_http_upstream_next and its callers
_TIMED_OUT = "upstream timed out (110: Operation timed out) while {doing}"
_REFUSED = "connect() failed (111: Connection refused) while connecting to upstream"
# nginx, src/core/ngx_connection.c: ngx_get_connection, with what nginx.conf allows
_FULL = "256 worker_connections are not enough while connecting to upstream"
_RECORDED_REQUEST = "GET /v1/reports/2026/Q1/ HTTP/1.1"
_RECORDED_PATH = "/v1/reports/2026/Q1/"
_RECORDED_HOST = "tdp-frontend-raft.app.cloud.gov"
_BAD_GATEWAY = 150  # bytes of nginx's own 502 page


_TYPES = {"html": "text/html", "js": "application/javascript", "css": "text/css"}
_MOVED = re.compile(r"^\s*return (?P<status>30[12378]) (?P<to>[^;\s]+);", re.MULTILINE)
_HEADER = re.compile(r'add_header ([\w-]+) "([^"]*)"')


def _file(behaviour: Behaviour, path: str, host: str) -> Reply | None:
    """What `root public` and its `try_files` give: the file, else the index, or 404 where it says so."""
    static, conf = behaviour.static, behaviour.server
    moved = _MOVED.search(conf.partition("location")[0])
    if moved is not None:
        target = moved["to"].replace("$host", host).replace("$request_uri", path)
        return Reply(int(moved["status"]), 169, body=b"<html></html>\r\n", headers=(("Location", target),))
    if not static:
        return None
    name = "/index.html" if path == "/" else path
    if name not in static and "." in name.rpartition("/")[2] and "try_files $uri =404" in conf:
        page = b"<html>\r\n<head><title>404 Not Found</title></head>\r\n</html>\r\n"
        return Reply(404, len(page), body=page)
    name = name if name in static else "/index.html"
    if name not in static:
        return None
    body = static[name].encode()
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return Reply(200, len(body), body=body, type=kind, headers=tuple(_HEADER.findall(conf)))


class Nginx(Program):
    def boot(self, run: Run) -> int | None:
        behaviour = run.desired.behaviour
        if behaviour.crash is not None:
            run.write("\n".join(behaviour.crash.lines), "ERR")
            return behaviour.crash.exit_status
        for proxied in behaviour.proxies:
            address = run.world.network.address(behaviour.connection(proxied.to), run.process)
            if proxied.resolved == "start" and address is not None and self._unresolved(run, address):
                # nginx, src/core/ngx_inet.c and http/ngx_http_upstream.c
                text = f'host not found in upstream "{address.host}:{address.port}"'
                run.write(f"{self._moment(run)} [emerg] 7#0: {text} in /home/vcap/app/nginx.conf:24", "ERR")
                return 1
        return None

    def stopped(self, run: Run) -> int:
        return 0

    def serve(self, run: Run, method: str, path: str) -> Reply:
        proxied = next((p for p in run.desired.behaviour.proxies if path.startswith(p.path)), None)
        if proxied is not None:
            return self._pass(run, method, path, proxied)
        host = run.world.traffic.host_of(run.app)
        return _file(run.desired.behaviour, path, host) or super().serve(run, method, path)

    def _pass(self, run: Run, method: str, path: str, proxied: Proxied) -> Reply:
        network = run.world.network
        address = network.address(run.desired.behaviour.connection(proxied.to), run.process)
        if address is None:
            return Reply(500, 170)
        connected = network.connect(run.app, address)
        if connected.result in _ERRORS:
            self._error(run, f"{method} {path}", address, connected.result, connected.ip)
            return Reply(502, _BAD_GATEWAY)
        if connected.result == "timeout":
            return self._late(run, f"{method} {path}", address, connected.ip, "connecting to upstream")
        if connected.backend is None:
            return Reply(200, 512)
        if run.world.traffic.circles:
            full = {_REFUSED: _FULL, "[error]": "[alert]"}
            self._error(run, f"{method} {path}", address, "refused", connected.ip, full)
            return Reply(500, 170)
        reply = run.world.traffic.serve(connected.backend, method, path)
        if reply.late:
            doing = "reading response header from upstream"
            return self._late(run, f"{method} {path}", address, connected.ip, doing)
        if reply.reset:
            reset = (
                "recv() failed (104: Connection reset by peer) while reading response header from upstream"
            )
            self._error(run, f"{method} {path}", address, "refused", connected.ip, {_REFUSED: reset})
            return Reply(502, _BAD_GATEWAY)
        return reply

    def _late(self, run: Run, asked: str, address: Address, ip: str, doing: str) -> Reply:
        self._error(run, asked, address, "refused", ip, {_REFUSED: _TIMED_OUT.format(doing=doing)})
        return Reply(504, _BAD_GATEWAY + 10, 60.0)

    def _error(
        self,
        run: Run,
        asked: str,
        address: Address,
        result: str,
        ip: str,
        also: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        connection = 1 + run.world.random.randrange(9_000)
        text = recordings.read(_ERRORS[result]).rstrip("\n")
        text = f"{self._moment(run)} {text[20:]}"
        start = text.index("] ") + 2
        text = f"{text[:start]}12#12: *{connection} {text[text.index('*', start) :].split(' ', 1)[1]}"
        for old, new in (
            (_RECORDED_REQUEST, f"{asked} HTTP/1.1"),
            (_RECORDED_PATH, asked.split(" ", 1)[1]),
            ("10.255.96.14:8080", f"{ip}:{address.port}"),
            ("tdp-backend-raft.apps.internal", address.host),
            ("client: 127.0.0.1", f"client: {run.world.traffic.client_ip}"),
            (_RECORDED_HOST, run.world.traffic.host_of(run.app)),
            *also.items(),
        ):
            text = text.replace(old, new)
        run.write(text, "ERR")

    @staticmethod
    def _unresolved(run: Run, address: Address) -> bool:
        return run.world.network.connect(run.app, address).result == "unresolved"

    @staticmethod
    def _moment(run: Run) -> str:
        return f"{run.world.clock.now():%Y/%m/%d %H:%M:%S}"
