"""A small CircleCI on loopback: a table of answers, and a record of what was asked with which token."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "circle-test-token"
V2 = "/api/v2"
V1 = "/api/v1.1"
SLUG = "gh/acme/portal"


class World:
    """Answers by path: a JSON value, bytes, (status, headers, value), or a list of those, one a request."""

    def __init__(self) -> None:
        self.base = ""
        self.answers: dict[str, Any] = {f"{V2}/me": {"id": "u"}}
        self.pipelines: list[dict[str, Any]] = []
        self.page_size = 20
        self.asked: list[tuple[str, str | None]] = []  # path with query, token
        self.counts: Counter[str] = Counter()

    def pipeline(self, number: int, branch: str = "main", sha: str = "", **more: Any) -> dict[str, Any]:
        """Adds a pipeline, older than those before; its workflows have to be given with `workflow`."""
        body = {
            "id": f"p{number}",
            "number": number,
            "project_slug": SLUG,
            "state": "created",
            "created_at": f"2026-03-03T14:{number % 60:02d}:00.123Z",
            "errors": [],
            "trigger": {"type": "webhook", "received_at": "x", "actor": {"login": "ada", "avatar_url": None}},
            "vcs": {
                "branch": branch,
                "revision": sha or f"{number:040d}",
                "commit": {"subject": f"S{number}"},
            },
        } | more
        self.pipelines.append(body)
        self.answers[f"{V2}/project/{SLUG}/pipeline/{number}"] = body
        self.answers[f"{V2}/pipeline/p{number}"] = body
        self.answers.setdefault(f"{V2}/pipeline/p{number}/workflow", page())
        return body

    def workflow(self, pipeline: int, name: str, status: str, *jobs: dict[str, Any], **more: Any) -> None:
        identity = more.pop("id", f"w{pipeline}-{name}-{len(self.answers)}")
        body = {
            "id": identity,
            "name": name,
            "status": status,
            "created_at": "2026-03-03T14:00:00Z",
            "stopped_at": None,
            "pipeline_id": f"p{pipeline}",
        } | more
        self.answers[f"{V2}/pipeline/p{pipeline}/workflow"]["items"].append(body)
        self.answers[f"{V2}/workflow/{identity}/job"] = page(*jobs)

    def job(
        self, number: int | None, name: str, status: str, *actions: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        """A job, with its v1.1 steps under its number; returns what a workflow lists."""
        if number is not None:
            steps = [{"name": action["name"], "actions": [action]} for action in actions]
            self.answers[f"{V1}/project/{SLUG}/{number}"] = {
                "build_num": number,
                "steps": steps,
                "parallel": 1,
            }
            self.answers[f"{V2}/project/{SLUG}/job/{number}"] = {
                "web_url": f"https://app.circleci.com/jobs/{number}",
                "messages": more.pop("messages", []),
                "contexts": [{"name": "deploy-secrets"}],
                "parallelism": 1,
                "pipeline": {"id": more.pop("pipeline", "p0")},
            }
            self.answers[f"{V2}/project/{SLUG}/{number}/tests"] = page(*more.pop("tests", []))
        body = {
            "id": f"j-{name}-{number}",
            "name": name,
            "status": status,
            "type": "build",
            "job_number": number,
            "started_at": "2026-03-03T14:00:00Z",
            "dependencies": [],
        } | more
        if number is None:
            del body["job_number"]
        return body

    def action(self, name: str, status: str = "success", output: Any = None, **more: Any) -> dict[str, Any]:
        """A v1.1 action; `output` is a text or the raw body that its presigned address answers."""
        step = more.pop("step", 101)
        index = more.pop("index", 0)
        body: dict[str, Any] = {
            "name": name,
            "step": step,
            "index": index,
            "status": status,
            "failed": None,
            "timedout": None,
            "infrastructure_fail": None,
            "exit_code": None,
            "bash_command": None,
            "background": False,
            "truncated": False,
            "has_output": output is not None,
            "start_time": "2026-03-03T14:01:00.000Z",
        }
        if output is not None:
            path = f"/presigned/{len(self.answers)}"
            said = [{"message": output, "time": "x", "type": "out"}] if isinstance(output, str) else output
            self.answers[path] = said
            body["output_url"] = f"{self.base}{path}?X-Amz-Signature=presigned-secret"
        return body | more

    def answer(self, target: str) -> Any:
        parts = urlsplit(target)
        self.counts[parts.path] += 1
        if parts.path == f"{V2}/project/{SLUG}/pipeline" and parts.path not in self.answers:
            return self._listed(parse_qs(parts.query))
        found = self.answers.get(parts.path, (404, {}, {"message": "Not found."}))
        if isinstance(found, list) and found and isinstance(found[0], tuple):
            return found[min(self.counts[parts.path], len(found)) - 1]
        return found

    def _listed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        branch = query.get("branch", [None])[0]
        items = [one for one in self.pipelines if branch is None or one["vcs"]["branch"] == branch]
        start = int(query.get("page-token", ["0"])[0])
        end = start + self.page_size
        return {"items": items[start:end], "next_page_token": str(end) if end < len(items) else None}

    @property
    def paths(self) -> list[str]:
        return [urlsplit(target).path for target, _ in self.asked]


def page(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "next_page_token": None}


@contextmanager
def serving(world: World) -> Iterator[World]:
    """The world behind a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one write

        def do_GET(self) -> None:
            world.asked.append((self.path, self.headers.get("Circle-Token")))
            found = world.answer(self.path)
            status, headers, value = found if isinstance(found, tuple) else (200, {}, found)
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            for name, word in headers.items():
                self.send_header(name, word)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    world.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield world
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
