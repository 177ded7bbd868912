"""What the cf commands of a script make of a platform: the command line of cf 8, as far as it declares."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping

from runback.declared.branching import Command
from runback.declared.item import Declared, Kind
from runback.declared.manifest import Manifest
from runback.declared.shell import Unread
from runback.declared.text import NOTHING, Text, joined, literal

_NAMES = ("cf", "cf7", "cf8")
# Options that take a value; all others stand alone. Of cf 8: `cf help COMMAND`.
_VALUED = {
    "push": (
        *("-f", "--manifest", "-p", "--path", "-b", "--buildpack", "-m", "-k", "-i", "--instances", "-c"),
        *("-u", "--health-check-type", "-t", "--app-start-timeout", "-s", "--stack", "--endpoint", "-o"),
        *("--var", "--vars-file", "--strategy", "--docker-image", "--docker-username", "--droplet"),
        *("--start-command", "--lifecycle", "--max-in-flight", "--instance-steps", "-l", "--log-rate-limit"),
    ),
    "map-route": ("--hostname", "-n", "--path", "--port", "--app-protocol", "--destination-protocol"),
    "add-network-policy": ("--destination-app", "--protocol", "--port", "-s", "-o"),
    "bind-service": ("-c", "--binding-name", "-n"),
    "create-service": ("-b", "-c", "-t"),
    "create-user-provided-service": ("-p", "-l", "-r", "-t"),
    "scale": ("-i", "-k", "-m", "-l", "--process"),
    "set-health-check": ("--process", "--endpoint", "--invocation-timeout"),
}
_VALUED["unmap-route"] = _VALUED["map-route"]
_VALUED["remove-network-policy"] = _VALUED["add-network-policy"]
_SHORT = {
    "p": "push",
    "se": "set-env",
    "ue": "unset-env",
    "bs": "bind-service",
    "us": "unbind-service",
    "cs": "create-service",
    "cups": "create-user-provided-service",
}
_PUSH_SETTINGS = {
    "-m": "memory",
    "-k": "disk",
    "-i": "instances",
    "--instances": "instances",
    "-c": "command",
    "--start-command": "command",
    "-u": "health check",
    "--health-check-type": "health check",
    "--endpoint": "health endpoint",
    "-s": "stack",
    "--stack": "stack",
}


class Call:
    """A cf command taken apart: its verb, its options, its other words."""

    def __init__(self, command: Command) -> None:
        self.command = command
        verb = command.words[1].known or ""
        self.verb = _SHORT.get(verb, verb)
        self.words: list[Text] = []
        self.options: list[tuple[str, Text]] = []
        valued, rest = _VALUED.get(self.verb, ()), list(command.words[2:])
        while rest:
            word = rest.pop(0)
            name, equals, value = (word.known or "").partition("=")
            if name in valued and rest and not equals:
                self.options.append((name, rest.pop(0)))
            elif name.startswith("-") and len(name) > 1:
                self.options.append((name, literal(value)))
            else:
                self.words.append(word)

    def option(self, *names: str) -> Text | None:
        return next((value for name, value in reversed(self.options) if name in names), None)

    def word(self, index: int) -> Text:
        return self.words[index] if index < len(self.words) else Text()

    def item(self, kind: Kind, app: Text, name: Text, value: Text = NOTHING) -> Declared:
        path, line = name.origin if kind == "variable" and name.origin else self._place()
        return Declared(kind, app, name, value, path, line, self.command.doubtful)

    def _place(self) -> tuple[str, int]:
        return self.command.path, self.command.line


def declared(
    commands: list[Command], manifests: Mapping[str, Manifest]
) -> tuple[list[Declared], list[Unread]]:
    """What the commands declare, in their order, and what of it nobody can tell."""
    found: list[Declared] = []
    unread: dict[Unread, None] = {}
    for command in commands:
        if len(command.words) < 2 or posixpath.basename(command.words[0].known or "") not in _NAMES:
            continue
        call = Call(command)
        if undone := _UNDO.get(call.verb):
            if command.certain:
                gone = undone(call)
                found = [one for one in found if (one.kind, one.app.shown, one.name.shown) != gone]
            continue
        if call.verb == "push":
            found += _push(call, manifests)
        elif reader := _READERS.get(call.verb):
            item = reader(call)
            if item is None:
                continue
            if not item.name.parts:
                continue
            if item.name.bare:
                what = f"which {item.kind} {item.name.shown} is, of cf {call.verb}"
                unread[Unread(command.path, command.line, what)] = None
            else:
                found.append(item)
    return found, list(unread)


def _set_env(call: Call) -> Declared | None:
    return call.item("variable", call.word(0), call.word(1), call.word(2)) if len(call.words) > 1 else None


def _bind(call: Call) -> Declared | None:
    return call.item("service", call.word(0), call.word(1)) if len(call.words) > 1 else None


def _map_route(call: Call) -> Declared | None:
    return call.item("route", call.word(0), _route(call)) if len(call.words) > 1 else None


def _route(call: Call) -> Text:
    host, path, port = call.option("--hostname", "-n"), call.option("--path"), call.option("--port")
    parts: list[Text] = [host, literal(".")] if host is not None and host.parts else []
    parts.append(call.word(1))
    parts += [literal(":"), port] if port is not None else []
    if path is not None:
        parts += [literal("" if (path.known or "").startswith("/") else "/"), path]
    return joined(parts)


def _policy(call: Call) -> Declared | None:
    destination = call.option("--destination-app") or call.word(1)
    if not destination.parts:
        return None
    protocol, port = call.option("--protocol") or literal("tcp"), call.option("--port") or literal("8080")
    return call.item("policy", call.word(0), destination, joined((protocol, literal(" "), port)))


def _create(call: Call) -> Declared | None:
    if len(call.words) < 3:
        return None
    plan = joined((call.word(0), literal(" "), call.word(1)))
    return call.item("instance", NOTHING, call.word(2), plan)


def _provide(call: Call) -> Declared | None:
    return call.item("instance", NOTHING, call.word(0), literal("user-provided")) if call.words else None


def _health(call: Call) -> Declared | None:
    return call.item("setting", call.word(0), literal("health check"), call.word(1))


def _push(call: Call, manifests: Mapping[str, Manifest]) -> Iterator[Declared]:
    """What a push takes from its manifest, under the name that it is pushed with, and from its options."""
    app = call.word(0)
    overridden = {_PUSH_SETTINGS[name] for name, _ in call.options if name in _PUSH_SETTINGS}
    without_routes = any(name in ("--no-route", "--no-manifest") for name, _ in call.options)
    manifest = _manifest_of(call, manifests)
    if manifest is not None and not any(name == "--no-manifest" for name, _ in call.options):
        for item in manifest.items(app, _variables(call)):
            if item.kind == "setting" and item.name.known in overridden:
                continue
            if item.kind == "route" and without_routes:
                continue
            yield item
    for name, value in call.options:
        if name in _PUSH_SETTINGS and value.parts:
            yield call.item("setting", app, literal(_PUSH_SETTINGS[name]), value)
    buildpacks = [value for name, value in call.options if name in ("-b", "--buildpack")]
    if buildpacks:
        packs = [part for one in buildpacks for part in (literal(", "), one)][1:]
        yield call.item("setting", app, literal("buildpacks"), joined(packs))


def _manifest_of(call: Call, manifests: Mapping[str, Manifest]) -> Manifest | None:
    """The manifest that is pushed: at its path, or, where the folder is unknown, the only one of its name."""
    given = call.option("-f", "--manifest")
    name = given.known if given is not None else "manifest.yml"
    if name is None:
        return None
    if call.command.folder is not None:
        path = posixpath.normpath(posixpath.join(call.command.folder, name))
        if path in manifests or given is None:
            return manifests.get(path)
    ends = [one for path, one in manifests.items() if f"/{path}".endswith("/" + name.lstrip("./"))]
    return ends[0] if len(ends) == 1 else None


def _variables(call: Call) -> dict[str, Text]:
    """`--var name=value`, for the manifest's ((name))."""
    found = {}
    for option, value in call.options:
        first = value.parts[0] if value.parts else ""
        if option == "--var" and isinstance(first, str) and "=" in first:
            name, _, start = first.partition("=")
            found[name] = joined((literal(start), Text(value.parts[1:])))
    return found


_READERS: Mapping[str, Callable[[Call], Declared | None]] = {
    "set-env": _set_env,
    "bind-service": _bind,
    "map-route": _map_route,
    "add-network-policy": _policy,
    "create-service": _create,
    "create-user-provided-service": _provide,
    "set-health-check": _health,
}
_UNDO: Mapping[str, Callable[[Call], tuple[Kind, str, str]]] = {
    "unset-env": lambda call: ("variable", call.word(0).shown, call.word(1).shown),
    "unbind-service": lambda call: ("service", call.word(0).shown, call.word(1).shown),
    "unmap-route": lambda call: ("route", call.word(0).shown, _route(call).shown),
    "remove-network-policy": lambda call: (
        "policy",
        call.word(0).shown,
        (call.option("--destination-app") or call.word(1)).shown,
    ),
    "delete-service": lambda call: ("instance", "", call.word(0).shown),
}
