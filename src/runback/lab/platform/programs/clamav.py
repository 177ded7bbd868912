"""The virus scanner: clamd behind a small REST server, as the clamav-rest image runs them."""

from __future__ import annotations

from runback.lab.platform.programs.program import Program, Reply, Run


class Clamav(Program):
    def boot(self, run: Run) -> int | None:
        failed = super().boot(run)
        if failed is None:
            moment = f"{run.world.clock.now():%a %b %d %H:%M:%S %Y}"
            # clamav 1.0, clamd/clamd.c
            run.write(f"{moment} -> clamd daemon 1.0.7 (OS: Linux, ARCH: x86_64, CPU: x86_64)")
            run.write(f"{moment} -> Limits: File size limit set to 26214400 bytes.")
        return failed

    def serve(self, run: Run, method: str, path: str) -> Reply:
        moment = run.world.clock.now()
        run.write(f"{moment:%Y/%m/%d %H:%M:%S} Started scanning: test_Section1.txt")
        run.write(f"{moment:%Y/%m/%d %H:%M:%S} Scan result for: test_Section1.txt, OK")
        return Reply(200, 46, 0.031)
