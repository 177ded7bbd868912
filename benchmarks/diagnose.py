"""How many requests, how deep, how long: `diagnose` of each core scenario, every response delayed.

    python benchmarks/diagnose.py [MILLISECONDS]

Depth is the longest chain of requests of which each began after the one before had been answered: what
no parallelism can hide. Wall time is measured around the whole of
`diagnose`, collection included, the start of the lab excluded.
"""

from __future__ import annotations

import sys
import time

from runback import app, lab
from runback.lab.server.requestlog import depth


def main(milliseconds: int) -> None:
    app.runbook()
    print(f"each response delayed by {milliseconds} ms")
    print(f"{'scenario':<24} requests  depth  repeated  wall s")
    for scenario in lab.scenarios():
        if scenario.set != "core":
            continue
        with lab.start(scenario.name, latency=milliseconds / 1000) as running:
            began = time.perf_counter()
            app.diagnose_running(running)
            wall = time.perf_counter() - began
            asked = running.requests()
        urls = [(request.listener, request.method, request.path, request.query) for request in asked]
        repeated = len(urls) - len(set(urls))
        print(f"{scenario.name:<24} {len(asked):>8}  {depth(asked):>5}  {repeated:>8}  {wall:>6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
