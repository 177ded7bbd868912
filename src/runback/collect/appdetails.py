"""One app in full: a dozen requests at once, then those that need an answer of the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NoReturn, TypeVar

from msgspec.structs import replace as replace_record

from runback.collect import capi, environment, logcache, records
from runback.collect.interface import RawLog, Secret, had
from runback.collect.overview import Overview, listing
from runback.collect.past import Past, PastReader
from runback.collect.session import Session
from runback.errors import FetchError
from runback.http import Client, Later, gather, later
from runback.model import (
    Address,
    App,
    AuditEvent,
    Binding,
    Build,
    Deployment,
    Gap,
    InstanceMemory,
    Process,
    Route,
    Task,
)
from runback.redact import Redactor

NEWEST = "order_by=-created_at&per_page=100"
# The audit events that tell something. Who only looked (`audit.app.environment.show`: we do, each time) would
# push out what happened, and so would the legacy `app.crash` beside each crash.
EVENTS = (
    "audit.app.deployment.cancel",
    "audit.app.deployment.create",
    "audit.app.droplet.mapped",
    "audit.app.map-route",
    "audit.app.process.crash",
    "audit.app.process.not-ready",
    "audit.app.process.rescheduling",
    "audit.app.process.scale",
    "audit.app.process.update",
    "audit.app.restart",
    "audit.app.start",
    "audit.app.stop",
    "audit.app.unmap-route",
    "audit.app.update",
)
_NEWEST_EVENTS = f"types={','.join(EVENTS)}&order_by=-created_at&per_page=500"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class AppSeen:
    """What was read of one app."""

    app: App
    logs: tuple[RawLog, ...]
    secrets: tuple[Secret, ...]
    unlearned: tuple[Gap, ...]

    def and_events(self, more: tuple[AuditEvent, ...]) -> AppSeen:
        """The same with more audit events, which are not about the app itself."""
        if isinstance(self.app.events, Gap) or not more:
            return self
        return replace(self, app=replace_record(self.app, events=(*self.app.events, *more)))


def _not_asked() -> NoReturn:
    raise FetchError("it is not read of a peer")


def _not_read() -> capi.Environment:
    raise FetchError("a sweep over many apps reads no environments: each reading leaves an audit event")


class Reading:
    """One app being read. All requests that need only its GUID start at once, with the object."""

    def __init__(
        self,
        app: capi.App,
        overview: Overview,
        client: Client,
        session: Session,
        redactor: Redactor,
        *,
        asked: tuple[Address, ...] = (),
        revisions: tuple[int, ...] = (),
        with_logs: bool = True,
        tasks: Later[list[capi.Task] | Gap] | None = None,
        private: bool = True,
    ) -> None:
        self._in_full = with_logs
        self._asked = asked
        self._tasks = tasks  # of this app and others
        self.app = app
        self._overview = overview
        self._client = client
        self._session = session
        self._redactor = redactor
        self._base = f"/v3/apps/{app.guid}"
        self.environment = self._start(
            "environment", partial(self._get, "/env", capi.Environment) if private else _not_read
        )
        self._processes = self._start("processes", self._read_processes)
        self._bindings = self._start("service bindings", self._read_bindings)
        self._logs = (
            later(logcache.recent, client, session, app.guid, app.name) if with_logs and private else None
        )
        self._droplet = self._begin("current droplet", self._read_droplet)
        self._builds = self._begin("builds", self._read_builds)
        self._deployments = self._begin("deployments", self._read_deployments)
        past = PastReader(app.guid, app.name, self._newest, redactor, NEWEST, revisions if private else None)
        self._past = self._begin("revisions", past.read)
        self._feature = self._begin(
            "revisions feature", partial(self._get, "/features/revisions", capi.Feature)
        )
        self._events = self._begin("audit events", self._read_events)

    def hosts(self) -> tuple[str, ...]:
        """The hosts that the app's variables name. Waits for the environment only."""
        found = self.environment.result()
        own = {} if isinstance(found, Gap) else environment.own_variables(found)
        named = (*self._asked, *environment.addresses(own))
        return tuple(dict.fromkeys(one.host for one in named))

    def is_down(self) -> bool:
        """Whether a process of it should run, and no instance does. Waits for the processes only."""
        processes = self._processes.result()
        if isinstance(processes, Gap) or self.app.state != "STARTED":
            return False
        return any(
            process.desired
            and isinstance(process.instances, tuple)
            and not any(instance.state == "RUNNING" for instance in process.instances)
            for process in processes
        )

    def logs(self) -> tuple[RawLog, ...]:
        """The app's logs, or none where they cannot be had. Waits for them only."""
        found = self._logs.result() if self._logs else ()
        return () if isinstance(found, Gap) else found

    def routes(self) -> tuple[Route, ...]:
        """The app's routes, or none where they could not be had."""
        found = self._overview.routes_of(self.app.guid)
        return () if isinstance(found, Gap) else found

    def finish(self, role: Literal["target", "neighbour", "peer"]) -> AppSeen:
        """Waits for everything."""
        env, past = self.environment.result(), self._past.result()
        logs = self._logs.result() if self._logs else ()
        learned = () if isinstance(env, Gap) else tuple(environment.secrets(self.app.name, env))
        # A peer's secrets are learned where they can be: nothing of what is kept comes from it.
        unlearned: tuple[Gap, ...] = (env,) if isinstance(env, Gap) and self._in_full else ()
        if not isinstance(past, Gap):
            learned += past.secrets
            unlearned += past.unlearned
        app = self._app(role, env, past, logs if isinstance(logs, Gap) else tuple(log.id for log in logs))
        return AppSeen(app, () if isinstance(logs, Gap) else logs, learned, unlearned)

    def _app(
        self,
        role: Literal["target", "neighbour", "peer"],
        env: capi.Environment | Gap,
        past: Past | Gap,
        logs: tuple[str, ...] | Gap,
    ) -> App:
        droplet, feature = self._droplet.result(), self._feature.result()
        values = {} if isinstance(env, Gap) else environment.own_variables(env)
        of_droplet = droplet.metadata if isinstance(droplet, capi.Droplet) else capi.Metadata()
        commit, source = environment.claim_of((of_droplet, self.app.metadata), values)
        space, org = self._overview.place(self.app)
        lifecycle = (self.app.lifecycle and self.app.lifecycle.data) or capi.LifecycleData()
        return App(
            guid=self.app.guid,
            name=self.app.name,
            space=space,
            org=org,
            state=self.app.state,
            created_at=self.app.created_at,
            role=role,
            commit=commit,
            commit_source=source,
            revisions_enabled=feature if isinstance(feature, Gap) else feature.enabled,
            processes=self._processes.result(),
            droplet=records.droplet(droplet, environment.commit_of((of_droplet,), {}))
            if isinstance(droplet, capi.Droplet)
            else droplet,
            droplets=() if isinstance(past, Gap) else past.droplets,
            buildpacks=tuple(lifecycle.buildpacks or ()),
            stack=lifecycle.stack,
            builds=self._builds.result(),
            deployments=self._deployments.result(),
            revisions=past if isinstance(past, Gap) else past.revisions,
            events=self._events.result(),
            variables=env if isinstance(env, Gap) else environment.variables(values, self._redactor),
            addresses=(*self._asked, *environment.addresses(values)),
            bindings=_with_hosts(self._bindings.result(), env),
            routes=self._overview.routes_of(self.app.guid),
            logs=logs,
            memory=self._memory(),
            tasks=self._own_tasks(),
            sidecars=past if isinstance(past, Gap) else past.sidecars,
        )

    def _memory(self) -> tuple[InstanceMemory, ...] | Gap:
        """What its instances used, where one was killed for it; of the others nobody asks."""
        events = self._events.result()
        killed = not isinstance(events, Gap) and any(
            "out of memory" in str(event.data.get("exit_description", "")) for event in events
        )
        if not killed or self._logs is None:
            return ()
        return had(
            f"memory of {self.app.name}", partial(logcache.memory, self._client, self._session, self.app.guid)
        )

    def _own_tasks(self) -> tuple[Task, ...] | Gap:
        found = self._tasks.result() if self._tasks else []
        if isinstance(found, Gap):
            return found
        return tuple(records.task(one) for one in found if one.relationships.guid("app") == self.app.guid)

    def _begin(self, what: str, ask: Callable[[], Value]) -> Later[Value | Gap]:
        """As `_start`; of a peer nothing is asked that it is not compared by."""
        return self._start(what, ask if self._in_full else _not_asked)

    def _start(self, what: str, ask: Callable[[], Value]) -> Later[Value | Gap]:
        return later(had, f"{what} of {self.app.name}", ask)

    def _get(self, path: str, kind: type[Value]) -> Value:
        return self._client.json(self._session.endpoints.api + self._base + path, kind, token=self._session)

    def _newest(self, path: str, kind: type[Value]) -> Value:
        """The first page of a list, newest first: older history than that explains nothing here."""
        return self._client.json(self._session.endpoints.api + path, kind, token=self._session)

    def _read_processes(self) -> tuple[Process, ...]:
        pages = listing(self._client, self._session, f"{self._base}/processes?per_page=100", capi.Processes)
        return gather(*[partial(self._read_process, one) for page in pages for one in page.resources])

    def _read_process(self, one: capi.Process) -> Process:
        path, name = f"/v3/processes/{one.guid}", f"{one.type} of {self.app.name}"
        # The list hides the command; only the process itself tells it.
        detail = later(had, f"command of {name}", partial(self._newest, path, capi.Process))
        told_of_instances = partial(self._newest, f"{path}/stats", capi.Stats)
        stats = had(f"instances of {name}", told_of_instances if self._in_full else _not_asked)
        told = detail.result()
        return records.process(
            one,
            None if isinstance(told, Gap) else told,
            stats if isinstance(stats, Gap) else tuple(records.instance(stat) for stat in stats.resources),
        )

    def _read_droplet(self) -> capi.Droplet | None:
        try:
            return self._get("/droplets/current", capi.Droplet)
        except FetchError as error:
            if error.status == 404:
                return None  # the app is in the list, so it is the droplet that is not there: never staged
            raise

    def _read_builds(self) -> tuple[Build, ...]:
        page = self._newest(f"{self._base}/builds?{NEWEST}", capi.Builds)
        return tuple(records.build(one) for one in page.resources)

    def _read_deployments(self) -> tuple[Deployment, ...]:
        page = self._newest(f"/v3/deployments?app_guids={self.app.guid}&{NEWEST}", capi.Deployments)
        return tuple(records.deployment(one) for one in page.resources)

    def _read_events(self) -> tuple[AuditEvent, ...]:
        path = f"/v3/audit_events?target_guids={self.app.guid}&{_NEWEST_EVENTS}"
        page = self._newest(path, capi.Events)
        return tuple(records.event(one, self.app.name) for one in page.resources)

    def _read_bindings(self) -> tuple[Binding, ...]:
        path = (
            f"/v3/service_credential_bindings?type=app&app_guids={self.app.guid}"
            "&include=service_instance&per_page=200"
        )
        pages = listing(self._client, self._session, path, capi.CredentialBindings)
        seen = {one.guid: one for page in pages for one in page.included.service_instances}
        names = {guid: one.name for guid, one in seen.items()}
        own = self.app.relationships.guid("space")
        away = {guid: one.relationships.guid("space") for guid, one in seen.items()}
        shared = {
            guid: self._overview.spaces.get(space, (space, ""))[0]
            for guid, space in away.items()
            if space not in ("", own)
        }
        return tuple(
            records.binding(one, names, shared.get(one.relationships.guid("service_instance")))
            for page in pages
            for one in page.resources
        )


def _with_hosts(
    bindings: tuple[Binding, ...] | Gap, environ: capi.Environment | Gap
) -> tuple[Binding, ...] | Gap:
    """The bindings with the hosts of their services, as far as the credentials could be read."""
    if isinstance(bindings, Gap) or isinstance(environ, Gap):
        return bindings
    hosts = environment.service_hosts(environ)
    return tuple(replace_record(one, hosts=hosts.get(one.service, ())) for one in bindings)
