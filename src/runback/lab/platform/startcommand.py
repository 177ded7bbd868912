"""Whether a container has the program that a start command names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.lab.platform.state import DesiredProcess

# What the stack and the buildpacks of the lab put on PATH.
_PROGRAMS = frozenset(
    ("bash", "sh", "python", "python3", "gunicorn", "celery", "nginx", "sleep", "cd", "export", "true")
)


def unknown_program(desired: DesiredProcess) -> str:
    """The program that a start command set by a person names and that the droplet does not have; else ''."""
    known = {word for command in desired.behaviour.commands.values() for word in command.split()}
    named = desired.command.removeprefix("exec ").split()[:1]
    return next((word for word in named if word not in known | _PROGRAMS and "/" not in word), "")
