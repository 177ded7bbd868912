"""Runs the scripts of jobs with the real bash, and notes on the lab's clock when they print what."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from runback.errors import LabError
from runback.lab.circleci.shim import Program, Shim
from runback.lab.circleci.state import Message

PATIENCE = 60.0  # real seconds for one step; the lab's own scripts take less than one
SILENCE = timedelta(minutes=10)  # no_output_timeout of CircleCI: what prints nothing for longer is ended


class Shell:
    """One script at a time. `programs` (cf, sleep …) are offered to it by this process."""

    def __init__(self, folder: Path, programs: Mapping[str, Program], now: Callable[[], datetime]) -> None:
        self._now = now
        self._output: list[Message] = []
        self.silence = SILENCE  # what the script that runs may print nothing for
        self._shim = Shim(folder, programs)

    def close(self) -> None:
        self._shim.close()

    def run(
        self,
        command: str,
        environment: Mapping[str, str],
        directory: Path,
        profile: Path,
        silence: timedelta = SILENCE,
    ) -> tuple[int | None, list[Message]]:
        """The exit status and the output, as CircleCI runs a command; `profile` is the job's $BASH_ENV.

        The status is None for a script that was ended because it printed nothing for too long.
        """
        self.silence = silence
        if not profile.exists():
            profile.write_text(f'. "{self._shim.environment["BASH_ENV"]}"\n')
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._output = []
        try:
            with self._start(command, environment, directory, profile, writing) as process:
                ended = False
                try:
                    ended = self._attend(reading)
                finally:
                    if not ended:
                        os.killpg(process.pid, signal.SIGKILL)  # its children too
                return (_status(process.wait(PATIENCE)) if ended else None), self._output
        finally:
            os.close(reading)

    def _start(
        self, command: str, environment: Mapping[str, str], directory: Path, profile: Path, output: int
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - the lab's own project
                ["/bin/bash", "-eo", "pipefail", "-c", command],
                cwd=directory,
                env={
                    **environment,
                    **self._shim.environment,
                    "BASH_ENV": str(profile),
                    "PATH": f"{self._shim.path}:/usr/local/bin:/usr/bin:/bin",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise LabError(f"The lab cannot run a script of its project: {error}") from error
        finally:
            os.close(output)

    def _attend(self, pipe: int) -> bool:
        """Reads what the script prints and answers its calls until it has closed its output; False where it
        was silent for too long.

        What was printed before a call carries the time before it, as the call moves the clock.
        """
        ends = time.monotonic() + PATIENCE
        began = self._now()
        while not self._drain(pipe):
            waiting: list[int | Shim] = [pipe, self._shim]
            ready, _, _ = select.select(waiting, [], [], 1.0)
            if self._shim in ready:
                self._drain(pipe)
                self._shim.serve()
                heard = self._output[-1].at if self._output else began
                if self._now() - heard > self.silence and not self._drain(pipe) and not self._spoke(heard):
                    return False
            if time.monotonic() > ends:
                raise LabError(f"A script of the lab's project did not end within {PATIENCE:.0f} seconds.")
        return True

    def _spoke(self, since: datetime) -> bool:
        """Whether something has been printed after a time."""
        return bool(self._output) and self._output[-1].at > since

    def _drain(self, pipe: int) -> bool:
        """Takes what the script has printed so far; whether it has closed its output."""
        while True:
            try:
                part = os.read(pipe, 65536)
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


def _status(code: int) -> int:
    """As a shell gives it: what a signal ended has 128 and the signal."""
    return code if code >= 0 else 128 - code
