"""A program that serves nobody: it works by itself, and what ends its boot is a recording of the real one."""

from __future__ import annotations

from runback.lab.platform.programs.program import Program, Run
from runback.lab.platform.programs.recorded import play


class Worker(Program):
    def boot(self, run: Run) -> int | None:
        crash = run.desired.behaviour.crash
        if crash is None or not crash.recording:
            return super().boot(run)
        play(run, crash.recording)
        return crash.exit_status
