"""A log of a million lines in a diagnosis: time and memory.

    python benchmarks/diagnose_large.py [LINES]

The evidence is one app, or one deploy job, with one log of that many lines; everything else is small. What is
measured is the diagnosis with its plans, in a process of its own; collecting is not part of it
(`benchmarks/ci.py` measures that for a long step). `cpu` is that process's own time, which matters on a
machine that has other work. The log is written to a spool file before, as collecting does with a large one;
`memory` is how much the highest resident set of the process (VmHWM) rose during the diagnosis.

Shapes: `app`, a busy app whose one exception and one refused connection stand in the middle; `failing`, an
app whose every line tells of a failed request; `traces`, an app that prints one stack trace after another;
`router`, the router's lines of a busy app; `step`, a deploy step whose push failed in the
middle; `traced`, a deploy step under `set -x`.

Of 2026-11-23, on two cores with much other work, in seconds of `cpu`. A million lines: app 3.2, failing 8.9,
traces 5.7, router 10.2 (404 MB), step 1.5, traced 5.3; memory rose by 25 MB, for a tenth of the lines by 19.
300,000 lines, before and after facts and pages looked only at lines that can tell them something: app 1.7 and
1.1, failing 8.9 and 2.9, traces 4.9 and 2.1, router 3.7 and 3.2, step 1.1 and 1.1, traced 3.7 and 1.8.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.model import Evidence, LogKind, LogText

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
BEGIN = NOW - timedelta(minutes=30)
NAME = "portal-backend"


def main(lines: int) -> None:
    print(f"{'log':<8} {'lines':>9} {'MB':>5} {'seconds':>8} {'cpu':>6} {'memory MB':>10}  causes")
    for shape in SHAPES:
        for count in (lines // 10, lines):
            command = [sys.executable, __file__, "--diagnose", shape, str(count)]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            row = f"{shape:<8} {count:>9,} {found['size']:>5,} {found['seconds']:>8.1f} {found['cpu']:>6.1f}"
            print(f"{row} {found['memory']:>10,}  {', '.join(found['causes'])}", flush=True)


# --- the process that is measured -----------------------------------------------------------------


def diagnose(shape: str, count: int) -> None:
    from runback import app
    from runback.app.diagnosis import judge
    from runback.model import LogText

    app.runbook()
    with tempfile.TemporaryDirectory() as folder:
        spool = Path(folder) / "log"
        with spool.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in islice(SHAPES[shape](count), count))
        text = LogText(spool)
        evidence = of_step(text) if shape in ("step", "traced") else of_app(text, shape, count)
        before, began, cpu = peak(), time.perf_counter(), time.process_time()
        diagnosis = judge(evidence)
        found = {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "memory": peak() - before,
            "size": text.size >> 20,
            "causes": [cause.finding.page for cause in diagnosis.causes] or ["none"],
        }
    print(json.dumps(found))


def peak() -> int:
    """The highest resident set of this process so far, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
    return int(found[1]) >> 10 if found else 0


def of_app(text: LogText, shape: str, count: int) -> Evidence:
    from runback.model import App, Evidence, HealthCheck, Instance, Log, Platform, Process, Target

    web = Process(
        guid="web",
        type="web",
        desired=1,
        memory_mb=512,
        disk_mb=1024,
        health=HealthCheck(type="port"),
        instances=(Instance(index=0, state="RUNNING", uptime=600),),
    )
    app = App(
        guid="guid",
        name=NAME,
        space="dev",
        org="acme",
        state="STARTED",
        created_at=NOW - timedelta(days=90),
        processes=(web,),
    )
    begin, apart = int(BEGIN.timestamp() * 1e9), 1_700 * 10**9 // count
    kind: LogKind = "router" if shape == "router" else "app"
    source = "RTR/0" if shape == "router" else "APP/PROC/WEB/0"
    log = Log(
        id=f"app:{NAME}/{source}",
        kind=kind,
        name=f"{NAME} {source}",
        text=text,
        app=NAME,
        times=tuple(begin + number * apart for number in range(count)),
    )
    target = Target(app=NAME, environment="dev", org="acme", space="dev", apps=(NAME,))
    platform = Platform(api="https://api.example", apps=(app,), spaces_seen=("dev",))
    return Evidence(collected_at=NOW, target=target, platform=platform, logs=(log,))


def of_step(text: LogText) -> Evidence:
    from runback.model import Ci, Evidence, Job, Log, Pipeline, Step, Target, Workflow

    step = Step(name="Deploy", number=105, status="failed", log="step:118/105.0", started_at=BEGIN)
    job = Job(id="j", name="deploy-dev", status="failed", number=118, steps=(step,), started_at=BEGIN)
    flow = Workflow(id="w", name="deploy", status="failed", jobs=(job,), created_at=BEGIN)
    newest = Pipeline(
        id="p",
        number=7,
        state="created",
        branch="main",
        sha="2" * 40,
        created_at=BEGIN,
        workflows=(flow,),
    )
    log = Log(id="step:118/105.0", kind="step", name="deploy-dev, step 'Deploy'", text=text, started_at=BEGIN)
    target = Target(environment="dev", branch="main", org="acme", space="dev", deploy_jobs=("deploy-dev",))
    return Evidence(
        collected_at=NOW, target=target, ci=Ci(project="gh/acme/portal", pipelines=(newest,)), logs=(log,)
    )


# --- the logs -------------------------------------------------------------------------------------

TRACE = (
    "Traceback (most recent call last):",
    '  File "/home/vcap/app/portal/quarters.py", line 12, in close',
    "    first = rows[0]",
    "IndexError: list index out of range",
)
REFUSED = (
    "2026/03/03 14:45:00 [error] 7#7: *9 connect() failed (111: Connection refused) while connecting to"
    ' upstream, request: "POST /scan HTTP/1.1", upstream: "http://10.255.9.9:9000/scan"'
)


def busy(count: int) -> Iterator[str]:
    for number in range(count):
        if number == count // 2:
            yield from (*TRACE, REFUSED)
        match number % 4:
            case 0:
                yield f'10.255.0.7 - - [03/Mar/2026:14:30:00 +0000] "GET /v1/users/{number} HTTP/1.1" 200 51'
            case 1:
                yield f"2026-03-03 14:30:00,123 DEBUG portal.parsers: parsed row {number} of the file at hand"
            case 2:
                yield f'{{"level": "info", "message": "saved {number}", "at": "2026-03-03T14:30:00Z"}}'
            case _:
                yield f"[2026-03-03 14:30:00: INFO/Worker-1] Task portal.tasks.parse[{number:012x}] succeeded"


def failing(count: int) -> Iterator[str]:
    for number in range(count):
        yield REFUSED if number % 2 else f'"GET /v1/users/{number} HTTP/1.1" 502 150 "-" "-"'


def tracing(count: int) -> Iterator[str]:
    for _ in range(count // len(TRACE) + 1):
        yield from TRACE


def routing(count: int) -> Iterator[str]:
    for number in range(count):
        status, error = ("502", "endpoint_failure") if number % 50 == 0 else ("200", "-")
        yield (
            f'portal.example - [2026-03-03T14:30:00.123456789Z] "GET /v1/users/{number}?page=2 HTTP/1.1"'
            f' {status} 0 51 "https://portal.example/" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)" '
            '"10.255.0.7:44210" "10.255.9.9:61002" x_forwarded_for:"192.0.2.7" x_forwarded_proto:"https" '
            'vcap_request_id:"5b9d1c1e-6f3a-4b0e-8b9e-0d6f5b1f8a11" response_time:0.012 gorouter_time:0.0001 '
            f'app_id:"guid" app_index:"0" instance_id:"6e0f" x_cf_routererror:"{error}"'
        )


def deploying(count: int) -> Iterator[str]:
    for number in range(count):
        if number == count // 2:
            yield "+ cf push portal-backend --strategy rolling"
            yield "Pushing app portal-backend to org acme / space dev as ci..."
            yield "For application 'portal-backend': memory quota exceeded"
            yield "FAILED"
        yield f"#{number} [build 3/9] compiling module {number} of ./src/package/file_{number}.c with -O2"


def under_trace(count: int) -> Iterator[str]:
    yield "+ cf push portal-backend --strategy rolling"
    for number in range(count):
        yield f"++ echo 'Copying part {number}...'" if number % 2 else f"   Uploaded part {number}"


SHAPES: Mapping[str, Callable[[int], Iterator[str]]] = {
    "app": busy,
    "failing": failing,
    "traces": tracing,
    "router": routing,
    "step": deploying,
    "traced": under_trace,
}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--diagnose"]:
        diagnose(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
