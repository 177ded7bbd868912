"""What an app lacks of its snapshot, as the steps that bring it back.

What the script gave the app counts: a variable with another value, a label, a larger memory limit stay as the
script made them. Only what is not there any more comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runback.model import PlanStep, Scalar
from runback.remedies import snapshot as kept
from runback.remedies.bodies import states
from runback.remedies.interface import command, restoring_step
from runback.remedies.reach import Reach
from runback.remedies.reconnecting import policies, routes
from runback.remedies.snapshot import AppSeen, KeptProcess, Snapshot

USUAL_CHECK = ("port", None)
_SCALE = "POST /v3/apps/{guid}/processes/{type}/actions/scale"


def missing(
    reach: Reach,
    old: Snapshot,
    guids: Mapping[str, str],
    *,
    exact: bool = False,
    restart: bool = False,
) -> tuple[PlanStep, ...]:
    """The steps that restore the app, with a restart at the end where a process must see them.

    `guids` maps the guids of before to those of now, for all apps that were rebuilt together. With `exact`
    other values go back to what they were too. `restart`: the app's code was changed already.
    """
    guid = guids[old.guid]
    app = kept.find(reach, old.app, old.space) or AppSeen(guid)
    settings = [
        *_variables(reach, old, guid, exact),
        *_services(reach, old, guid),
        *_processes(reach, old, guid, exact),
    ]
    steps = [*_metadata(old, app, guid, exact), *_features(reach, old, guid), *settings]
    steps += [*routes(reach, old, guid), *policies(reach, old, guids)]
    changed = restart or any(_needs_restart(step) for step in settings)
    return (*steps, *_state(reach, old, app, changed=changed))


def _needs_restart(step: PlanStep) -> bool:
    """Of what processes see: more instances alone start by themselves."""
    given = step.parameters
    return step.action != _SCALE or "memory_in_mb" in given or "disk_in_mb" in given


def _variables(reach: Reach, old: Snapshot, guid: str, exact: bool) -> Iterator[PlanStep]:
    now = kept.variables(reach, guid)
    for name, value in sorted(old.variables.items()):
        if name not in now or (exact and now[name] != value):
            yield restoring_step(
                f"Give {old.app} its {name} again.",
                # Any text may be a variable's name on the platform; a shell expands identifiers alone.
                f'{command("cf", "set-env", old.app, name)} "${name}"' if name.isidentifier() else "",
                "PATCH /v3/apps/{guid}/environment_variables",
                old.app,
                {"guid": guid, "name": name, "snapshot": old.app},
            )
    for name in sorted(set(now) - set(old.variables)) if exact else ():
        yield restoring_step(
            f"Take {name} away from {old.app}, which did not have it.",
            command("cf", "unset-env", old.app, name),
            "PATCH /v3/apps/{guid}/environment_variables",
            old.app,
            {"guid": guid, "name": name, "unset": True},
        )


def _services(reach: Reach, old: Snapshot, guid: str) -> Iterator[PlanStep]:
    for service in sorted(set(old.services) - set(kept.services(reach, guid))):
        yield restoring_step(
            f"Bind {service} to {old.app} again.",
            command("cf", "bind-service", old.app, service),
            "POST /v3/service_credential_bindings",
            old.app,
            {"app": guid, "service": service},
        )


def _processes(reach: Reach, old: Snapshot, guid: str, exact: bool) -> Iterator[PlanStep]:
    now = kept.processes(reach, guid)
    for before in old.processes:
        if before.type in now:
            yield from _scale(old, guid, before, now[before.type], exact)
            yield from _check(old, guid, before, now[before.type], exact)
            yield from _command(old, guid, before, now[before.type], exact)


def _scale(
    old: Snapshot, guid: str, before: KeptProcess, now: KeptProcess, exact: bool
) -> Iterator[PlanStep]:
    more: dict[str, Scalar] = {}
    words: list[str] = []
    if now.instances != before.instances:
        more["instances"], words = before.instances, [*words, "-i", str(before.instances)]
    if now.memory_in_mb < before.memory_in_mb or (exact and now.memory_in_mb != before.memory_in_mb):
        more["memory_in_mb"], words = before.memory_in_mb, [*words, "-m", f"{before.memory_in_mb}M"]
    if now.disk_in_mb < before.disk_in_mb or (exact and now.disk_in_mb != before.disk_in_mb):
        more["disk_in_mb"], words = before.disk_in_mb, [*words, "-k", f"{before.disk_in_mb}M"]
    if not more:
        return
    size = f"{before.instances} × {before.memory_in_mb} MB, {before.disk_in_mb} MB disk"
    yield restoring_step(
        f"Scale {before.type} of {old.app} to {size} again.",
        command("cf", "scale", old.app, "--process", before.type, *words, "-f"),
        _SCALE,
        old.app,
        {"guid": guid, "type": before.type, **more},
    )


def _check(
    old: Snapshot, guid: str, before: KeptProcess, now: KeptProcess, exact: bool
) -> Iterator[PlanStep]:
    """A new app has the platform's usual check; another one is what the script says."""
    is_now, was = (now.check, now.endpoint), (before.check, before.endpoint)
    other_time = exact and before.timeout not in (None, now.timeout)
    lost = is_now != was and (exact or is_now == USUAL_CHECK)
    if not before.check or not (lost or other_time):
        return
    where = ("--endpoint", before.endpoint) if before.endpoint else ()
    yield restoring_step(
        f"Check the health of {before.type} of {old.app} by {before.check} again.",
        command("cf", "set-health-check", old.app, before.check, *where, "--process", before.type),
        "PATCH /v3/apps/{guid}/processes/{type}",
        old.app,
        {
            "guid": guid,
            "type": before.type,
            "check_type": before.check,
            "check_endpoint": before.endpoint,
            "check_timeout": before.timeout,
        },
    )


def _command(
    old: Snapshot, guid: str, before: KeptProcess, now: KeptProcess, exact: bool
) -> Iterator[PlanStep]:
    """The command itself stays in the snapshot: there may be secrets in it."""
    if before.command == now.command or (now.command is not None and not exact):
        return
    yield restoring_step(
        f"Give {before.type} of {old.app} its start command again.",
        "",
        "start-command",
        old.app,
        {"guid": guid, "type": before.type, "snapshot": old.app},
    )


def _metadata(old: Snapshot, app: AppSeen, guid: str, exact: bool) -> Iterator[PlanStep]:
    for kind, before, now in (
        ("label", old.labels, app.metadata.labels),
        ("annotation", old.annotations, app.metadata.annotations),
    ):
        for name, value in sorted(before.items()):
            if now.get(name) is None or (exact and now[name] != value):
                yield restoring_step(
                    f"Give {old.app} its {kind} {name} again.",
                    command("cf", "set-label", "app", old.app, f"{name}={value}") if kind == "label" else "",
                    "PATCH /v3/apps/{guid}",
                    old.app,
                    {"guid": guid, "kind": kind, "name": name, "value": value},
                )


def _features(reach: Reach, old: Snapshot, guid: str) -> Iterator[PlanStep]:
    now = kept.features(reach, guid)
    for name, enabled in sorted(old.features.items()):
        if name in now and now[name] != enabled:
            yield restoring_step(
                f"Switch {name} of {old.app} {'on' if enabled else 'off'} again.",
                command("cf", "curl", f"/v3/apps/{guid}/features/{name}", "-X", "PATCH", "-d",
                        f'{{"enabled": {str(enabled).lower()}}}'),
                "PATCH /v3/apps/{guid}/features/{name}",
                old.app,
                {"guid": guid, "name": name, "enabled": enabled},
            )  # fmt: skip


def _state(reach: Reach, old: Snapshot, app: AppSeen, *, changed: bool) -> Iterator[PlanStep]:
    """Started or stopped as it was; what its processes must see needs a restart."""
    if old.state == "STARTED" and app.state != "STARTED":
        verb, action = "start", "POST /v3/apps/{guid}/actions/start"
    elif old.state == "STOPPED" and app.state != "STOPPED":
        verb, action = "stop", "POST /v3/apps/{guid}/actions/stop"
    elif changed and app.state == "STARTED":
        yield _restart(reach, old, app.guid)
        return
    else:
        return
    yield restoring_step(
        f"{verb.capitalize()} {old.app}.", command("cf", verb, old.app), action, old.app, {"guid": app.guid}
    )


def _restart(reach: Reach, old: Snapshot, guid: str) -> PlanStep:
    """Instance by instance where one serves."""
    sentence = f"Restart {old.app}, so that it sees what came back."
    if "RUNNING" in states(reach, guid):
        rolling = command("cf", "restart", old.app, "--strategy", "rolling")
        return restoring_step(
            sentence, rolling, "POST /v3/deployments", old.app, {"app": guid, "strategy": "rolling"}
        )
    at_once = command("cf", "restart", old.app)
    return restoring_step(sentence, at_once, "POST /v3/apps/{guid}/actions/restart", old.app, {"guid": guid})


def lacking(step: PlanStep) -> str:
    """What a restoring step brings back, in a few words; '' for a restart, which brings nothing."""
    given = step.parameters
    if step.action.endswith("/environment_variables"):
        return f"no {given['name']}" if given.get("unset") else str(given["name"])
    if step.action == "POST /v3/service_credential_bindings":
        return f"the service {given['service']}"
    if step.action == "POST /v3/routes/{guid}/destinations":
        return "the route " + step.sentence.removeprefix("Map ").removesuffix(
            f" to {given['app_name']} again."
        )
    if step.action == "POST /networking/v1/external/policies":
        ends = step.sentence.removeprefix("Allow ").removesuffix(" again.")
        return ends.replace(" to reach ", " → ") + " (policy)"
    if "restart" in step.action or step.action == "POST /v3/deployments":
        return ""
    return step.sentence[:1].lower() + step.sentence[1:-1]
