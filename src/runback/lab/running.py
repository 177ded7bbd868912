"""A lab that runs: what a tool under test needs, and what a test may look at."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from runback.lab.clock import RunningClock
from runback.lab.control import CLOCK_VARIABLE, STEPPED, TOKEN_VARIABLE, URL_VARIABLE, Control
from runback.lab.people import Developers
from runback.lab.scenario import Scenario
from runback.lab.server import Listener, Served

if TYPE_CHECKING:
    from runback.lab.circleci.state import Pipeline


def start(
    scenario: Scenario, *, port: int, real_time: bool, latency: float, speed: float = 1.0
) -> RunningLab:
    """The lab after the scenario's changes; on a failure everything is closed again."""
    with ExitStack() as stack:
        lab = stack.enter_context(RunningLab(scenario, port=port, real_time=real_time))
        for change in scenario.changes:
            change.do(lab)
        lab.ready(latency, speed)
        stack.pop_all()
    return lab


class RunningLab(Developers):
    """What `start` returns; a context manager."""

    _exports: dict[str, str] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What to export, so that cf and runback take the lab for the real services."""
        home = str(self._folder / "home")
        return {
            "CF_HOME": home,
            "CIRCLE_HOST": self._circleci.url,
            "CIRCLE_TOKEN": self._project.token,
            "RUNBACK_LAB_ROUTER": (self._tls or self._servers.router).url,
            **({"SSL_CERT_FILE": str(self._trusted)} if self._trusted else {}),
            # So that no file of the person's own is read or written.
            "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_STATE_HOME": f"{home}/.local/state",
            "XDG_CACHE_HOME": f"{home}/.cache",
        }

    @property
    def doors(self) -> tuple[str, ...]:
        """Other ways in: the logins of all its people, and its public routes."""
        people = [one for one in self._world.state.users.values() if one.password]
        kinds = {True: " --client-credentials", False: ""}
        named = self.places()
        host = f"{named['frontend']}.{named['domain']}"
        return (
            *(f"cf auth {one.username} {one.password}{kinds[one.is_client]}" for one in people),
            f"curl -H 'Host: {host}' {self._servers.router.url}/",
        )

    @property
    def violations(self) -> list[str]:
        """What the tool under test did that it must not do: a token sent to a presigned URL."""
        return self._output.violations

    def remembered(self, variable: str) -> str | None:
        """What the environment's people keep in their password store: the last value that its apps had and
        no longer have, else the one that they, or CircleCI, had in the beginning.
        """
        with self._world.entered() as world:
            own = [one for one in world.state.apps.values() if one.name.endswith(f"-{self.environment}")]
            past = [revision for app in own for revision in world.revisions.of(app)]
            values = [revision.environment.get(variable) for revision in past]
            now = {one.environment.get(variable) for one in own}
        left = next((value for value in reversed(values) if value and value not in now), None)
        return left or self._kept.get(variable) or next((value for value in reversed(values) if value), None)

    def pipelines(self) -> list[Pipeline]:
        """CircleCI's, oldest first."""
        return self._project.pipelines

    def open_control(self, port: int = 0) -> dict[str, str]:
        """Listens for `lab break` and `lab heal`; returns what to export for them."""
        control = Control(self)
        listener = Listener("control", control.routes(), now=self.now, port=port, log=self._log)
        self._stack.enter_context(listener)
        return {URL_VARIABLE: listener.url, TOKEN_VARIABLE: control.token}

    def programs(self) -> dict[str, str]:
        """What to export so that scripts have a `cf` on PATH, which is `runback lab cf`.

        On a stepped clock its waiting is a step of this lab's clock.
        """
        if self._exports is None:
            folder = self._folder / "home" / "bin"
            folder.mkdir()
            program = folder / "cf"
            ours = shlex.quote(str(Path(__file__).parents[2]))
            python = shlex.quote(sys.executable)
            program.write_text(f'#!/bin/sh\nPYTHONPATH={ours} exec {python} -m runback lab cf "$@"\n')
            program.chmod(0o755)
            self._exports = {
                **self.open_control(),
                **({} if isinstance(self._world.clock, RunningClock) else {CLOCK_VARIABLE: STEPPED}),
                "PATH": os.pathsep.join((str(folder), os.environ.get("PATH", os.defpath))),
            }
        return self._exports

    def requests(self) -> tuple[Served, ...]:
        """The requests since the lab was ready, in the order of their ends."""
        return self._log.all()
