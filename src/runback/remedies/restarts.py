"""The steps that bring new settings into a running app: a restart, or a restage."""

from __future__ import annotations

from runback.facts.processes import is_down
from runback.facts.revisions import running_revision
from runback.model import App, Droplet, Gap, PlanStep, Service
from runback.remedies.interface import DEVELOPER, command

RESTAGE = "POST /v3/builds"
# These hand services to the process alone, in VCAP_SERVICES at each start. The Java and the PHP buildpack set
# drivers, sessions and agents up from them while they stage; what another one does is not known.
_READ_NO_SERVICES = frozenset(
    ("apt", "binary", "dotnet_core", "go", "nginx", "nodejs", "python", "r", "ruby", "staticfile")
)
# Agents that also those buildpacks install while they stage, where such a service is bound.
_AGENTS = ("appdynamics", "contrast", "dynatrace", "newrelic", "new-relic", "seeker", "snyk")


def sees_service(app: App, service: Service) -> tuple[PlanStep, str]:
    """The step after which the app sees a service that was bound to it, and why it is this one."""
    named = f"{service.offering or ''} {service.name}".lower()
    agent = next((word for word in _AGENTS if word in named), None)
    if agent is not None:
        return restage(app), f"the buildpack installs the agent of {agent} while it stages"
    packs = _buildpacks(app)
    if not packs:
        return restage(app), f"which buildpack {app.name} has is not known"
    others = [name for name in packs if name not in _READ_NO_SERVICES]
    if others:
        return restage(app), f"the buildpack {others[0]} may read services while it stages"
    hand = (
        f"the buildpack {packs[0]} hands" if len(packs) == 1 else f"the buildpacks {' and '.join(packs)} hand"
    )
    return restart(app), f"{hand} services to the process alone"


def _buildpacks(app: App) -> tuple[str, ...]:
    """Those that made the droplet, without their versions; else those that somebody chose for the app."""
    made = app.droplet.buildpacks if isinstance(app.droplet, Droplet) else ()
    names = [pack.split(" ")[0].removesuffix("_buildpack") for pack in made or app.buildpacks]
    return tuple(dict.fromkeys(names))


def restage(app: App) -> PlanStep:
    running = running_revision(app)
    return PlanStep(
        sentence=f"Stage {app.name} again and replace its instances one by one.",
        # Without the strategy cf stops the app while it stages.
        command=command("cf", "restage", app.name, "--strategy", "rolling"),
        changes=f"a new droplet of the newest package, with the buildpacks of today{beside_web(app)}",
        undo=command("cf", "rollback", app.name, "--version", str(running.version), "-f") if running else "",
        needs=DEVELOPER,
        action=RESTAGE,
        parameters={"app": app.guid},
    )


def restart(app: App) -> PlanStep:
    """One by one where instances still serve; at once where none does: nothing is interrupted."""
    if is_down(app) or app.state == "STOPPED":
        return PlanStep(
            sentence=f"Restart {app.name}, so that it sees the change.",
            command=command("cf", "restart", app.name),
            changes=f"{app.name} starts anew",
            needs=DEVELOPER,
            action="POST /v3/apps/{guid}/actions/restart",
            parameters={"guid": app.guid},
        )
    return PlanStep(
        sentence=f"Restart {app.name} instance by instance, so that it sees the change.",
        command=command("cf", "restart", app.name, "--strategy", "rolling"),
        changes=f"each instance is replaced once the new one is healthy{beside_web(app)}",
        needs=DEVELOPER,
        action="POST /v3/deployments",
        parameters={"app": app.guid, "strategy": "rolling"},
    )


def beside_web(app: App) -> str:
    """What a deployment does with processes of other types, for the plan; '' where the app has none."""
    processes = () if isinstance(app.processes, Gap) else app.processes
    types = sorted({one.type for one in processes if one.type != "web" and one.desired})
    return f"; then {' and '.join(types)} starts anew, all its instances at once" if types else ""
