"""Health checks: whether one passes, and what is said when it does not (cloudfoundry/healthcheck,
healthcheck.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.lab.platform.state import DesiredProcess, HealthCheck, Instance

STARTUP_SECONDS = 60  # default_health_check_timeout of Cloud Controller
_INTERVAL_SECONDS = 2  # unhealthy monitoring interval of the executor
PORT = 8080  # what Cloud Controller's checks ask, whatever the code listens on


def startup_failure(desired: DesiredProcess, instance: Instance) -> str | None:
    """What the startup check says each time it fails; None if it passes."""
    check = desired.health_check
    behaviour = desired.behaviour
    if check.type == "process":
        return None
    slow = behaviour.start_seconds > (check.timeout or STARTUP_SECONDS)
    listening = behaviour.listens == PORT and not slow
    if not listening:
        return refused(check, instance)
    path = check.endpoint or "/"
    status = behaviour.answer("GET", path).status if check.type == "http" else 200
    return None if status == 200 else wrong_status(path, status)


def refused(check: HealthCheck, instance: Instance) -> str:
    """What a check says where nobody listens."""
    if check.type == "port":
        address = f"{instance.ip}:{PORT}"
        return f"failed to make TCP connection to {address}: dial tcp {address}: connect: connection refused"
    path = check.endpoint or "/"
    return f"failed to make HTTP request to '{path}' on port {PORT}: connection refused"


def wrong_status(path: str, status: int) -> str:
    """What a check of the kind http says of an answer that is not 200."""
    return f"failed to make HTTP request to '{path}' on port {PORT}: received status code {status} in 4ms"


def startup_message(timeout: int, failure: str) -> str:
    """The line in the log (source HEALTH) once the time is over."""
    attempts = timeout // _INTERVAL_SECONDS + 1
    lasted = duration(timeout, 0)
    return f"Timed out after {lasted} ({attempts} attempts) waiting for startup check to succeed: {failure}"


def duration(seconds: int, milliseconds: int) -> str:
    """As Go prints a time.Duration: 1m0.003s, 45s, 1m0s."""
    minutes, rest = divmod(seconds, 60)
    tail = f"{rest}.{milliseconds:03d}".rstrip("0").rstrip(".") if milliseconds else str(rest)
    return f"{minutes}m{tail}s" if minutes else f"{tail}s"
