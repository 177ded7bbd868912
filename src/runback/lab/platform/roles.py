"""Who may see and change what (Cloud Controller's permissions)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab.platform.state import Role, Space, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

READERS = frozenset({"space_developer", "space_auditor", "space_manager", "space_supporter"})
# roles that see what is secret: environment, credentials (permissions.rb, ROLES_FOR_SPACE_…)
SECRETS = frozenset({"space_developer"})
WRITERS = frozenset({"space_developer"})
MANAGERS = frozenset({"space_developer", "space_supporter"})  # start, stop, map routes
ADMIN_SCOPES = frozenset({"cloud_controller.admin"})
ADMIN_READERS = frozenset({"cloud_controller.admin", "cloud_controller.admin_read_only"})


class Roles:
    def __init__(self, world: World) -> None:
        self._world = world

    def grant(
        self, user: User, type_: str, *, space: Space | None = None, organization: str | None = None
    ) -> Role:
        """Give a user a role of a space (or of an organization, by guid)."""
        now = self._world.clock.now()
        role = Role(
            guid=self._world.guid(),
            created_at=now,
            updated_at=now,
            type=type_,
            user_guid=user.guid,
            space_guid=space.guid if space else None,
            organization_guid=organization,
        )
        self._world.state.roles[role.guid] = role
        return role

    def of(self, user: User, space: Space) -> frozenset[str]:
        """The user's roles in a space, an organization manager's among them."""
        return frozenset(
            role.type
            for role in self._world.state.roles.values()
            if role.user_guid == user.guid
            and (
                role.space_guid == space.guid
                or (role.type == "organization_manager" and role.organization_guid == space.organization_guid)
            )
        )

    def reads(self, user: User, space: Space) -> bool:
        """Sees the space and what is in it."""
        return bool(ADMIN_READERS.intersection(user.scopes)) or bool(
            self.of(user, space) & (READERS | {"organization_manager"})
        )

    def reads_secrets(self, user: User, space: Space) -> bool:
        """Sees environment variables and credentials."""
        return bool(ADMIN_SCOPES.intersection(user.scopes)) or bool(self.of(user, space) & SECRETS)

    def writes(self, user: User, space: Space) -> bool:
        """Changes apps, services, routes of the space."""
        return bool(ADMIN_SCOPES.intersection(user.scopes)) or bool(self.of(user, space) & WRITERS)

    def operates(self, user: User, space: Space) -> bool:
        """Starts, stops, scales and maps routes: developers and supporters."""
        return bool(ADMIN_SCOPES.intersection(user.scopes)) or bool(self.of(user, space) & MANAGERS)

    def spaces(self, user: User) -> list[Space]:
        """The spaces that the user sees, in order of creation."""
        return [space for space in self._world.state.spaces.values() if self.reads(user, space)]
