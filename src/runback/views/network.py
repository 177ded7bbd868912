"""The map: which app asks which, and where the way is broken."""

from __future__ import annotations

from runback.facts import views
from runback.facts.processes import web_process
from runback.model import App, Edge, Evidence, Gap, Health, Node, Row, Tables

PEOPLE = "people"
ORDER: tuple[Health, ...] = ("bad", "hurt", "unknown", "good")  # the worst of several ways is shown


def network(evidence: Evidence, tables: Tables) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The apps of the environment with their neighbours, the services that are missing, and the people."""
    apps = views.apps(evidence)
    if isinstance(apps, Gap) or not apps:
        return (), ()
    edges = [*_people(evidence, apps, tables), *_ways(apps, tables), *_services(tables)]
    named = {name for edge in edges for name in (edge.source, edge.destination)}
    known = {app.name for app in apps}
    services = {edge.destination for edge in edges if edge.label == "service"}
    nodes = [_app(app) for app in apps]
    nodes += [Node(name=name, kind="service", health="bad") for name in sorted(services)]
    nodes += [_elsewhere(name, edges) for name in sorted(named - known - services - {PEOPLE})]
    if PEOPLE in named:
        nodes.insert(0, Node(name=PEOPLE, kind="people", health="good", says="by the public routes"))
    return tuple(nodes), tuple(edges)


def _elsewhere(name: str, edges: list[Edge]) -> Node:
    """What is asked and was not collected: an app that cannot be seen, or a name behind which is nothing."""
    if any(edge.destination == name and edge.health == "bad" for edge in edges):
        return Node(name=name, kind="app", health="bad", says="nothing answers to this name")
    return Node(name=name, kind="app", health="unknown", says="cannot be seen")


def _app(app: App) -> Node:
    health, says = _running(app)
    return Node(
        name=app.name,
        kind="app",
        health=health,
        space=app.space,
        says=says,
        routes=() if isinstance(app.routes, Gap) else tuple(route.url for route in app.routes),
        services=()
        if isinstance(app.bindings, Gap)
        else tuple(sorted(binding.service for binding in app.bindings if binding.state == "succeeded")),
    )


def _running(app: App) -> tuple[Health, str]:
    process = web_process(app)
    if app.state != "STARTED":
        return "bad", "stopped"
    if process is None or isinstance(process.instances, Gap):
        return "unknown", "instances unknown"
    running = sum(instance.state == "RUNNING" for instance in process.instances)
    health: Health = "good" if running >= process.desired else "hurt" if running else "bad"
    return health, f"{process.type} {running} of {process.desired} running"


def _ways(apps: tuple[App, ...], tables: Tables) -> list[Edge]:
    """One edge for each pair of apps that the connections name, judged by the worst of its paths."""
    connections, paths = tables["connections"], tables["network.path"]
    edges: dict[tuple[str, str], Edge] = {}
    for row in () if isinstance(connections, Gap) else connections.rows:
        if row.cells["why"] != "shares-code":
            pair = (str(row.cells["source"]), str(row.cells["destination"]))
            edges.setdefault(pair, Edge(source=pair[0], destination=pair[1], health="good"))
    asked: set[tuple[str, str]] = set()
    for row in () if isinstance(paths, Gap) else paths.rows:
        source, host, named = str(row.cells["source"]), str(row.cells["hostname"]), row.cells["destination"]
        asked.add((source, host))
        pair = (source, named if isinstance(named, str) else host)
        if pair not in edges and isinstance(named, str):
            continue  # an address that nobody depends on, such as the app's own
        found = _way(row, *pair)
        known = edges.get(pair)
        if known is None or not known.label or ORDER.index(found.health) < ORDER.index(known.health):
            edges[pair] = found
    return [*edges.values(), *_unresolved(tables, asked)]


def _unresolved(tables: Tables, asked: set[tuple[str, str]]) -> list[Edge]:
    """Names that no variable holds and that an app asked for in vain, as its own log says."""
    requests = tables["requests"]
    wanted = {
        (str(row.app), str(row.cells["upstream"]))
        for row in (() if isinstance(requests, Gap) else requests.rows)
        if row.cells["error"] == "not_resolved" and row.cells["recovered"] is False and row.cells["upstream"]
    }
    return [
        Edge(source=source, destination=host, health="bad", says="the name does not resolve")
        for source, host in sorted(wanted - asked)
    ]


def _way(row: Row, source: str, destination: str) -> Edge:
    cells = row.cells
    port = cells["port"]
    label = f"{cells['protocol']} {port}" if isinstance(port, int) else str(cells["protocol"])
    health, says = _judge(row)
    return Edge(source=source, destination=destination, label=label, health=health, says=says)


def _judge(row: Row) -> tuple[Health, str]:
    """The first hop that does not hold, in the order in which a packet meets them."""
    cells = row.cells
    if cells["resolved"] is False:
        return "bad", "the name has no route"
    if cells["destination"] is None:
        return "bad", "the route leads to no app"
    if cells["destination_state"] == "stopped":
        return "bad", "the destination is stopped"
    if cells["destination_running"] == 0:
        return "bad", "no instance runs behind it"
    if cells["policy"] == "missing":
        return "bad", "no network policy"
    if cells["policy"] == "wrong_port":
        return "bad", f"the policy opens {cells['open_ports']}"
    if cells["listening"] is False:
        return "bad", "nothing listens on the port"
    if cells["failing"] is True:
        return "hurt", "requests fail"
    if isinstance(cells["policy"], Gap):
        return "unknown", f"policy unknown: {cells['policy'].reason}"
    return "good", ""


def _people(evidence: Evidence, apps: tuple[App, ...], tables: Tables) -> list[Edge]:
    """People come in by the public routes of the environment's apps."""
    edges: list[Edge] = []
    for app in apps:
        public = () if isinstance(app.routes, Gap) else [r for r in app.routes if not r.internal]
        if public and views.belongs(evidence, app):
            answers = _answers(app, tables)
            says = f"answered with {answers}" if answers else ""
            health: Health = "hurt" if answers else "good"
            edges.append(Edge(source=PEOPLE, destination=app.name, label="https", health=health, says=says))
    return edges


def _answers(app: App, tables: Tables) -> str:
    """The error statuses with which the app's requests end and go on ending."""
    requests = tables["requests"]
    rows = () if isinstance(requests, Gap) else requests.rows
    found = {
        str(row.cells["status"])
        for row in rows
        if row.app == app.name
        and row.cells["kind"] == "response"
        and row.cells["recovered"] is False
        and isinstance(row.cells["status"], int)
    }
    return ", ".join(sorted(found))


def _services(tables: Tables) -> list[Edge]:
    """Only the bindings that are missing: those that hold would hide them."""
    bindings = tables["services.bindings"]
    return [
        Edge(
            source=str(row.cells["app"]),
            destination=str(row.cells["service"]),
            label="service",
            health="bad",
            says=str(row.cells["state"]).replace("_", " "),
        )
        for row in (() if isinstance(bindings, Gap) else bindings.rows)
        if row.cells["state"] not in ("bound", "succeeded") and isinstance(row.cells["expected_by"], str)
    ]
