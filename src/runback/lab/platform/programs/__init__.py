"""The kinds of programs that the lab's apps run, and what each writes and answers.

`boot(run) -> exit status or None`, `stopped(run) -> exit status`, `killed(run)`, `serve(run, request) ->
Reply`, `call(run, connection, request)` for what the app does by itself.
"""

from __future__ import annotations

from runback.lab.platform.programs.celery import Celery
from runback.lab.platform.programs.clamav import Clamav
from runback.lab.platform.programs.django import Django
from runback.lab.platform.programs.nginx import Nginx
from runback.lab.platform.programs.program import Program, Reply, Run
from runback.lab.platform.programs.worker import Worker

PROGRAMS: dict[str, Program] = {
    "plain": Program(),
    "django": Django(),
    "celery": Celery(),
    "nginx": Nginx(),
    "clamav": Clamav(),
    "worker": Worker(),
}

__all__ = ["PROGRAMS", "Program", "Reply", "Run"]
