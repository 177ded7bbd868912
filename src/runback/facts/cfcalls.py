"""The cf commands that the output of a step shows, one after another.

The messages are those of the cf CLI 8 (cloudfoundry/cli, command/v7 and util/ui: an error's text goes to
standard error first, the word FAILED to standard output after it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from runback.logs.sift import Quiet, stretches
from runback.model import Log

_NAME = r"(?P<app>[\w.-]+)"
# The command, a word that the line holds, and the line.
_STARTS = tuple(
    (verb, word, re.compile(pattern))
    for verb, word, pattern in (
        ("push", "Pushing ", rf"Pushing app {_NAME} to org "),
        ("push", "Pushing ", r"Pushing (?:from manifest|apps? .* to) "),
        ("restage", "Restaging ", rf"Restaging app {_NAME} in org "),
        ("restart", "Restarting ", rf"Restarting app {_NAME} in org "),
        ("start", "Starting ", rf"Starting app {_NAME} in org "),
        ("stop", "Stopping ", rf"Stopping app {_NAME} in org "),
        ("delete", "Deleting ", rf"Deleting app {_NAME} in org "),
        ("scale", "Scaling ", rf"Scaling app {_NAME} in org "),
        (
            "set-env",
            "Setting ",
            rf"Setting env variable '?(?P<name>\w+)'? (?:to .+ )?for app {_NAME} in org ",
        ),
        ("unset-env", "Removing ", rf"Removing env variable '?(?P<name>\w+)'? from app {_NAME} in org "),
        (
            "bind-service",
            "Binding ",
            rf"Binding service(?: instance)? (?P<name>[\w.-]+) to app {_NAME} in org ",
        ),
        ("unbind-service", "Unbinding ", rf"Unbinding app {_NAME} from service (?P<name>[\w.-]+) in org "),
        ("map-route", "Mapping ", rf"Mapping route (?P<name>\S+) to app {_NAME} "),
        ("map-route", "Creating ", r"Creating route (?P<name>\S+) for org "),
        ("unmap-route", "Removing ", rf"Removing route (?P<name>\S+) from app {_NAME} "),
        ("add-network-policy", "Adding ", rf"Adding network policy from app {_NAME} "),
        ("create-service", "Creating ", r"Creating service instance (?P<name>[\w.-]+) in org "),
        ("app", "Showing ", rf"Showing health and status for app {_NAME} in org "),
        ("set-label", "Setting ", rf"Setting label\(s\) for app {_NAME} in org "),
        ("other", "...", r"^[A-Z][a-z]+ing .* as \S+\.\.\.$"),
    )
)
# Without any of these a line begins no command: fewer than the words above, as each is looked for in all.
BEGINNINGS = (
    b"+ cf", b" in org ", b"Pushing ", b"Mapping route ", b"Creating route ", b"Removing route ",
    b"Adding network policy ", b"...",
)  # fmt: skip
_TRACED = re.compile(r"^\++ (?P<command>cf\s+(?P<verb>[a-z][\w-]*)(?P<rest>.*))$")
_ROLLING = re.compile(
    r"(?:Creating|Starting) deployment for app|Waiting for app to deploy|--strategy rolling"
)
_DONE = re.compile(r"^requested state:\s+(?P<state>\w+)")
_UP = re.compile(r"^instances:\s+(?P<up>\d+)/(?P<wanted>\d+)")
# Without any of these, or of the beginnings, a line says at most why a command failed.
_TELLING = (
    *BEGINNINGS, b"FAILED", b"OK", b"deployment for app", b"Waiting for app to deploy", b"--strategy rolling",
    b"requested state:", b"instances:",
)  # fmt: skip
_JOB = re.compile(r"^Job \([0-9a-f-]{36}\) failed: ")  # the platform's job, of no use to a person
# What cf prints while it works: never the reason of a failure.
_PROGRESS = re.compile(
    r"^\s*$|\.\.\.\s*$|^TIP:|^Instances starting|^Waiting for|^Applying manifest|^Manifest applied"
    r"|^\s*[a-z][\w -]*:\s"
    r"|^Packaging files|^Uploading files|^All files found|^\s*\d.*%|^Updating with these|^\s*[+-] |^---$|^OK$"
)


@dataclass
class Call:
    """One cf command as far as the output tells it."""

    verb: str
    line: int
    text: str
    app: str | None = None
    name: str | None = None
    traced: bool = False
    rolling: bool = False
    done: bool = False
    result: str = "unfinished"
    reason: str | None = None
    reason_line: int = 0
    said: tuple[int, str] | None = None  # the last line that may be a reason
    state: str | None = None  # of the app, as the command says at its end
    up: int | None = None  # instances of its first process
    wanted: int | None = None

    @property
    def ended(self) -> str | None:
        """How the app stood at the command's end: up, down or stopped; `None` where it does not say."""
        if self.state is None:
            return None
        if self.state != "started":
            return "stopped"
        return "down" if self.up == 0 and self.wanted else "up"

    @property
    def command(self) -> str:
        if self.traced:
            return self.text.lstrip("+ ")
        words = ["cf", self.verb]
        words += [self.app] if self.app else []
        words += [self.name] if self.name else []
        return " ".join(words) + (" --strategy rolling" if self.rolling else "")

    def says(self, number: int, line: str) -> None:
        self.rolling = self.rolling or bool(_ROLLING.search(line))
        if state := _DONE.match(line):
            self.done, self.state = True, state["state"]
        elif self.done and self.up is None and (up := _UP.match(line)):
            self.up, self.wanted = int(up["up"]), int(up["wanted"])  # of the first process: web
        if not _PROGRESS.search(line):
            self.said = number, line.strip()

    def hears(self, quiet: Quiet) -> None:
        """Lines of which only the last one counts that may be a reason."""
        for number, line in quiet.backwards():
            if not _PROGRESS.search(line):
                self.said = number, line.strip()
                return

    def failed(self, number: int) -> None:
        self.result = "failed"
        if self.said:
            self.reason_line, said = self.said
            self.reason = _JOB.sub("", said)
        else:
            self.reason_line = number


def read_calls(log: Log) -> Iterator[Call]:
    """The cf commands of one step's output, in order.

    A command ends at its FAILED, at its OK where it has one, or where the next one begins.
    """
    current: Call | None = None
    unnamed: tuple[int, str] | None = None  # the last line outside of any command
    for quiet, number, line in stretches(log.text, _TELLING):
        if current is not None:
            current.hears(quiet)
        else:
            unnamed = next(_written(quiet), unnamed)
        if line is None:
            continue
        started = start_of(number, line)
        if started is not None:
            if current is not None and _goes_on(current, started):
                current.app, current.name = started.app or current.app, started.name or current.name
                continue
            yield from _closed(current)
            current, unnamed = started, None
        elif line.strip() == "FAILED":
            current = current or Call(verb="unknown", line=number, text=line, said=unnamed)
            current.failed(number)
            yield current
            current, unnamed = None, None
        elif current is None:
            unnamed = (number, line.strip()) if line.strip() else unnamed
        elif line.strip() == "OK" and current.verb not in ("push", "restage", "restart", "start"):
            current.result = "ok"
            yield current
            current = None
        else:
            current.says(number, line)
    yield from _closed(current, last=True)


def _written(quiet: Quiet) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, the last one first."""
    return ((number, line.strip()) for number, line in quiet.backwards() if line.strip())


def _closed(call: Call | None, *, last: bool = False) -> Iterator[Call]:
    """A command that the next one, or the end of the output, ends: it went well if the script went on."""
    if call is not None:
        yield replace(call, result="ok" if call.done or not last else "unfinished")


def _goes_on(current: Call, started: Call) -> bool:
    """Whether the line belongs to the command under way: its echo, or the restart at the end of a restage."""
    if current.traced and current.verb == started.verb and not current.said:
        return True
    return current.verb == "restage" and started.verb in ("restart", "start", "stop") and not current.done


def start_of(number: int, line: str) -> Call | None:
    if traced := _TRACED.match(line):
        words = [word.strip("'\"") for word in traced["rest"].split() if not word.startswith("-")]
        app = words[0] if words and traced["verb"] in ("push", "restage", "restart", "start", "app") else None
        return Call(traced["verb"], number, line, app=app, traced=True, rolling="--strategy rolling" in line)
    for verb, word, pattern in _STARTS:
        if word in line and (match := pattern.search(line)):
            groups = match.groupdict()
            return Call(verb, number, line.strip(), app=groups.get("app"), name=groups.get("name"))
    return None
