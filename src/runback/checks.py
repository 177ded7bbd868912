"""What `runback check` tries: tokens, hosts, targets and permissions, by GET alone; nothing leaves a trace.

Environment variables are not read here: reading them writes an audit event. Whether they may be read is asked
with `/v3/apps/GUID/permissions` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from runback.collect.interface import Now
from runback.collect.session import Session, open_session
from runback.config import Access, Configuration, Environment, near
from runback.errors import FetchError, RunbackError
from runback.http import Client, HeaderToken, Token, later
from runback.model import Record

NO_CI = "without it nothing of CI is seen: failed jobs, steps, and which commit was deployed"
NO_PLATFORM = (
    "without it nothing of the platform is seen: crashes, variables, services, routes, policies, logs"
)


class Check(Record, frozen=True, kw_only=True):
    """One thing that was tried. `ok` None: it could not be tried, because of another one."""

    name: str
    ok: bool | None
    says: str
    costs: str = ""  # what is lost without it; '' where it is there
    next_step: str = ""


def check(configuration: Configuration, access: Access, client: Client, now: Now) -> tuple[Check, ...]:
    """All checks in the order in which a person mends them. Never raises for what it finds."""
    ci = later(_circleci, configuration, access, client)
    platform = later(_platform, configuration, access, client, now)
    return (_file(configuration), *ci.result(), *platform.result())


def _file(configuration: Configuration) -> Check:
    if configuration.path is not None:
        names = ", ".join(configuration.environments)
        return Check(name="runback.toml", ok=True, says=f"{configuration.path}: environments {names}")
    return Check(
        name="runback.toml",
        ok=False,
        says="there is none in this checkout",
        costs="apps have to be named in full, and nothing is compared with other environments",
        next_step="runback init",
    )


# --- CircleCI -------------------------------------------------------------------------------------


def _circleci(configuration: Configuration, access: Access, client: Client) -> list[Check]:
    found = access.circleci
    if not found.token:
        step = "Create a personal API token at CircleCI (User Settings), then: export CIRCLE_TOKEN=…"
        return [Check(name="CircleCI token", ok=False, says=found.missing, costs=NO_CI, next_step=step)]
    token = HeaderToken(found.host, "Circle-Token", found.token)
    try:
        client.get(f"{found.host}/api/v2/me", token=token)
    except RunbackError as error:
        step = f"Replace the token in {found.source}: it has to be a personal one, of {found.host}."
        return [Check(name="CircleCI token", ok=False, says=str(error), costs=NO_CI, next_step=step)]
    first = Check(name="CircleCI token", ok=True, says=f"{found.source}, accepted by {found.host}")
    return [first, _project(configuration.project, found.host, token, client)]


def _project(project: str | None, host: str, token: Token, client: Client) -> Check:
    if project is None:
        step = 'Write it into runback.toml: project = "gh/ORG/REPO" (see Project Settings in CircleCI).'
        says = "none is named, and the git remote does not tell it"
        return Check(name="CircleCI project", ok=False, says=says, costs=NO_CI, next_step=step)
    try:
        client.get(f"{host}/api/v2/project/{project}/pipeline", token=token)
    except RunbackError as error:
        step = "Check `project` in runback.toml, and that you follow the project in CircleCI."
        return Check(name="CircleCI project", ok=False, says=str(error), costs=NO_CI, next_step=step)
    return Check(name="CircleCI project", ok=True, says=f"{project}: its pipelines can be read")


# --- Cloud Foundry --------------------------------------------------------------------------------


class _Resource(msgspec.Struct):
    guid: str
    name: str = ""


class _Resources(msgspec.Struct):
    resources: list[_Resource]


class _Permissions(msgspec.Struct):
    read_basic_data: bool = False
    read_sensitive_data: bool = False


@dataclass(frozen=True)
class _Platform:
    """Cloud Foundry as this person sees it."""

    client: Client
    session: Session

    def named(self, path: str, **query: str) -> list[_Resource]:
        query = {name: word for name, word in query.items() if word} | {"per_page": "5000"}
        url = f"{self.session.endpoints.api}/v3/{path}?{urlencode(query)}"
        return self.client.json(url, _Resources, token=self.session).resources


def _platform(configuration: Configuration, access: Access, client: Client, now: Now) -> list[Check]:
    try:
        platform = _Platform(client, open_session(access.cloudfoundry, client, now))
        platform.named("organizations")
    except RunbackError as error:
        step = error.advice or "cf login -a API"
        return [
            Check(name="Cloud Foundry login", ok=False, says=str(error), costs=NO_PLATFORM, next_step=step)
        ]
    found = [Check(name="Cloud Foundry login", ok=True, says=f"accepted by {platform.session.endpoints.api}")]
    sample: _Resource | None = None
    for place in configuration.environments.values():
        one, apps = _environment(place, platform)
        found.append(one)
        sample = sample or next(iter(apps), None)
    return found + (_permissions(platform, sample) if sample else [])


def _environment(place: Environment, platform: _Platform) -> tuple[Check, list[_Resource]]:
    name = f"environment {place.name}"
    costs = "its apps are not seen"
    try:
        space = _space(place, platform)
        if isinstance(space, Check):
            return space, []
        apps = platform.named("apps", space_guids=space)
    except FetchError as error:
        return Check(name=name, ok=False, says=str(error), costs=costs, next_step=error.advice), []
    names = {app.name for app in apps}
    missing = sorted(set(place.apps.values()) - names)
    wanted = [app for app in apps if app.name in place.apps.values()]
    if missing:
        hint = near(missing[0], names)
        says = f"no app {', '.join(missing)} in {place.org}/{place.space}.{hint}"
        step = f"Mend the names under [environments.{place.name}] in runback.toml, or ask for a role there."
        return Check(name=name, ok=False, says=says, costs=costs, next_step=step), wanted
    counted = f"{len(wanted)} app{'' if len(wanted) == 1 else 's'}"
    says = f"{counted} in {place.org or 'the targeted org'}/{place.space or 'any space'}"
    return Check(name=name, ok=True, says=says), wanted


def _space(place: Environment, platform: _Platform) -> str | Check:
    """The guid of the environment's space; '' where it names none."""
    if not place.space:
        return ""
    orgs = platform.named("organizations", names=place.org or "")
    guids = ",".join(org.guid for org in orgs) if place.org else ""
    spaces = platform.named("spaces", names=place.space, organization_guids=guids) if orgs else []
    if spaces:
        return spaces[0].guid
    return Check(
        name=f"environment {place.name}",
        ok=False,
        says=f"the space {place.org or ''}/{place.space} is not there, or this login may not see it",
        costs="its apps are not seen",
        next_step=f"Ask an org manager for the role SpaceDeveloper (or SpaceAuditor) in {place.space}.",
    )


def _permissions(platform: _Platform, app: _Resource) -> list[Check]:
    """What may be read, tried on one app."""
    logs = f"{platform.session.endpoints.log_cache}/api/v1/read/{app.guid}?limit=1"
    policies = f"{platform.session.endpoints.policies}/policies?{urlencode({'source_id': app.guid})}"
    return [
        _variables(platform, app),
        _tried(
            platform, "logs", logs, f"those of {app.name} can be read", "no logs: crashes lose their reason"
        ),
        _tried(
            platform,
            "network policies",
            policies,
            "those of spaces in which you are developer are seen, others are hidden silently",
            "whether one app may reach another stays unknown",
        ),
    ]


def _variables(platform: _Platform, app: _Resource) -> Check:
    name, costs = "environment variables", "missing, empty and differing variables stay unknown"
    step = "Ask for the role SpaceDeveloper; an auditor may not read them."
    try:
        url = f"{platform.session.endpoints.api}/v3/apps/{app.guid}/permissions"
        may = platform.client.json(url, _Permissions, token=platform.session)
    except FetchError as error:
        return Check(name=name, ok=None, says=str(error), costs=costs)
    if may.read_sensitive_data:
        return Check(
            name=name, ok=True, says=f"those of {app.name} may be read (names and shapes are kept only)"
        )
    return Check(
        name=name, ok=False, says=f"this login may not read those of {app.name}", costs=costs, next_step=step
    )


def _tried(platform: _Platform, name: str, url: str, says: str, costs: str) -> Check:
    if not url.startswith("http"):
        return Check(name=name, ok=False, says="the platform does not offer them", costs=costs)
    try:
        platform.client.get(url, token=platform.session)
    except FetchError as error:
        return Check(name=name, ok=False, says=str(error), costs=costs, next_step=error.advice)
    return Check(name=name, ok=True, says=says)
