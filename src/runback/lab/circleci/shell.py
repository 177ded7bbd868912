"""Runs the scripts of jobs with the real bash, and notes on the lab's clock when they print what."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from runback.errors import LabError
from runback.lab.circleci.shim import Answer, Call, Program, Shim
from runback.lab.circleci.state import Message

PATIENCE = 60.0  # real seconds for one step; the lab's own scripts take less than one


class Shell:
    """One script at a time. `programs` (cf, sleep …) are served to it from this process."""

    def __init__(self, folder: Path, programs: dict[str, Program], now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._pipe = -1
        self._output: list[Message] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._shim = Shim(folder, {name: self._noting(program) for name, program in programs.items()})

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._shim.close()

    def run(
        self, command: str, environment: Mapping[str, str], directory: Path, profile: Path
    ) -> tuple[int, list[Message]]:
        """The exit status and the output, as CircleCI runs a command; `profile` is the job's $BASH_ENV."""
        if not profile.exists():
            profile.write_text(f'. "{self._shim.environment["BASH_ENV"]}"\n')
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._pipe, self._output = reading, []
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the lab's own project
                ["/bin/bash", "-eo", "pipefail", "-c", command],
                cwd=directory,
                env={
                    **environment,
                    **self._shim.environment,
                    "BASH_ENV": str(profile),
                    "PATH": f"{self._shim.path}:/usr/local/bin:/usr/bin:/bin",
                },
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
            )
        except FileNotFoundError as error:
            raise LabError("The lab runs its deploy scripts with /bin/bash, and there is none.") from error
        finally:
            os.close(writing)
        try:
            self._read_all()
            return self._process.wait(PATIENCE), self._output
        finally:
            os.close(reading)
            self._pipe, self._process = -1, None

    def _read_all(self) -> None:
        ends = time.monotonic() + PATIENCE
        while not self._drain():
            if time.monotonic() > ends:
                raise LabError(f"A script of the lab's project did not end within {PATIENCE:.0f} seconds.")
            select.select([self._pipe], [], [], 1.0)

    def _noting(self, program: Program) -> Program:
        """What was printed before a call carries the time before it, as the call moves the clock."""

        def noted(call: Call) -> Answer:
            self._drain()
            return program(call)

        return noted

    def _drain(self) -> bool:
        """Takes what the script has printed so far; whether it has closed its output."""
        with self._lock:
            while True:
                try:
                    part = os.read(self._pipe, 65536)
                except BlockingIOError:
                    return False
                if not part:
                    return True
                self._note(part.decode(errors="replace"))

    def _note(self, text: str) -> None:
        now = self._now()
        if self._output and self._output[-1].at == now:
            self._output[-1].text += text
        else:
            self._output.append(Message(text, now))
