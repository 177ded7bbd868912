"""The platform part of the evidence: the target's apps, the apps they talk to, and what lies between.

What waits for what, which is the number of round trips (7 or 8 with a login to renew):
  1. the platform's endpoints, where the login does not name them
  2. the login's renewal, if it is due
  3. all visible apps; all visible routes; domains; the user's roles
  4. each app of the target: a dozen requests at once; service instances of the spaces; policies; tasks
  5. the public pages, once the logs of the target's apps are there, then what the pages need
  6. each process's instances and command; the revision before; the same as 4 for apps behind addresses
  7. and so on, some apps deep
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal, TypeAlias

from runback.collect import browsing, capi, overview, records, spaceevents
from runback.collect.appdetails import NEWEST, AppSeen, Reading
from runback.collect.interface import Breadth, Collected, Now, Progress, had
from runback.collect.networkpolicy import policies_of
from runback.collect.overview import Overview, host_of, listing
from runback.collect.securitygroups import groups_of
from runback.collect.session import Session, open_session
from runback.config import CloudFoundryAccess
from runback.errors import AccessError
from runback.http import Client, Later, later
from runback.model import Address, App, DeletedApp, Gap, Platform, Policy, Route, Service, Target
from runback.redact import Redactor

Role: TypeAlias = Literal["target", "neighbour", "peer"]

_DEPTH = 3  # waves of apps behind addresses
_NEIGHBOURS = 12  # apps, over all waves
_COMPARED = 2  # apps that are down, whose peers are read unasked
_PEERS = 6  # of one app


def collect(
    target: Target,
    access: CloudFoundryAccess,
    client: Client,
    redactor: Redactor,
    progress: Progress,
    now: Now,
    breadth: Breadth,
) -> Collected[Platform]:
    """What the platform says of the target, of its app's peers where they are asked for, and what a browser
    gets at the target's public routes.

    Raises AccessError where there is no login, or where it can read nothing at all. A part that cannot be
    had is a Gap within the platform.
    """
    session = open_session(access, client, now)
    for secret in session.secrets():
        redactor.learn_token(secret.name, secret.value)  # what a refusal may repeat
    session.headers()  # a refused login is told before anything else is asked
    progress("Cloud Foundry: reading apps and routes")
    seen = overview.read(client, session)
    if isinstance(seen.apps, Gap):
        raise AccessError(f"Cloud Foundry shows nothing: {seen.apps.reason}", "Run `cf login` again.")
    return _Collector(target, client, session, redactor, seen, seen.apps, progress, breadth).run()


class _Collector:
    def __init__(
        self,
        target: Target,
        client: Client,
        session: Session,
        redactor: Redactor,
        seen: Overview,
        apps: tuple[capi.App, ...],
        progress: Progress,
        breadth: Breadth,
    ) -> None:
        self._target = target
        self._client = client
        self._session = session
        self._redactor = redactor
        self._seen = seen
        self._apps = apps
        self._progress = progress
        self._breadth = breadth
        self._policies: list[Later[tuple[Policy, ...] | Gap]] = []
        self._unvisited: list[str] = []  # apps behind addresses that are too many to be read

    def run(self) -> Collected[Platform]:
        chosen = self._chosen()
        spaces = sorted({app.relationships.guid("space") for app in chosen} or self._target_spaces())
        services = later(self._services, spaces)
        groups = later(
            had, "security groups", partial(groups_of, self._client, self._session, self._places(spaces))
        )
        events = later(had, "events of the space", partial(self._space_events, spaces))
        first = self._begin(chosen)
        seen = later(browsing.browse, self._client, self._session, first) if self._breadth.pages else None
        waves = self._waves(first, chosen)
        roles: list[Role] = ["target", *["neighbour"] * (len(waves) - 1)]  # type: ignore[list-item]
        peers = self._begin(self._peers(first, waves), with_logs=False)
        found = [one.finish(role) for role, wave in zip(roles, waves, strict=True) for one in wave]
        found += [one.finish("peer") for one in peers]
        policies = _united(wave.result() for wave in self._policies)
        found = self._with_binding_events(found, events.result(), services.result())
        platform = Platform(
            api=self._session.endpoints.api,
            apps=tuple(one.app for one in found) if found else self._nobody(),
            services=services.result(),
            policies=policies,
            names=self._names(policies),
            routes=self._routes(found),
            spaces_seen=self._seen.spaces_seen,
            security_groups=groups.result(),
            fetched=seen.result().fetched if seen else (),
            certificates=seen.result().certificates if seen else (),
            deleted=self._deleted(events.result()),
        )
        return Collected(
            part=platform,
            logs=tuple(log for one in found for log in one.logs),
            secrets=(*self._session.secrets(), *(secret for one in found for secret in one.secrets)),
            unlearned=tuple(gap for one in found for gap in one.unlearned),
            limits=self._limits(),
            at=self._client.date(self._session.endpoints.api),
        )

    def _limits(self) -> tuple[Gap, ...]:
        if not self._unvisited:
            return ()
        reason = f"not read: of the apps behind addresses at most {_NEIGHBOURS} are"
        return (Gap(what=", ".join(self._unvisited), reason=reason),)

    def _chosen(self) -> tuple[capi.App, ...]:
        """The target's apps that exist, in its order."""
        wanted = self._target.apps or ((self._target.app,) if self._target.app else ())
        here = [app for app in self._apps if self._is_here(app)]
        return tuple(app for name in wanted for app in here if app.name == name)

    def _is_here(self, app: capi.App) -> bool:
        space, org = self._seen.place(app)
        target = self._target
        return target.space in (None, space) and target.org in (None, org, *([] if org else [target.org]))

    def _target_spaces(self) -> set[str]:
        """GUIDs of the spaces in which the target's apps should be."""
        target = self._target
        return {
            guid
            for guid, (space, org) in self._seen.spaces.items()
            if space == target.space and target.org in (None, org)
        }

    def _nobody(self) -> Gap:
        wanted = self._target.apps or ((self._target.app,) if self._target.app else ())
        place = "/".join(filter(None, (self._target.org, self._target.space)))
        near = difflib.get_close_matches(wanted[0], [app.name for app in self._apps], 3) if wanted else []
        reason = f"none of {', '.join(wanted) or 'no names'} is visible{' in ' + place if place else ''}"
        if near:
            reason += f"; near names: {', '.join(near)}"
        return Gap(what="apps of the target", reason=reason)

    def _places(self, spaces: list[str]) -> dict[str, str]:
        """The names of spaces by their GUIDs."""
        return {guid: self._seen.spaces.get(guid, ("", ""))[0] for guid in spaces if guid}

    def _waves(self, first: list[Reading], chosen: tuple[capi.App, ...]) -> list[list[Reading]]:
        """The target's apps being read, then those behind their addresses, then those behind theirs."""
        waves = [first]
        known = {app.guid for app in chosen}
        while len(waves) <= _DEPTH and waves[-1]:
            hosts = [host for one in waves[-1] for host in one.hosts()]
            routes = self._seen.routes_at(hosts)
            behind = {end.app.guid for route in routes for end in route.destinations} - known
            if not all(self._is_open(route) for route in routes):
                behind |= self._allowed() - known  # whose route it was, the policies may still tell
            room = _NEIGHBOURS + len(chosen) - len(known)
            reached = tuple(app for app in self._apps if app.guid in behind)
            following = reached[:room]
            self._unvisited += [app.name for app in reached[room:] if app.name not in self._unvisited]
            known |= {app.guid for app in following}
            waves.append(self._begin(following))
        return waves

    def _is_open(self, route: capi.Route) -> bool:
        """Whether the route leads to an app that the newest wave may reach; a public one always does."""
        ends = {end.app.guid for end in route.destinations}
        return bool(ends) and (not self._seen.route(route).internal or bool(ends & self._allowed()))

    def _allowed(self) -> set[str]:
        """GUIDs of the apps to which policies of the newest wave lead."""
        policies = self._policies[-1].result()
        return set() if isinstance(policies, Gap) else {one.destination for one in policies}

    def _peers(self, own: list[Reading], waves: list[list[Reading]]) -> tuple[capi.App, ...]:
        """The same app in other environments, wherever the user may see it: of the app that is asked for,
        where peers are; unasked, of those that do not run, for what they lack.
        """
        down = [one.app.name for one in own if one.is_down()]
        asked = [self._target.app] if self._breadth.peers else down[:_COMPARED]
        names = [name for app in asked for name in self._target.peers.get(app or "", ())[:_PEERS]]
        known = {one.app.guid for wave in waves for one in wave}
        return tuple(
            app for name in names for app in self._apps if app.name == name and app.guid not in known
        )

    def _begin(self, apps: tuple[capi.App, ...], *, with_logs: bool = True) -> list[Reading]:
        if not apps:
            return []
        self._progress(f"Cloud Foundry: reading {', '.join(app.name for app in apps)}")
        guids = [app.guid for app in apps]
        ask = partial(policies_of, self._client, self._session, guids)
        self._policies.append(later(had, f"network policies of {', '.join(app.name for app in apps)}", ask))
        tasks = later(had, "tasks", partial(self._tasks, guids)) if with_logs else None
        asked = {self._target.app: self._asked()} if with_logs else {}
        return [
            Reading(
                app,
                self._seen,
                self._client,
                self._session,
                self._redactor,
                asked=asked.get(app.name, ()),
                revisions=self._target.revisions if app.name == self._target.app else (),
                with_logs=with_logs,
                tasks=tasks,
                private=self._breadth.private,
            )
            for app in apps
        ]

    def _tasks(self, guids: list[str]) -> list[capi.Task]:
        """The newest tasks of the apps. Raises FetchError."""
        url = f"{self._session.endpoints.api}/v3/tasks?app_guids={','.join(guids)}&{NEWEST}"
        return self._client.json(url, capi.Tasks, token=self._session).resources

    def _asked(self) -> tuple[Address, ...]:
        """What a person asked about, as if a variable of the app held it: an app is known by its route."""
        reach = self._target.reach
        if reach is None:
            return ()
        app = next((one for one in self._apps if one.name == reach.destination), None)
        routes = self._seen.routes_of(app.guid) if app else ()
        known = () if isinstance(routes, Gap) else routes
        hosts = [host_of(route.url) for route in sorted(known, key=lambda route: not route.internal)]
        host = hosts[0] if hosts else reach.destination
        return (Address(variable="", host=host, port=reach.port),)

    def _services(self, spaces: list[str]) -> tuple[Service, ...] | Gap:
        if not spaces:
            return ()
        path = (
            f"/v3/service_instances?space_guids={','.join(spaces)}&per_page=500"
            "&fields[service_plan]=guid,name,relationships.service_offering"
            "&fields[service_plan.service_offering]=guid,name"
        )
        pages = had("service instances", partial(listing, self._client, self._session, path, capi.Instances))
        if isinstance(pages, Gap):
            return pages
        return tuple(
            records.service(
                one, self._seen.spaces.get(one.relationships.guid("space"), ("", ""))[0], page.included
            )
            for page in pages
            for one in page.resources
        )

    def _space_events(self, spaces: list[str]) -> spaceevents.Events:
        return spaceevents.read(self._client, self._session, spaces)

    def _deleted(self, events: spaceevents.Events | Gap) -> tuple[DeletedApp, ...] | Gap:
        """The apps that were deleted and that nobody made again."""
        if isinstance(events, Gap):
            return events
        here = {app.name for app in self._apps if self._is_here(app)}
        return tuple(one for one in events.deleted if one.name not in here)

    def _with_binding_events(
        self,
        found: list[AppSeen],
        events: spaceevents.Events | Gap,
        services: tuple[Service, ...] | Gap,
    ) -> list[AppSeen]:
        """Each app with who bound and unbound its services; as it is where nobody may see that."""
        if isinstance(events, Gap):
            return found
        names = dict(events.gone)
        names |= {} if isinstance(services, Gap) else {one.guid: one.name for one in services}
        return [
            one.and_events(spaceevents.of_app(events.of_apps.get(one.app.guid, ()), one.app.name, names))
            for one in found
        ]

    def _names(self, policies: tuple[Policy, ...] | Gap) -> dict[str, str]:
        """The names of the apps at both ends of the policies, as far as the user may see them."""
        ends = (
            set()
            if isinstance(policies, Gap)
            else {end for one in policies for end in (one.source, one.destination)}
        )
        return {app.guid: app.name for app in self._apps if app.guid in ends}

    def _routes(self, found: list[AppSeen]) -> tuple[Route, ...] | Gap:
        """The routes that the apps' addresses name, whoever owns them, and those that the apps lost."""
        if isinstance(self._seen.routes, Gap):
            return self._seen.routes
        hosts = {address.host for one in found for address in one.app.addresses}
        named = {one.guid for one in self._seen.routes_at(hosts)} | set(_unmapped(one.app for one in found))
        return tuple(self._seen.route(one) for one in self._seen.routes if one.guid in named)


def _unmapped(apps: Iterable[App]) -> Iterator[str]:
    """GUIDs of the routes that audit events say were taken from an app."""
    for app in apps:
        for event in () if isinstance(app.events, Gap) else app.events:
            if event.type == "audit.app.unmap-route":
                yield str(event.data.get("route_guid", ""))


def _united(waves: Iterable[tuple[Policy, ...] | Gap]) -> tuple[Policy, ...] | Gap:
    """The policies of all waves. One that could not be had makes all unknown: a rest would look like all."""
    found: dict[Policy, None] = {}
    for wave in waves:
        if isinstance(wave, Gap):
            return wave
        found |= dict.fromkeys(wave)
    return tuple(found)
