"""The virus scanner: freshclam and clamd behind a small REST server, as the clamav-rest image runs them.

The REST server (ajilach/clamav-rest, clamrest.go) takes connections only once clamd answers, and clamd starts
only where there are virus definitions.
"""

from __future__ import annotations

from runback.lab import recordings
from runback.lab.platform.programs.program import Program, Reply, Run

_MIRROR = "definitions"  # the connection at which freshclam fetches them
_PAUSE, _TIMES = 4.0, 30  # clamrest.go, waitForClamD; MAX_RECONNECT_TIME of the image
_FETCH_SECONDS = 30.0


class Clamav(Program):
    def boot(self, run: Run) -> int | None:
        failed = super().boot(run)
        if failed is not None:
            return failed
        if self._has_definitions(run):
            self._clamd(run)
        else:
            text = recordings.read("clamav-no-definitions").rstrip("\n")
            began = f"{run.world.clock.now():%a %b %d %H:%M:%S %Y}"
            run.instance.useful = False
            first, rest = text.split("\n", 1)
            run.write(f"{first.partition(' at ')[0]} at {began}\n{rest}", after=_FETCH_SECONDS)
            self._wait(run, 1)
        return None

    def listens(self, run: Run) -> bool:
        return run.instance.useful

    def serve(self, run: Run, method: str, path: str) -> Reply:
        moment = run.world.clock.now()
        run.write(f"{moment:%Y/%m/%d %H:%M:%S} Started scanning: test_Section1.txt")
        run.write(f"{moment:%Y/%m/%d %H:%M:%S} Scan result for: test_Section1.txt, OK")
        return Reply(200, 46, 0.031)

    def _has_definitions(self, run: Run) -> bool:
        """Whether freshclam reaches its mirror: each instance begins with an empty disk."""
        for connection in run.desired.behaviour.connections:
            address = run.world.network.address(connection, run.process)
            if connection.name == _MIRROR and address is not None:
                return run.world.network.connect(run.app, address).result == "outside"
        return True

    def _clamd(self, run: Run) -> None:
        moment = f"{run.world.clock.now():%a %b %d %H:%M:%S %Y}"
        # clamav 1.0, clamd/clamd.c
        run.write(f"{moment} -> clamd daemon 1.0.7 (OS: Linux, ARCH: x86_64, CPU: x86_64)")
        run.write(f"{moment} -> Limits: File size limit set to 26214400 bytes.")

    def _wait(self, run: Run, times: int) -> None:
        """The REST server gives up in the end; freshclam goes on, and with it the instance."""
        if times == _TIMES:
            told = "Error getting clamd version: dial tcp 127.0.0.1:3310: connect: connection refused"
            run.write(f"{run.world.clock.now():%Y-%m-%dT%H:%M:%SZ} {told}")
            return
        run.write(f"clamD not running, waiting times [{times}]")
        run.instance.timers.append(run.world.clock.after(_PAUSE, lambda: self._wait(run, times + 1)))
