"""A log of a gigabyte: sealed, saved, read, audited; time, memory and size of each step.

    python benchmarks/bundle.py [MEGABYTES]

Each step has a process of its own; memory is its largest resident set, and `cpu` its processor time, which
matters on a machine that has other work. The log is what an app and its router print, with a
few secrets in it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from runback import bundle
from runback.model import Evidence, Log, LogText, Target
from runback.redact import Redactor

STEPS = ("start", "seal", "save", "read", "audit")


def main(megabytes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="runback-benchmark-") as name:
        folder = Path(name)
        size = write_log(folder / "raw.log", megabytes << 20)
        print(f"a log of {size / 1e6:,.0f} MB, with 200 secrets known")
        print(f"{'step':<6} {'seconds':>8} {'cpu':>7} {'MB/cpu s':>9} {'memory MB':>10}")
        for step in STEPS:
            done = subprocess.run(
                [sys.executable, __file__, "--step", step, name], capture_output=True, text=True, check=True
            )
            measured = json.loads(done.stdout)
            seconds, cpu, memory = measured["seconds"], measured["cpu"], measured["memory"]
            rate = "" if step == "start" else f"{size / 1e6 / cpu:,.0f}"
            print(f"{step:<6} {seconds:>8.1f} {cpu:>7.1f} {rate:>9} {memory / 1024:>10,.0f}")
        packed = (folder / "a.runback").stat().st_size
        print(f"bundle: {packed / 1e6:,.1f} MB, 1/{size / packed:,.0f} of the log")


def write_log(path: Path, size: int) -> int:
    """Lines that differ as those of a real log do; every ten thousandth holds a secret."""
    written = first = 0
    with path.open("wb") as sink:
        while written < size:
            rows = [line(number) for number in range(first, first + 10_000)]
            rows.append(f"login with {secret(first // 10_000 % 200)}")
            written += sink.write("\n".join(rows).encode() + b"\n")
            first += 10_000
    return written


def line(number: int) -> str:
    second = number // 1000
    clock = f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{number % 1000:03d}"
    page = f"/v1/reports/{number * 7919 % 100_003}?page={number % 17}"
    answer = f'200 {number * 31 % 9973} "-" "Mozilla/5.0" {number % 997} ms'
    return f'2026-03-03T{clock}Z INFO "GET {page} HTTP/1.1" {answer} request {number:012x}'


def secret(number: int) -> str:
    return f"f00-Bar-{number * 104_729:012d}-x/Y+z"


def step(name: str, folder: Path) -> None:
    began, worked = time.perf_counter(), time.process_time()
    if name == "seal":
        redactor = Redactor(b"k")
        for number in range(200):
            redactor.learn(f"API_KEY_{number}", secret(number))
        with (folder / "raw.log").open("rb") as source, (folder / "sealed.log").open("wb") as sink:
            redactor.seal_stream(source, sink)
    elif name == "save":
        bundle.write(evidence(folder), folder / "a.runback", tool="0", runbook="0", key="0")
    elif name == "read":
        with bundle.opened(folder / "a.runback") as found:
            assert found.evidence.logs[0].text.size == (folder / "sealed.log").stat().st_size
    elif name == "audit":
        with bundle.opened(folder / "a.runback") as found:
            audit = bundle.audit(found)
        assert audit.clean, audit.places
        assert audit.tokens
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": memory}))


def evidence(folder: Path) -> Evidence:
    log = Log(id="step:1/1.0", kind="step", name="deploy", text=LogText(folder / "sealed.log"))
    return Evidence(collected_at=datetime(2026, 3, 3, 15, tzinfo=UTC), target=Target(app="a"), logs=(log,))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        step(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1024)
