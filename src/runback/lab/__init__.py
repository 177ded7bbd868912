"""The lab: a CircleCI and a Cloud Foundry that fail as the real ones do, on loopback, in this process.

    with start("policy-missing") as lab:
        run_a_tool(lab.checkout, lab.environ)

Scenarios are files (`scenarios/*.yml`): what people do to the healthy world, and what is to be found. Only
`score` asks for the truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.lab.running import RunningLab
    from runback.lab.scenario import Summary, Truth, UnknownScenario

__all__ = ["UnknownScenario", "scenarios", "start", "truth"]


def start(
    scenario: str, *, port: int = 0, real_time: bool = False, latency: float = 0.0, speed: float = 1.0
) -> RunningLab:
    """A running lab in which the scenario's changes have been made; a context manager.

    `port` is that of the platform's API, the other listeners follow it (0: any free ones). Time stands still
    unless `real_time`; then it passes `speed` times as fast as outside. `latency` seconds are added to
    each response once the lab has started. Raises UnknownScenario, ConfigurationError for a malformed
    scenario, LabError.
    """
    from runback.lab import running
    from runback.lab import scenario as scenarios_

    return running.start(
        scenarios_.read(scenario), port=port, real_time=real_time, latency=latency, speed=speed
    )


def scenarios() -> tuple[Summary, ...]:
    """All scenarios, the core ones first."""
    from runback.lab import scenario as scenarios_

    return scenarios_.summaries()


def summary(name: str) -> Summary:
    """One scenario, without its truth. Raises UnknownScenario."""
    from runback.lab import scenario as scenarios_

    return scenarios_.summary(name)


def truth(name: str) -> Truth:
    """What a diagnosis of a scenario should find. Raises UnknownScenario."""
    from runback.lab import scenario as scenarios_

    return scenarios_.read_truth(name)


def __getattr__(name: str) -> object:
    # The exception is part of the door, but the modules behind it are only loaded when used.
    if name == "UnknownScenario":
        from runback.lab.scenario import UnknownScenario

        return UnknownScenario
    raise AttributeError(name)
