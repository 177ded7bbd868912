"""What one user sees of a platform: apps with their spaces, routes, and where policies are visible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from runback.collect import capi
from runback.collect.interface import had
from runback.collect.session import Session
from runback.errors import FetchError
from runback.http import Client, later
from runback.model import Destination, Gap, Route

_PAGE = 5000  # the most that the API gives at once
_APPS = f"/v3/apps?per_page={_PAGE}&include=space,space.organization"
_ROUTES = f"/v3/routes?per_page={_PAGE}"
_DOMAINS = f"/v3/domains?per_page={_PAGE}"

Item = TypeVar("Item")


def listing(
    client: Client, session: Session, path: str, kind: type[capi.Page[Item]]
) -> tuple[capi.Page[Item], ...]:
    """All pages of a list of the API. Raises FetchError."""
    return client.pages(session.endpoints.api + path, kind, lambda page: page.following(), token=session)


@dataclass(frozen=True, slots=True)
class Overview:
    """What lists alone tell of spaces and apps."""

    apps: tuple[capi.App, ...] | Gap
    routes: tuple[capi.Route, ...] | Gap
    internal: frozenset[str]  # names of internal domains
    spaces: dict[str, tuple[str, str]]  # guid → space, org
    spaces_seen: tuple[str, ...] | Gap
    names: dict[str, str]  # guid of an app → its name

    def place(self, app: capi.App) -> tuple[str, str]:
        """Space and org of an app; '' where the platform did not say."""
        return self.spaces.get(app.relationships.guid("space"), ("", ""))

    def routes_of(self, app: str) -> tuple[Route, ...] | Gap:
        """The routes with the app (its GUID) among their destinations."""
        if isinstance(self.routes, Gap):
            return self.routes
        mine = (one for one in self.routes if any(end.app.guid == app for end in one.destinations))
        return tuple(self.route(one) for one in mine)

    def routes_at(self, hosts: Iterable[str]) -> tuple[capi.Route, ...]:
        """The routes of these host names, whoever owns them; none where routes could not be had.

        A name of a single word is the first part of an internal route's.
        """
        wanted = {host.lower() for host in hosts}
        if isinstance(self.routes, Gap):
            return ()
        return tuple(one for one in self.routes if self._is_at(host_of(one.url), wanted))

    def _is_at(self, host: str, wanted: set[str]) -> bool:
        first, _, domain = host.partition(".")
        return host in wanted or (first in wanted and domain in self.internal)

    def route(self, route: capi.Route) -> Route:
        host = host_of(route.url)
        return Route(
            guid=route.guid,
            url=route.url,
            internal=any(host.endswith("." + name) for name in self.internal),
            space=self.spaces.get(route.relationships.guid("space"), (None, None))[0],
            destinations=tuple(
                Destination(
                    app_guid=one.app.guid,
                    app=self.names.get(one.app.guid),
                    process=one.app.process.type if one.app.process else "web",
                    port=one.port,
                    protocol=one.protocol,
                    weight=one.weight,
                )
                for one in route.destinations
            ),
            created_at=route.created_at,
        )


def host_of(url: str) -> str:
    """The host name of a route's url, which has no scheme."""
    return url.partition("/")[0].partition(":")[0].lower()


def apps_with_spaces(
    client: Client, session: Session
) -> tuple[tuple[capi.App, ...] | Gap, dict[str, tuple[str, str]]]:
    """All apps that can be seen, and the names of space and org by the space's GUID."""
    pages = had("apps", lambda: listing(client, session, _APPS, capi.Apps))
    return _flat(pages), {} if isinstance(pages, Gap) else _spaces(pages)


def read(client: Client, session: Session) -> Overview:
    """Asks four things at once. Nothing is raised for what cannot be had but AccessError, for no login."""
    apps, routes, domains, roles = (
        later(had, "apps", lambda: listing(client, session, _APPS, capi.Apps)),
        later(had, "routes", lambda: listing(client, session, _ROUTES, capi.Routes)),
        later(had, "domains", lambda: listing(client, session, _DOMAINS, capi.Domains)),
        later(had, "roles", lambda: _roles(client, session)),
    )
    pages, listed, internal = apps.result(), routes.result(), domains.result()
    spaces = {} if isinstance(pages, Gap) else _spaces(pages)
    found = _flat(pages)
    return Overview(
        apps=found,
        routes=_flat(listed),
        # Where domains cannot be listed, the name that every platform gives its internal one still tells.
        internal=frozenset({"apps.internal"})
        if isinstance(internal, Gap)
        else frozenset(one.name for page in internal for one in page.resources if one.internal),
        spaces=spaces,
        spaces_seen=_spaces_seen(session, roles.result(), spaces),
        names={} if isinstance(found, Gap) else {app.guid: app.name for app in found},
    )


def _roles(client: Client, session: Session) -> tuple[capi.Roles, ...]:
    session.headers()  # the claims below are those of a token that is there
    user = session.claim("user_id")
    if not isinstance(user, str):
        raise FetchError("the login belongs to no user, so its roles cannot be asked for")
    path = f"/v3/roles?types=space_developer&user_guids={user}&include=space&per_page={_PAGE}"
    return listing(client, session, path, capi.Roles)


def _spaces(pages: Iterable[capi.Apps]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for page in pages:
        orgs = {org.guid: org.name for org in page.included.organizations}
        for space in page.included.spaces:
            found[space.guid] = space.name, orgs.get(space.relationships.guid("organization"), "")
    return found


def _spaces_seen(
    session: Session, roles: tuple[capi.Roles, ...] | Gap, spaces: dict[str, tuple[str, str]]
) -> tuple[str, ...] | Gap:
    """Names of the spaces whose policies the policy server shows to this user."""
    scopes = session.claim("scope")
    if isinstance(scopes, list) and "network.admin" in scopes:
        return tuple(sorted({space for space, _ in spaces.values()}))
    if isinstance(roles, Gap):
        return Gap(what="spaces whose policies this login may see", reason=roles.reason)
    names = {space.guid: space.name for page in roles for space in page.included.spaces}
    names |= {guid: space for guid, (space, _) in spaces.items()}
    mine = {role.relationships.guid("space") for page in roles for role in page.resources}
    return tuple(sorted(names[guid] for guid in mine if guid in names))


def _flat(pages: tuple[capi.Page[Item], ...] | Gap) -> tuple[Item, ...] | Gap:
    return pages if isinstance(pages, Gap) else tuple(item for page in pages for item in page.resources)
