"""Lets one app reach another on one port; a policy with the wrong port goes, where nobody uses it."""

from __future__ import annotations

from runback.model import App, Plan, PlanStep, Policy
from runback.remedies.interface import Asked, command, go_to_space
from runback.remedies.wrong_policies import wrong


def plan(asked: Asked) -> Plan:
    source, destination = asked.app("source"), asked.app("destination")
    protocol = asked.word("protocol", "tcp|udp")
    port = asked.integer("port", 1, 65535)
    words = _words(source, destination, protocol, str(port))
    add = PlanStep(
        sentence=f"Allow {source.name} to reach {destination.name} on {protocol} port {port}.",
        command=command("cf", "add-network-policy", *words),
        changes="one network policy; it counts within seconds, nothing restarts",
        undo=command("cf", "remove-network-policy", *words),
        needs=_needs(source, destination),
        action="POST /networking/v1/external/policies",
        parameters={
            "source": source.guid,
            "destination": destination.guid,
            "protocol": protocol,
            "port": port,
        },
    )
    others = wrong(asked, source, destination, protocol, port)
    removed = [_remove(source, destination, one) for one, used in others if not used]
    return Plan(
        remedy=asked.remedy,
        sentence=f"Add the network policy from {source.name} to {destination.name}"
        + (", and remove the one with the wrong port." if removed else "."),
        safe=True,
        steps=(*go_to_space(asked, source), add, *removed),
        notes=tuple(
            f"The policy for {one.protocol} port {_ports(one)} stays: {used}." for one, used in others if used
        ),
    )


def _remove(source: App, destination: App, policy: Policy) -> PlanStep:
    words = _words(source, destination, policy.protocol, _ports(policy))
    return PlanStep(
        sentence=f"Take away that {source.name} may reach {destination.name} on {policy.protocol} port "
        f"{_ports(policy)}: nothing that was read uses it.",
        command=command("cf", "remove-network-policy", *words),
        changes="one network policy; it counts within seconds, nothing restarts",
        undo=command("cf", "add-network-policy", *words),
        needs=_needs(source, destination),
        action="POST /networking/v1/external/policies/delete",
        parameters={
            "source": source.guid,
            "destination": destination.guid,
            "protocol": policy.protocol,
            "port": policy.start,
            "last_port": policy.end,
        },
    )


def _ports(policy: Policy) -> str:
    return str(policy.start) if policy.start == policy.end else f"{policy.start}-{policy.end}"


def _words(source: App, destination: App, protocol: str, ports: str) -> tuple[str, ...]:
    """The port is always said: without it the cf CLI opens 8080."""
    words = [source.name, destination.name, "--protocol", protocol, "--port", ports]
    if destination.space != source.space or destination.org != source.org:
        words += ["-s", destination.space]
    if destination.org != source.org:
        words += ["-o", destination.org]
    return tuple(words)


def _needs(source: App, destination: App) -> str:
    spaces = dict.fromkeys((source.space, destination.space))
    return f"role: space developer in {' and '.join(spaces)}, or network.write"
