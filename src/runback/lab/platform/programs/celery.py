"""A Celery worker: the backend's code with another start command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runback.lab.platform.programs.django import Django
from runback.lab.platform.programs.program import Run
from runback.lab.platform.programs.recorded import DJANGO_ZONE, lines, play

if TYPE_CHECKING:
    from runback.lab.platform.state import ServiceInstance

_BROKER = "broker"
_LOST = "celery-broker-lost"
_RECORDED = "0.redis.lab.example"  # the broker in recordings
_REDIS = "tdp-redis"  # the instance's name without the suffix
_CANNOT = re.compile(r"Cannot connect to \S+//: (.+)\.$")
_TIMEOUT = "Timeout connecting to server"
_SYN_SECONDS = 130.0  # until Linux gives a connection up that nobody answers (tcp_syn_retries 6)


class Celery(Django):
    recorded = "celery"
    missing_variable = "celery-missing-variable"
    failed_boot = 1

    missing_service = "celery-missing-variable"
    loads_middleware = False

    def ready(self, run: Run) -> None:
        self._connect(run, tries=1)

    def lost(self, run: Run, instance: ServiceInstance) -> None:
        """Redis ends: the worker says so, and tries again. Of a new password it hears only then."""
        if not instance.name.startswith(f"{_REDIS}-") or instance.trouble != "refused":
            return
        url, _ = self._broker(run)
        bound = run.trouble(_REDIS)
        host = str(bound.credentials.get("host", "")) if bound is not None else ""
        play(run, _LOST, replace={f"redis://{_RECORDED}:6379//": url, _RECORDED: host})
        again = run.world.clock.after(2.0, lambda: self._connect(run, tries=2))
        run.instance.timers.append(again)

    def works(self, run: Run) -> bool:
        """Whether tasks reach it."""
        return self._broker(run)[1] and run.trouble(_REDIS) is None

    def _broker(self, run: Run) -> tuple[str, bool]:
        """The broker's URL, and whether it answers."""
        network, behaviour = run.world.network, run.desired.behaviour
        named = next((one for one in behaviour.connections if one.name == _BROKER), None)
        if named is None:
            return "memory://", True  # a behaviour of somebody's own that has no broker
        address = network.address(named, run.process)
        if address is None:
            return "", False
        answers = network.connect(run.app, address).result != "timeout"
        return f"rediss://{address.host}:{address.port}//", answers

    def _connect(self, run: Run, tries: int) -> None:
        """Connect to the broker, again and again while what is sent to it vanishes."""
        url, answers = self._broker(run)
        bound = run.trouble(_REDIS)
        if answers and bound is not None:
            host = str(bound.credentials.get("host", ""))
            self._given_up(run, url, tries, _reason(bound.trouble.reading).replace(_RECORDED, host))
        elif answers:
            # celery 5.5.3, worker/consumer/connection.py and apps/worker.py
            self.log(run, f"Connected to {url}")
            self.log(run, f"celery@{run.app.name} ready.")
        elif url:
            later = run.world.clock.after(_SYN_SECONDS, lambda: self._given_up(run, url, tries, _TIMEOUT))
            run.instance.timers.append(later)

    def _given_up(self, run: Run, url: str, tries: int, reason: str) -> None:
        pause = float(min(2 * tries, 32))
        # worker/consumer/consumer.py, CONNECTION_ERROR and CONNECTION_RETRY; a run of ours, redis 5.2.1
        told = f"consumer: Cannot connect to {url}: {reason}."
        self.log(run, f"{told}\nTrying again in {pause:.2f} seconds... ({tries}/100)\n", "ERROR")
        run.instance.timers.append(run.world.clock.after(pause, lambda: self._connect(run, tries + 1)))

    def log(self, run: Run, text: str, level: str = "INFO") -> None:
        # celery 5.5.3, app/log.py: worker_log_format
        moment = run.world.clock.now().astimezone(DJANGO_ZONE)
        millis = f"{moment.microsecond // 1000:03d}"
        run.write(f"[{moment:%Y-%m-%d %H:%M:%S},{millis}: {level}/MainProcess] {text}", "ERR")

    def stopped(self, run: Run) -> int:
        # celery 5.5.3, apps/worker.py
        run.write("\nworker: Warm shutdown (MainProcess)", "OUT")
        return 0

    def killed(self, run: Run) -> None:
        # billiard 4.2, exceptions.py and celery 5.5.3, worker/request.py
        run.write(
            "billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 0.",
            "ERR",
        )


def _reason(recording: str) -> str:
    """Why the broker cannot be reached, as the recorded line ends."""
    found = _CANNOT.search(lines(recording)[0].text)
    return found[1] if found else ""
