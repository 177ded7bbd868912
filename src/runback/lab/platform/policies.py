"""Network policies, as the policy server keeps and shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Policy, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

PER_SOURCE = 150  # max_policies of the policy server's job


class Policies:
    def __init__(self, world: World) -> None:
        self._world = world

    def visible(self, user: User) -> list[Policy]:
        """The policies of which the user develops both ends; the others are left out without a word."""
        if "network.admin" in user.scopes:
            return list(self._world.state.policies)
        mine = {app.guid for app in self._world.state.apps.values() if self._develops(user, app)}
        return [
            policy
            for policy in self._world.state.policies
            if policy.source_id in mine and policy.destination_id in mine
        ]

    def add(self, actor: User, policies: Iterable[Policy]) -> None:
        """Add policies; the ones that are there already stay. Refusals are the policy server's own."""
        wanted = list(policies)
        self._check(actor, wanted)
        known = self._world.state.policies
        for policy in wanted:
            if sum(p.source_id == policy.source_id for p in known) >= PER_SOURCE:
                raise Refusal("policy quota exceeded", "CF-NotAuthorized")
            if policy not in known:
                known.append(policy)

    def remove(self, actor: User, policies: Iterable[Policy]) -> None:
        """Remove policies; one that is not there is no error."""
        wanted = list(policies)
        self._check(actor, wanted)
        gone = set(wanted)
        self._world.state.policies = [p for p in self._world.state.policies if p not in gone]

    def allows(self, source: App, destination: App, port: int, protocol: str = "tcp") -> bool:
        return any(
            policy.source_id == source.guid
            and policy.destination_id == destination.guid
            and policy.protocol == protocol
            and policy.start <= port <= policy.end
            for policy in self._world.state.policies
        )

    def forget(self, app: App) -> None:
        """Policies die with the app at either end: the next app of that name has another guid."""
        self._world.state.policies = [
            policy
            for policy in self._world.state.policies
            if app.guid not in (policy.source_id, policy.destination_id)
        ]

    def _check(self, actor: User, policies: Iterable[Policy]) -> None:
        if {"network.admin", "network.write"}.intersection(actor.scopes):
            return
        for policy in policies:
            for guid in (policy.source_id, policy.destination_id):
                app = self._world.state.apps.get(guid)
                if app is None or not self._develops(actor, app):
                    # cf-networking-release, policy-server/handlers/policies_create.go
                    raise Refusal("one or more applications cannot be found or accessed", "CF-NotAuthorized")

    def _develops(self, user: User, app: App) -> bool:
        return self._world.roles.writes(user, self._world.state.spaces[app.space_guid])
