"""A failed step with a very long output, from its presigned address to the diagnosis: time and memory.

    python benchmarks/ci.py [MEGABYTES]

A server on loopback plays CircleCI: one pipeline with one red job, and the same job green in the pipeline
before, both with an output of that length, in segments that cut lines anywhere; the error stands in the
middle. Everything is done in a process of its own: download, unpacking, removal of secrets, all pages, and
the comparison with the green run. Memory is the highest resident set of that process (VmHWM): without a log,
with logs of a tenth, and of the whole length, so that one sees whether it grows with the log. `cpu` is the
process's own time, which matters on a machine that has other work.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SEGMENT = 5_000_000  # bytes: what CircleCI makes of a long output
ERROR = "E   AssertionError: assert datetime.date(2026, 3, 14) == datetime.date(2026, 2, 14)\n"
RULE = "=" * 20
FAILURE = (
    f"{RULE} FAILURES {RULE}\n____ test_first ____\n\n{ERROR}\ntests/test_quarters.py:22: AssertionError\n"
    f"{RULE} short test summary info {RULE}\nFAILED tests/test_quarters.py::test_first - AssertionError\n"
    f"{RULE} 1 failed, 8 passed in 1.20s {RULE}\n"
)
ENDING = "\nExited with code exit status 1\n"


def main(megabytes: int) -> None:
    print(f"{'output MB':>9} {'seconds':>8} {'cpu':>6} {'memory MB':>10} {'requests':>9}  cause")
    for size in (0, megabytes // 10, megabytes):
        with playing(size << 20) as host:
            done = subprocess.run(
                [sys.executable, __file__, "--diagnose", host], capture_output=True, text=True, check=True
            )
        found = json.loads(done.stdout)
        row = f"{size:>9,} {found['seconds']:>8.1f} {found['cpu']:>6.1f}"
        row += f" {found['memory']:>10,} {found['requests']:>9}"
        print(f"{row}  {found['cause']}")


# --- the process that is measured -----------------------------------------------------------------


def diagnose(host: str) -> None:
    from runback import app
    from runback.app.diagnosis import judge
    from runback.collect import collect
    from runback.config import Access, CircleAccess, CloudFoundryAccess
    from runback.model import Target

    app.runbook()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        access = Access(
            circleci=CircleAccess(host=host, token="of the benchmark"),  # noqa: S106
            cloudfoundry=CloudFoundryAccess(home=Path(folder)),
        )
        evidence = collect(
            Target(project="gh/acme/portal", branch="main"),
            access,
            checkout=None,
            progress=lambda _: None,
            now=lambda: datetime(2026, 3, 3, 15, tzinfo=UTC),
            key=b"k" * 32,
            environ={},
        )
    diagnosis = judge(evidence)
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - began,
                "cpu": time.process_time(),
                "memory": int(peak[1]) // 1024 if peak else 0,
                "requests": evidence.requests,
                "cause": diagnosis.causes[0].finding.title[:60] if diagnosis.causes else "none",
            }
        )
    )


# --- CircleCI, played -----------------------------------------------------------------------------


def lines(first: int) -> str:
    """About 100 kB of what a chatty test run prints; no two blocks alike."""
    return "".join(
        f"2026-03-03T14:{number // 60 % 60:02d}:{number % 60:02d} INFO portal.reports request {number} took "
        f"{number * 2654435761 % 1000003} us, quarter {number % 4 + 1}\n"
        for number in range(first, first + 1_000)
    )


def output(size: int, *, red: bool) -> Iterator[bytes]:
    """The body of an output: a JSON list of segments; the error in the middle."""
    yield b"["
    written = count = 0
    rest, told, comma = "", False, b""
    while written < size or not told:
        rest += lines(count * 1_000)
        count += 1
        if not told and written >= size // 2:
            rest += FAILURE if red else ""
            told = True
        if len(rest) >= SEGMENT or written + len(rest) >= size:
            piece, rest = rest[:SEGMENT], rest[SEGMENT:]
            written += len(piece)
            yield (
                comma + json.dumps({"type": "out", "time": "2026-03-03T14:00:00Z", "message": piece}).encode()
            )
            comma = b","
    end = ENDING if red else "done\n"
    yield b"," * (comma != b"") + segment(rest + end) + b"]"


def segment(text: str) -> bytes:
    return json.dumps({"type": "out", "time": "2026-03-03T14:00:00Z", "message": text}).encode()


class playing:
    """The server; its address is what `with` gives."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> str:
        size = self._size

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path.startswith("/output/"):
                    self.send_response(200)
                    self.end_headers()
                    for piece in output(size, red=path.endswith("2")):
                        self.wfile.write(piece)
                    return
                body = json.dumps(answers(host).get(path, {"items": []})).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Prints nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        host = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return host

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def answers(host: str) -> dict[str, object]:
    project = "/project/gh/acme/portal"
    found: dict[str, object] = {}
    listed = []
    for number, status in ((2, "failed"), (1, "success")):
        vcs = {"branch": "main", "revision": str(number) * 40, "commit": {"subject": "S"}}
        created = f"2026-03-0{number}T14:00:00Z"
        listed.append(
            {"id": f"p{number}", "number": number, "state": "created", "created_at": created, "vcs": vcs}
        )
        flow = {"id": f"w{number}", "name": "build", "status": status, "created_at": created}
        found[f"/api/v2/pipeline/p{number}/workflow"] = {"items": [flow]}
        job = {"id": f"j{number}", "name": "test", "status": status, "type": "build", "job_number": number}
        found[f"/api/v2/workflow/w{number}/job"] = {"items": [job]}
        found[f"/api/v2{project}/job/{number}"] = {"parallelism": 1}
        found[f"/api/v2{project}/{number}/tests"] = {"items": []}
        action = {
            "name": "Run the tests",
            "step": 101,
            "index": 0,
            "status": status,
            "exit_code": 1 if status == "failed" else 0,
            "has_output": True,
            "bash_command": "pytest",
            "output_url": f"{host}/output/{number}?signature=x",
        }
        found[f"/api/v1.1{project}/{number}"] = {"steps": [{"name": "Run the tests", "actions": [action]}]}
    found[f"/api/v2{project}/pipeline"] = {"items": listed}
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--diagnose"]:
        diagnose(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
