"""What the cf commands of a script make of a platform: the command line of cf 8, as far as it declares."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

from runback.declared.branching import Command
from runback.declared.calls import CF
from runback.declared.item import Declared, Kind, Unread
from runback.declared.pushed import Pushed
from runback.declared.text import NOTHING, Text, joined, literal

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
    "apply-manifest": ("-f",),
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
    "v3-push": "push",
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
            first = word.parts[0] if word.parts else ""
            name, equals, value = first.partition("=") if isinstance(first, str) else ("", "", "")
            if name in valued and rest and not equals:
                self.options.append((name, rest.pop(0)))
            elif name.startswith("-") and len(name) > 1:
                self.options.append((name, joined((literal(value), Text(word.parts[1:])))))
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


def declared(commands: list[Command], files: Pushed) -> tuple[list[Declared], list[Unread]]:
    """What the commands declare, in their order, and what of it nobody can tell."""
    found: list[tuple[Declared, bool]] = []
    unread: dict[Unread, None] = {}
    for command in commands:
        if len(command.words) < 2 or posixpath.basename(command.words[0].known or "") not in CF:
            continue
        call = Call(command)
        if undone := _UNDO.get(call.verb):
            if command.certain:
                gone = undone(call)
                found = [one for one in found if _key(one[0]) != gone]
            continue
        for item in _READERS[call.verb](call, files) if call.verb in _READERS else ():
            what = item if isinstance(item, str) else ""
            if not isinstance(item, str) and item.name.bare:
                what = f"which {item.kind} {item.name.told} is, of cf {call.verb}"
            if what:
                unread[Unread(command.path, command.line, what)] = None
            elif not isinstance(item, str) and item.name.parts:
                found.append((item, command.certain))
    return _last(found), list(unread)


def _key(item: Declared) -> tuple[Kind, str, str]:
    return item.kind, item.app.shown, item.name.shown


def _last(found: list[tuple[Declared, bool]]) -> list[Declared]:
    """Without what is certainly set anew later: `cf set-env` and `cf scale` count before the manifest."""
    settled: set[tuple[Kind, str, str]] = set()
    kept: list[Declared] = []
    for item, certain in reversed(found):
        if _key(item) not in settled:
            kept.append(item)
        if certain and item.kind in ("variable", "setting") and item.app.known is not None:
            settled.add(_key(item))
    return kept[::-1]


def _set_env(call: Call, _: Pushed) -> Iterator[Declared]:
    if len(call.words) > 1:
        yield call.item("variable", call.word(0), call.word(1), call.word(2))


def _bind(call: Call, _: Pushed) -> Iterator[Declared]:
    if len(call.words) > 1:
        yield call.item("service", call.word(0), call.word(1))


def _map_route(call: Call, _: Pushed) -> Iterator[Declared]:
    if len(call.words) > 1:
        yield call.item("route", call.word(0), _route(call))


def _route(call: Call) -> Text:
    host, path, port = call.option("--hostname", "-n"), call.option("--path"), call.option("--port")
    parts: list[Text] = [host, literal(".")] if host is not None and host.parts else []
    parts.append(call.word(1))
    parts += [literal(":"), port] if port is not None else []
    if path is not None:
        parts += [literal("" if (path.known or "").startswith("/") else "/"), path]
    return joined(parts)


def _policy(call: Call, _: Pushed) -> Iterator[Declared]:
    destination = call.option("--destination-app") or call.word(1)
    if destination.parts:
        protocol, port = call.option("--protocol") or literal("tcp"), call.option("--port") or literal("8080")
        yield call.item("policy", call.word(0), destination, joined((protocol, literal(" "), port)))


def _create(call: Call, _: Pushed) -> Iterator[Declared]:
    if len(call.words) > 2:
        plan = joined((call.word(0), literal(" "), call.word(1)))
        yield call.item("instance", NOTHING, call.word(2), plan)


def _provide(call: Call, _: Pushed) -> Iterator[Declared]:
    if call.words:
        yield call.item("instance", NOTHING, call.word(0), literal("user-provided"))


def _of_process(call: Call, setting: str) -> Text:
    """A setting's name; of a process type other than web, the type comes before."""
    kind = call.option("--process")
    return literal(setting) if kind is None or kind.known == "web" else joined((kind, literal(f" {setting}")))


def _health(call: Call, _: Pushed) -> Iterator[Declared]:
    yield call.item("setting", call.word(0), _of_process(call, "health check"), call.word(1))
    endpoint = call.option("--endpoint")
    if endpoint is not None:
        yield call.item("setting", call.word(0), _of_process(call, "health endpoint"), endpoint)


def _scale(call: Call, _: Pushed) -> Iterator[Declared]:
    for option, setting in (("-i", "instances"), ("-m", "memory"), ("-k", "disk")):
        value = call.option(option)
        if value is not None and value.parts:
            yield call.item("setting", call.word(0), _of_process(call, setting), value)


def _push(call: Call, files: Pushed) -> Iterator[Declared | str]:
    """What a push takes from its manifest, under the name that it is pushed with, and from its options."""
    app = call.word(0)
    overridden = {_PUSH_SETTINGS[name] for name, _ in call.options if name in _PUSH_SETTINGS}
    without_routes = any(name in ("--no-route", "--no-manifest") for name, _ in call.options)
    if not any(name == "--no-manifest" for name, _ in call.options):
        for item in _of_manifest(call, app, files):
            if isinstance(item, Declared) and item.kind == "setting" and item.name.known in overridden:
                continue
            if isinstance(item, Declared) and item.kind == "route" and without_routes:
                continue
            yield item
    for name, value in call.options:
        if name in _PUSH_SETTINGS and value.parts:
            yield call.item("setting", app, literal(_PUSH_SETTINGS[name]), value)
    buildpacks = [value for name, value in call.options if name in ("-b", "--buildpack")]
    if buildpacks:
        packs = [part for one in buildpacks for part in (literal(", "), one)][1:]
        yield call.item("setting", app, literal("buildpacks"), joined(packs))


def _apply(call: Call, files: Pushed) -> Iterator[Declared | str]:
    return _of_manifest(call, NOTHING, files)


def _of_manifest(call: Call, app: Text, files: Pushed) -> Iterator[Declared | str]:
    folder, given = call.command.folder, call.option("-f", "--manifest")
    manifest = files.manifest(folder, given)
    if manifest is None:
        if given is not None and given.parts:
            yield f"what the manifest {given.told} says, which was not read"
        return
    variables: dict[str, Text] = {}
    for path in [value for name, value in call.options if name == "--vars-file"]:
        found = files.values(folder, path)
        if found is None:
            yield f"what the variables file {path.told} says, which was not read"
        variables |= found or {}
    yield from manifest.items(app, variables | _variables(call))


def _variables(call: Call) -> dict[str, Text]:
    """`--var name=value`, for the manifest's ((name))."""
    found = {}
    for option, value in call.options:
        first = value.parts[0] if value.parts else ""
        if option == "--var" and isinstance(first, str) and "=" in first:
            name, _, start = first.partition("=")
            found[name] = joined((literal(start), Text(value.parts[1:])))
    return found


_READERS: Mapping[str, Callable[[Call, Pushed], Iterable[Declared | str]]] = {
    "push": _push,
    "apply-manifest": _apply,
    "scale": _scale,
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
