"""What an app has beside its code, read before a rebuild deletes it; with the values of its variables."""

from __future__ import annotations

import msgspec

from runback.model import Record
from runback.remedies.bodies import HealthCheck, Policies, Process, states
from runback.remedies.reach import Guid, NotDone, Reach, ToOne, one_name


class KeptProcess(Record, frozen=True, kw_only=True):
    type: str
    instances: int
    memory_in_mb: int
    disk_in_mb: int
    check: str = ""
    endpoint: str | None = None
    timeout: int | None = None
    command: str | None = None  # of a person or a manifest; None: the droplet's own


class KeptRoute(Record, frozen=True, kw_only=True):
    """`host` may be ''; a route of a TCP domain has a `router_port` instead of host and path."""

    host: str
    domain: str
    path: str = ""
    port: int | None = None  # on which the app listens for it, where that is not 8080
    router_port: int | None = None


class KeptPolicy(Record, frozen=True, kw_only=True):
    source: str  # guids; the app's own old one is one of them
    destination: str
    protocol: str
    start: int
    end: int


class Snapshot(Record, frozen=True, kw_only=True):
    """Everything of one app that a script may lose. `running`: whether an instance ran."""

    app: str
    guid: str
    space: str  # guid
    state: str
    running: bool = False
    droplet: str | None = None
    buildpacks: tuple[str, ...] = ()
    stack: str | None = None
    variables: dict[str, str] = msgspec.field(default_factory=dict)
    services: tuple[str, ...] = ()
    routes: tuple[KeptRoute, ...] = ()
    policies: tuple[KeptPolicy, ...] = ()
    processes: tuple[KeptProcess, ...] = ()
    features: dict[str, bool] = msgspec.field(default_factory=dict)
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)

    def encoded(self) -> bytes:
        return msgspec.json.encode(self)


class _Owner(msgspec.Struct):
    space: ToOne = msgspec.field(default_factory=ToOne)
    service_instance: ToOne = msgspec.field(default_factory=ToOne)
    domain: ToOne = msgspec.field(default_factory=ToOne)


class _Metadata(msgspec.Struct):
    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}


class _LifecycleData(msgspec.Struct):
    buildpacks: list[str] | None = None
    stack: str | None = None


class _Lifecycle(msgspec.Struct):
    data: _LifecycleData = msgspec.field(default_factory=_LifecycleData)


class AppSeen(msgspec.Struct):
    guid: str
    name: str = ""
    state: str = ""
    lifecycle: _Lifecycle = msgspec.field(default_factory=_Lifecycle)
    relationships: _Owner = msgspec.field(default_factory=_Owner)
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _Variables(msgspec.Struct):
    var: dict[str, str | None] = {}


class _Feature(msgspec.Struct):
    name: str
    enabled: bool = False


class _Binding(msgspec.Struct):
    relationships: _Owner = msgspec.field(default_factory=_Owner)


class _Started(msgspec.Struct):
    type: str = "web"
    command: str | None = None


class _Application(msgspec.Struct):
    processes: list[_Started] = []


class _Manifest(msgspec.Struct):
    applications: list[_Application] = []


class _Named(msgspec.Struct):
    guid: str = ""
    name: str = ""


class _Destination(msgspec.Struct):
    app: Guid = msgspec.field(default_factory=Guid)
    port: int | None = None


class _Route(msgspec.Struct):
    guid: str
    host: str = ""
    path: str | None = None
    port: int | None = None
    relationships: _Owner = msgspec.field(default_factory=_Owner)
    destinations: list[_Destination] = []


USUAL_PORT = 8080


def find(reach: Reach, name: str, space: str) -> AppSeen | None:
    """The app of this name in the space, whatever its guid is by now."""
    found = reach.listed(f"/v3/apps?names={one_name(name)}&space_guids={space}", AppSeen)
    return found[0] if found else None


def take(reach: Reach, guid: str) -> Snapshot:
    """Reads the app. Raises NotDone where it is not there, FetchError where a part may not be read."""
    app = reach.found(f"/v3/apps/{guid}", AppSeen)
    if app is None or app.relationships.space.data is None:
        raise NotDone("the app of which a snapshot was to be taken is not there any more")
    kept = tuple(processes(reach, guid).values())
    return Snapshot(
        app=app.name,
        guid=guid,
        space=app.relationships.space.data.guid,
        state=app.state,
        running=any("RUNNING" in states(reach, guid, one.type) for one in kept if one.instances),
        droplet=droplet(reach, guid),
        buildpacks=tuple(app.lifecycle.data.buildpacks or ()),
        stack=app.lifecycle.data.stack,
        variables=variables(reach, guid),
        services=services(reach, guid),
        routes=routes(reach, guid),
        policies=policies(reach, guid),
        processes=kept,
        features=features(reach, guid),
        labels=_present(app.metadata.labels),
        annotations=_present(app.metadata.annotations),
    )


def droplet(reach: Reach, guid: str) -> str | None:
    """The guid of what the app runs; None where it has no code."""
    found = reach.found(f"/v3/apps/{guid}/droplets/current", Guid)
    return found.guid if found else None


def _present(given: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value is not None}


def variables(reach: Reach, guid: str) -> dict[str, str]:
    return _present(reach.read(f"/v3/apps/{guid}/environment_variables", _Variables).var)


def features(reach: Reach, guid: str) -> dict[str, bool]:
    return {one.name: one.enabled for one in reach.listed(f"/v3/apps/{guid}/features", _Feature)}


def services(reach: Reach, guid: str) -> tuple[str, ...]:
    """The names of the service instances that are bound."""
    found = []
    for one in reach.listed(f"/v3/service_credential_bindings?type=app&app_guids={guid}", _Binding):
        instance = one.relationships.service_instance.data
        if instance is not None:
            found.append(reach.read(f"/v3/service_instances/{instance.guid}", _Named).name)
    return tuple(sorted(found))


def routes(reach: Reach, guid: str) -> tuple[KeptRoute, ...]:
    """The routes that lead to the app."""
    domains: dict[str, str] = {}
    found = []
    for one in reach.listed(f"/v3/apps/{guid}/routes", _Route):
        domain = one.relationships.domain.data
        if domain is None:
            continue
        if domain.guid not in domains:
            domains[domain.guid] = reach.read(f"/v3/domains/{domain.guid}", _Named).name
        ports = [each.port for each in one.destinations if each.app.guid == guid]
        port = next((each for each in ports if each != USUAL_PORT), None)
        found.append(
            KeptRoute(
                host=one.host,
                domain=domains[domain.guid],
                path=one.path or "",
                port=port,
                router_port=one.port,
            )
        )
    return tuple(found)


def policies(reach: Reach, guid: str) -> tuple[KeptPolicy, ...]:
    """Those from the app and those of others towards it, as far as this login may see them."""
    return tuple(
        KeptPolicy(
            source=one.source.id,
            destination=one.destination.id,
            protocol=one.destination.protocol,
            start=one.destination.ports.start,
            end=one.destination.ports.end,
        )
        for one in reach.policies(f"id={guid}", Policies).policies
    )


def processes(reach: Reach, guid: str) -> dict[str, KeptProcess]:
    """The app's processes by their types."""
    # The API of processes gives the droplet's own command where nobody set one; manifests leave it out.
    manifest = reach.read_yaml(f"/v3/apps/{guid}/manifest", _Manifest)
    own = {one.type: one.command for each in manifest.applications for one in each.processes}
    found = reach.listed(f"/v3/apps/{guid}/processes", Process)
    return {one.type: _kept(one, own.get(one.type)) for one in found}


def _kept(process: Process, command: str | None) -> KeptProcess:
    check = process.health_check or HealthCheck()
    return KeptProcess(
        type=process.type,
        instances=process.instances,
        memory_in_mb=process.memory_in_mb,
        disk_in_mb=process.disk_in_mb,
        check=check.type,
        endpoint=check.data.endpoint if check.data else None,
        timeout=check.data.timeout if check.data else None,
        command=command,
    )


def load(reach: Reach, app: str) -> Snapshot:
    """The snapshot that was taken of the app. Raises NotDone where there is none."""
    data = reach.workshop.vault.kept(app) if reach.workshop else None
    if data is None:
        raise NotDone(f"there is no snapshot of {app}")
    return msgspec.json.decode(data, type=Snapshot)
