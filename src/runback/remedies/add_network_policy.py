"""Lets one app reach another on one port."""

from __future__ import annotations

from runback.model import App, Plan, PlanStep
from runback.remedies.interface import Asked, command, go_to_space


def plan(asked: Asked) -> Plan:
    source, destination = asked.app("source"), asked.app("destination")
    protocol = asked.word("protocol", "tcp|udp")
    port = asked.integer("port", 1, 65535)
    words = _words(source, destination, protocol, port)
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
    return Plan(
        remedy=asked.remedy,
        sentence=f"Add the network policy from {source.name} to {destination.name}.",
        safe=True,
        steps=(*go_to_space(asked, source), add),
    )


def _words(source: App, destination: App, protocol: str, port: int) -> tuple[str, ...]:
    """The port is always said: without it the cf CLI opens 8080."""
    words = [source.name, destination.name, "--protocol", protocol, "--port", str(port)]
    if destination.space != source.space or destination.org != source.org:
        words += ["-s", destination.space]
    if destination.org != source.org:
        words += ["-o", destination.org]
    return tuple(words)


def _needs(source: App, destination: App) -> str:
    spaces = dict.fromkeys((source.space, destination.space))
    return f"role: space developer in {' and '.join(spaces)}, or network.write"
