"""What an app lacks of its snapshot, as the steps that bring it back.

What the script gave the app counts: a variable with another value, a label, a larger memory limit stay as the
script made them. Only what is not there any more comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runback.model import PlanStep, Scalar
from runback.remedies import snapshot as kept
from runback.remedies.actions.apps import states
from runback.remedies.interface import DEVELOPER, command
from runback.remedies.reach import Reach
from runback.remedies.snapshot import AppSeen, KeptPolicy, KeptProcess, KeptRoute, Snapshot

USUAL_CHECK = ("port", None)


def missing(
    reach: Reach, old: Snapshot, guids: Mapping[str, str], *, exact: bool = False
) -> tuple[PlanStep, ...]:
    """The steps that restore the app, with a restart at the end where a process must see them.

    `guids` maps the guids of before to those of now, for all apps that were rebuilt together. With `exact`
    other values go back to what they were too.
    """
    guid = guids[old.guid]
    app = kept.find(reach, old.app, old.space) or AppSeen(guid)
    settings = [
        *_variables(reach, old, guid, exact),
        *_services(reach, old, guid),
        *_processes(reach, old, guid),
    ]
    steps = [*_metadata(old, app, guid, exact), *_features(reach, old, guid), *settings]
    steps += [*_routes(reach, old, guid), *_policies(reach, old, guids)]
    seen_by_processes = any(step.parameters.get("instances") is None for step in settings)
    return (*steps, *_state(reach, old, app, changed=seen_by_processes))


def _step(
    sentence: str,
    command: str,
    action: str,
    old: Snapshot,
    given: Mapping[str, Scalar],
    needs: str = DEVELOPER,
) -> PlanStep:
    """`restores` tells an undo that the snapshot, and not this step, is what it goes back to."""
    parameters = {**given, "app_name": old.app, "restores": True}
    return PlanStep(
        sentence=sentence,
        command=command,
        changes="as the snapshot says",
        needs=needs,
        action=action,
        parameters=parameters,
    )


def _variables(reach: Reach, old: Snapshot, guid: str, exact: bool) -> Iterator[PlanStep]:
    now = kept.variables(reach, guid)
    for name, value in sorted(old.variables.items()):
        if name not in now or (exact and now[name] != value):
            yield _step(
                f"Give {old.app} its {name} again.",
                f'{command("cf", "set-env", old.app, name)} "${name}"',
                "PATCH /v3/apps/{guid}/environment_variables",
                old,
                {"guid": guid, "name": name, "snapshot": old.app},
            )
    for name in sorted(set(now) - set(old.variables)) if exact else ():
        yield _step(
            f"Take {name} away from {old.app}, which did not have it.",
            command("cf", "unset-env", old.app, name),
            "PATCH /v3/apps/{guid}/environment_variables",
            old,
            {"guid": guid, "name": name, "unset": True},
        )


def _services(reach: Reach, old: Snapshot, guid: str) -> Iterator[PlanStep]:
    for service in sorted(set(old.services) - set(kept.services(reach, guid))):
        yield _step(
            f"Bind {service} to {old.app} again.",
            command("cf", "bind-service", old.app, service),
            "POST /v3/service_credential_bindings",
            old,
            {"app": guid, "service": service},
        )


def _processes(reach: Reach, old: Snapshot, guid: str) -> Iterator[PlanStep]:
    now = kept.processes(reach, guid)
    for before in old.processes:
        if before.type in now:
            yield from _scale(old, guid, before, now[before.type])
            yield from _check(old, guid, before, now[before.type])


def _scale(old: Snapshot, guid: str, before: KeptProcess, now: KeptProcess) -> Iterator[PlanStep]:
    more: dict[str, Scalar] = {}
    words: list[str] = []
    if now.instances != before.instances:
        more["instances"], words = before.instances, [*words, "-i", str(before.instances)]
    if now.memory_in_mb < before.memory_in_mb:
        more["memory_in_mb"], words = before.memory_in_mb, [*words, "-m", f"{before.memory_in_mb}M"]
    if now.disk_in_mb < before.disk_in_mb:
        more["disk_in_mb"], words = before.disk_in_mb, [*words, "-k", f"{before.disk_in_mb}M"]
    if not more:
        return
    size = f"{before.instances} × {before.memory_in_mb} MB, {before.disk_in_mb} MB disk"
    yield _step(
        f"Scale {before.type} of {old.app} to {size} again.",
        command("cf", "scale", old.app, "--process", before.type, *words, "-f"),
        "POST /v3/apps/{guid}/processes/{type}/actions/scale",
        old,
        {"guid": guid, "type": before.type, **more},
    )


def _check(old: Snapshot, guid: str, before: KeptProcess, now: KeptProcess) -> Iterator[PlanStep]:
    usual = (now.check, now.endpoint) == USUAL_CHECK
    if not usual or (before.check, before.endpoint) == USUAL_CHECK or not before.check:
        return
    where = ("--endpoint", before.endpoint) if before.endpoint else ()
    yield _step(
        f"Check the health of {before.type} of {old.app} by {before.check} again.",
        command("cf", "set-health-check", old.app, before.check, *where, "--process", before.type),
        "PATCH /v3/apps/{guid}/processes/{type}",
        old,
        {
            "guid": guid,
            "type": before.type,
            "check_type": before.check,
            "check_endpoint": before.endpoint,
            "check_timeout": before.timeout,
        },
    )


def _metadata(old: Snapshot, app: AppSeen, guid: str, exact: bool) -> Iterator[PlanStep]:
    for kind, before, now in (
        ("label", old.labels, app.metadata.labels),
        ("annotation", old.annotations, app.metadata.annotations),
    ):
        for name, value in sorted(before.items()):
            if now.get(name) is None or (exact and now[name] != value):
                yield _step(
                    f"Give {old.app} its {kind} {name} again.",
                    command("cf", "set-label", "app", old.app, f"{name}={value}") if kind == "label" else "",
                    "PATCH /v3/apps/{guid}",
                    old,
                    {"guid": guid, "kind": kind, "name": name, "value": value},
                )


def _features(reach: Reach, old: Snapshot, guid: str) -> Iterator[PlanStep]:
    now = kept.features(reach, guid)
    for name, enabled in sorted(old.features.items()):
        if name in now and now[name] != enabled:
            yield _step(
                f"Switch {name} of {old.app} {'on' if enabled else 'off'} again.",
                command("cf", "curl", f"/v3/apps/{guid}/features/{name}", "-X", "PATCH", "-d",
                        f'{{"enabled": {str(enabled).lower()}}}'),
                "PATCH /v3/apps/{guid}/features/{name}",
                old,
                {"guid": guid, "name": name, "enabled": enabled},
            )  # fmt: skip


def _routes(reach: Reach, old: Snapshot, guid: str) -> Iterator[PlanStep]:
    now = {(one.host, one.domain, one.path) for one in kept.routes(reach, guid)}
    for route in old.routes:
        if (route.host, route.domain, route.path) not in now:
            yield _route(old, guid, route)


def _route(old: Snapshot, guid: str, route: KeptRoute) -> PlanStep:
    words = [old.app, route.domain, *(("--hostname", route.host) if route.host else ())]
    words += ["--path", route.path] if route.path else []
    words += ["--app-port", str(route.port)] if route.port else []
    return _step(
        f"Map {'.'.join(filter(None, (route.host, route.domain)))}{route.path} to {old.app} again.",
        command("cf", "map-route", *words),
        "POST /v3/routes/{guid}/destinations",
        old,
        {
            "app": guid,
            "host": route.host,
            "domain": route.domain,
            "path": route.path or None,
            "port": route.port,
        },
    )


def _policies(reach: Reach, old: Snapshot, guids: Mapping[str, str]) -> Iterator[PlanStep]:
    """Those of other apps towards the app too: they ended with its old guid, and no script knows them."""
    now = set(kept.policies(reach, guids[old.guid]))
    names: dict[str, str] = {}
    for policy in old.policies:
        ends = guids.get(policy.source, policy.source), guids.get(policy.destination, policy.destination)
        if KeptPolicy(source=ends[0], destination=ends[1], protocol=policy.protocol,
                      start=policy.start, end=policy.end) in now:  # fmt: skip
            continue
        for end in ends:
            if end not in names:
                found = reach.found(f"/v3/apps/{end}", AppSeen)
                names[end] = found.name if found else ""
        if all(names[end] for end in ends):  # else its other end is gone too
            yield _policy(old, policy, ends, (names[ends[0]], names[ends[1]]))


def _policy(old: Snapshot, policy: KeptPolicy, ends: tuple[str, str], names: tuple[str, str]) -> PlanStep:
    ports = f"{policy.start}" if policy.start == policy.end else f"{policy.start}-{policy.end}"
    return _step(
        f"Allow {names[0]} to reach {names[1]} on {policy.protocol} port {ports} again.",
        command("cf", "add-network-policy", *names, "--protocol", policy.protocol, "--port", ports),
        "POST /networking/v1/external/policies",
        old,
        {
            "source": ends[0],
            "destination": ends[1],
            "protocol": policy.protocol,
            "port": policy.start,
            "last_port": policy.end,
        },
        needs=f"{DEVELOPER} in the spaces of both apps, or network.write",
    )


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
    yield _step(
        f"{verb.capitalize()} {old.app}.", command("cf", verb, old.app), action, old, {"guid": app.guid}
    )


def _restart(reach: Reach, old: Snapshot, guid: str) -> PlanStep:
    """Instance by instance where one serves."""
    sentence = f"Restart {old.app}, so that it sees what came back."
    if "RUNNING" in states(reach, guid):
        rolling = command("cf", "restart", old.app, "--strategy", "rolling")
        return _step(sentence, rolling, "POST /v3/deployments", old, {"app": guid, "strategy": "rolling"})
    at_once = command("cf", "restart", old.app)
    return _step(sentence, at_once, "POST /v3/apps/{guid}/actions/restart", old, {"guid": guid})
