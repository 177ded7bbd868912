"""Many apps swept: requests for each app, memory, time; and that no environment is read.

    python benchmarks/fleet.py [APPS] [PAGE]

A server on loopback answers with as many apps as are asked for, in pages of at most PAGE entries, each answer
after 20 ms. One app in fifty has crashed. The sweep has a process of its own; memory is its largest resident
set.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

DELAY = 0.02
NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
CRASHED = 50  # one app in so many


def main(apps: int, page: int) -> None:
    with Platform(apps, page) as platform:
        done = subprocess.run(
            [sys.executable, __file__, "--sweep", platform.url], capture_output=True, text=True, check=True
        )
    measured = json.loads(done.stdout)
    print(
        f"{apps:,} apps in pages of {page:,}: {measured['apps']:,} swept, {measured['troubled']} in trouble"
    )
    print(f"requests       {len(platform.paths)} ({len(platform.paths) / apps:.3f} for each app)")
    print(f"environments   {sum(_is_private(path) for path in platform.paths)}")
    print(f"memory         {measured['memory'] / 1024:.0f} MB ({measured['before'] / 1024:.0f} MB before)")
    print(f"time           {measured['seconds']:.2f} s")


def _is_private(path: str) -> bool:
    return "/env" in path or "environment_variables" in path or "credential" in path


class Platform:
    """The lists of a Cloud Foundry with many apps. `paths` are the requests so far."""

    def __init__(self, apps: int, page: int) -> None:
        self._apps, self._page = apps, page
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.paths.append(self.path)
                time.sleep(DELAY)
                data = json.dumps(outer.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Platform:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str) -> dict[str, Any]:
        parts = urlsplit(path)
        if parts.path.endswith("/stats"):
            return {"resources": [{"index": 0, "state": "CRASHED"}]}
        kinds = {"/v3/apps": _app, "/v3/processes": _process, "/v3/audit_events": _crash}
        if parts.path not in kinds:
            return {"resources": []}
        count = self._apps // CRASHED if parts.path == "/v3/audit_events" else self._apps
        asked = parse_qs(parts.query)
        size = min(int(asked["per_page"][0]), self._page)
        number = int(asked.get("page", ["1"])[0])
        last = number * size >= count
        following = None if last else {"href": f"{self.url}{parts.path}?per_page={size}&page={number + 1}"}
        entries = range((number - 1) * size, min(number * size, count))
        return {
            "pagination": {"next": following},
            "resources": [kinds[parts.path](index) for index in entries],
            "included": {
                "spaces": [
                    {"guid": "s", "name": "dev", "relationships": {"organization": {"data": {"guid": "o"}}}}
                ],
                "organizations": [{"guid": "o", "name": "org"}],
            },
        }


def _app(index: int) -> dict[str, Any]:
    return {
        "guid": f"guid-{index}",
        "name": f"app-{index}",
        "state": "STARTED",
        "created_at": NOW.isoformat(),
        "relationships": {"space": {"data": {"guid": "s"}}},
        "metadata": {"labels": {"team": "portal", "commit": f"{index:040x}"}, "annotations": {}},
    }


def _process(index: int) -> dict[str, Any]:
    return {
        "guid": f"process-{index}",
        "type": "web",
        "instances": 2,
        "memory_in_mb": 512,
        "disk_in_mb": 1024,
        "command": "[PRIVATE DATA HIDDEN IN LISTS]",
        "relationships": {"app": {"data": {"guid": f"guid-{index}"}}},
    }


def _crash(index: int) -> dict[str, Any]:
    return {
        "guid": f"event-{index}",
        "type": "audit.app.process.crash",
        "created_at": (NOW - timedelta(minutes=index % 60)).isoformat(),
        "target": {"guid": f"guid-{index * CRASHED}", "name": f"app-{index * CRASHED}"},
        "data": {"index": 0, "exit_status": 1},
    }


def write_login(home: Path, url: str) -> None:
    """What `cf login` would leave there."""
    login = home / ".cf" / "config.json"
    login.parent.mkdir()
    ends = dict.fromkeys(("Target", "UaaEndpoint", "LogCacheEndPoint", "NetworkPolicyV1Endpoint"), url)
    login.write_text(json.dumps({**ends, "AccessToken": "bearer none"}))


def sweep(url: str) -> None:
    """In a process of its own: what the sweep finds and costs, as JSON."""
    from runback import app
    from runback.reports.fleet import judge

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory(prefix="runback-benchmark-") as home:
        write_login(Path(home), url)
        place = app.Place(Path(home), {"HOME": home, "CF_HOME": home}, now=lambda: NOW)
        began = time.perf_counter()
        found = app.fleet(place)
        seconds = time.perf_counter() - began
    measured = {
        "apps": len(found.apps),
        "troubled": sum(judge(one, found.at)[0] != "good" for one in found.apps),
        "seconds": seconds,
        "before": before,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sweep"]:
        sweep(sys.argv[2])
    else:
        main(*(int(word) for word in [*sys.argv[1:3], *("1000", "200")[len(sys.argv) - 1 :]]))
