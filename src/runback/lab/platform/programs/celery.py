"""A Celery worker: the backend's code with another start command."""

from __future__ import annotations

from runback.lab.platform.programs.django import Django
from runback.lab.platform.programs.program import Run
from runback.lab.platform.programs.recorded import DJANGO_ZONE


class Celery(Django):
    missing_variable = "celery-missing-variable"
    failed_boot = 1

    missing_service = "celery-missing-variable"
    loads_middleware = False

    def ready(self, run: Run) -> None:
        # celery 5.5.3, worker/consumer/connection.py and apps/worker.py
        self.log(run, "Connected to rediss://redis.lab.example:6379//")
        self.log(run, f"celery@{run.app.name} ready.")

    def log(self, run: Run, text: str) -> None:
        # celery 5.5.3, app/log.py: worker_log_format
        moment = run.world.clock.now().astimezone(DJANGO_ZONE)
        millis = f"{moment.microsecond // 1000:03d}"
        run.write(f"[{moment:%Y-%m-%d %H:%M:%S},{millis}: INFO/MainProcess] {text}", "ERR")

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
