"""The variables of each app: what it has, what it should have, and what came of the difference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from runback.facts import views
from runback.facts.deploy import deploy_logs, read_unset
from runback.facts.expected import Expectation, expectations
from runback.facts.processes import down
from runback.logs.sift import sifted
from runback.model import App, Cell, Evidence, Gap, Row, Table, Tables, Variable, Where

# The last line of an exception, and the words in which programs say that a setting is not there.
_EXCEPTION = re.compile(
    r"\b\w*(?:Error|Exception|ImproperlyConfigured|UndefinedValue\w*)\b"
    r"|not (?:set|found|defined)|missing|required|undefined",
    re.IGNORECASE,
)


OF_CODE = ("ModuleNotFoundError", "ImportError", "SyntaxError", "IndentationError", "NameError", "TabError")
ADDRESSES = ("host", "host:port", "scheme://host:port")  # shapes


_HOST = re.compile(r"HOST|ADDR|SERVER|UPSTREAM|BACKEND")  # in names of variables that hold a bare name


class Named(NamedTuple):
    """A line of an app's log that names a variable which is not there."""

    text: str
    where: Where


def variables(evidence: Evidence, tables: Tables) -> views.Read:
    apps = views.apps(evidence)
    if isinstance(apps, Gap):
        return apps
    own = [app for app in apps if app.role == "target"]
    unread = {app.name: app.variables for app in own if isinstance(app.variables, Gap)}
    if unread and len(unread) == len(own):
        return next(iter(unread.values()))
    unset = _unset_by_ci(evidence)
    named = {app.name: exceptions_naming(evidence, app, _absent(evidence, app)) for app in apps}
    # One code with two start commands: what stops the one, the other cannot do without either.
    anywhere = frozenset(name for found in named.values() for name in found)
    failed, told = tables["requests"], _ended_otherwise(tables["exceptions"])
    rows = [
        row
        for app in apps
        for row in _rows(
            evidence,
            app,
            unset,
            named[app.name],
            anywhere,
            hosts_instead(app, failed),
            False if app.name in told else down(app),
        )
    ]
    return views.partly(rows, unread)


def _ended_otherwise(exceptions: Table | Gap) -> set[str]:
    """The apps whose last exception is one that no variable brings about: the code itself is broken."""
    last: dict[str, Row] = {}
    for row in () if isinstance(exceptions, Gap) else exceptions.rows:
        known = last.get(row.app or "")
        if known is None or str(row.cells["until"] or "") >= str(known.cells["until"] or ""):
            last[row.app or ""] = row
    return {app for app, row in last.items() if str(row.cells["exception"]).split(".")[-1] in OF_CODE}


def _unset_by_ci(evidence: Evidence) -> set[tuple[str | None, str]] | Gap:
    logs = deploy_logs(evidence)
    if isinstance(logs, Gap):
        return logs
    return {(app, name) for *_, log in logs for app, name, _ in read_unset(log)}


def _rows(
    evidence: Evidence,
    app: App,
    unset: set[tuple[str | None, str]] | Gap,
    named: Mapping[str, Named],
    anywhere: frozenset[str],
    instead: Mapping[str, str],
    stopped: bool | Gap,
) -> Iterator[Row]:
    listed = _listed(evidence, app)
    before = variables_before(app)
    peers = _peers(evidence, app)
    present = _present(app)
    others_named = bool(anywhere & _absent(evidence, app))
    for name in _names_of(evidence, app):
        state: Cell = app.variables if isinstance(app.variables, Gap) else _state(present.get(name))
        had: Cell = before if isinstance(before, Gap) else name in before
        yield _row(
            app,
            name,
            state,
            listed.get(name),
            had,
            peers,
            unset,
            named.get(name),
            others_named and name not in anywhere,
            instead.get(name),
            stopped,
        )


def _listed(evidence: Evidence, app: App) -> dict[str, Expectation]:
    found = expectations(evidence, app.name, "variable")
    return {one.name.known: one for one in found if one.name.known is not None}


def _peers(evidence: Evidence, app: App) -> list[set[str]]:
    """The names that each peer has, as far as it could be read."""
    return [
        {variable.name for variable in peer.variables if variable.shape != "empty"}
        for peer in views.peers_of(evidence, app)
        if not isinstance(peer.variables, Gap)
    ]


def _present(app: App) -> dict[str, Variable]:
    return {} if isinstance(app.variables, Gap) else {variable.name: variable for variable in app.variables}


def _names_of(evidence: Evidence, app: App) -> Iterable[str]:
    """Every name that the app has or should have."""
    listed = _listed(evidence, app)
    if isinstance(app.variables, Gap):
        return listed
    before = variables_before(app)
    had = () if isinstance(before, Gap) else before
    peers: set[str] = set().union(*_peers(evidence, app))
    return dict.fromkeys((*_present(app), *listed, *sorted(had), *sorted(peers)))


def _absent(evidence: Evidence, app: App) -> set[str]:
    present = _present(app)
    return {
        name for name in _names_of(evidence, app) if name not in present or present[name].shape == "empty"
    }


def _state(variable: Variable | None) -> str:
    if variable is None:
        return "missing"
    return "empty" if variable.shape == "empty" else "present"


def _row(
    app: App,
    name: str,
    state: Cell,
    listed: Expectation | None,
    had: Cell,
    peers: list[set[str]],
    unset: set[tuple[str | None, str]] | Gap,
    named: Named | None,
    harmless: bool,
    instead: str | None,
    stopped: bool | Gap,
) -> Row:
    needed: Cell = False
    guessed = False
    if isinstance(state, Gap):
        needed = state
    elif instead is not None or (state != "present" and named is not None):
        needed = True
    elif state != "present" and stopped is not False and had is not False and not harmless:
        # Where exceptions name variables, it is those that the app cannot do without; else any that it lost.
        needed, guessed = (had if isinstance(had, Gap) else stopped), True
    return Row(
        cells={
            "app": app.name,
            "name": name,
            "state": state,
            "expected_by": listed.place if listed else None,
            "in_last_revision": had,
            "peers_with": sum(name in peer for peer in peers),
            "peers": len(peers),
            "unset_by_ci": unset if isinstance(unset, Gap) else (app.name, name) in unset,
            "exception": named.text if named else None,
            "host": instead,
            "needed": needed,
        },
        app=app.name,
        confidence="low" if guessed else "medium" if instead is not None and named is None else None,
        where=_proof(app, name, state, listed, named),
    )


def hosts_instead(app: App, requests: Table | Gap) -> dict[str, str]:
    """For each address that the app lost, the host that it asks for in vain, and that no variable names.

    Code that finds no address takes one of its own, which is often that of a developer's machine; a
    configuration file that completes a bare name keeps the rest ('.apps.internal').
    """
    before = variables_before(app)
    if isinstance(before, Gap) or isinstance(requests, Gap) or isinstance(app.variables, Gap):
        return {}
    known = {address.host for address in app.addresses}
    strange = [
        host
        for row in requests.rows
        if row.app == app.name and row.cells["error"] is not None and row.cells["recovered"] is False
        and isinstance(host := row.cells["upstream"], str) and not row.cells["destination"]
        and not host.replace(".", "").isdigit()
        and not any(host == one or host.startswith(f"{one}.") for one in known)
    ]  # fmt: skip
    present = {variable.name for variable in app.variables if variable.shape != "empty"}
    lost = {name: one.shape for name, one in before.items() if name not in present}
    completed = next((host for host in strange if host.startswith(".")), None)
    bare = (
        [name for name, shape in lost.items() if shape == "text" and _HOST.search(name)] if completed else []
    )
    whole = [name for name, shape in lost.items() if shape in ADDRESSES] if strange else []
    return {name: str(completed) for name in bare} | dict.fromkeys(whole, strange[0] if strange else "")


def _proof(
    app: App, name: str, state: Cell, listed: Expectation | None, named: Named | None
) -> tuple[Where, ...]:
    text = f"{name} is {state}" if isinstance(state, str) else name
    here = views.resource(f"environment of {app.name}", text)
    return (here, *((named.where,) if named else ()), *((listed.where,) if listed else ()))


def variables_before(app: App) -> dict[str, Variable] | Gap:
    """What the last revision before the running one had, by name; a `Gap` where none could be read."""
    if isinstance(app.revisions, Gap):
        return app.revisions
    older = [revision for revision in app.revisions if not revision.deployed]
    for revision in sorted(older, key=lambda r: r.version, reverse=True):
        if isinstance(revision.variables, tuple):
            return {variable.name: variable for variable in revision.variables if variable.shape != "empty"}
    gap = next((r.variables for r in older if isinstance(r.variables, Gap)), None)
    return gap or Gap(what=f"variables of earlier revisions of {app.name}", reason="none was read")


def exceptions_naming(evidence: Evidence, app: App, names: set[str]) -> dict[str, Named]:
    """For each name the last line of the app's own logs that complains about it."""
    if not names:
        return {}
    word = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, sorted(names))) + r")(?!\w)")
    words = tuple(name.encode("utf-8", "replace") for name in names)
    found: dict[str, Named] = {}
    for log in views.logs_of(evidence, app.name, "app", "sidecar", "task"):
        for number, line in sifted(log.text, words):
            hits = word.findall(line)
            if hits and _EXCEPTION.search(line):
                for name in hits:
                    found[name] = Named(line.strip()[:300], views.at_line(log, number, line))
    return found
