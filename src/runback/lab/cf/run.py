"""One command from its words to its exit code."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from runback.lab.cf.arguments import Command, Given, parse
from runback.lab.cf.client import Transport
from runback.lab.cf.commands import COMMANDS
from runback.lab.cf.errors import CfError, IncorrectUsage
from runback.lab.cf.screen import Screen
from runback.lab.cf.session import Session

VERSION = "8.18.4"  # whose texts these are: docs/lab-cf-session.md


def run(
    argv: list[str],
    environ: Mapping[str, str],
    cwd: Path,
    out: TextIO,
    err: TextIO,
    sleep: Callable[[float], None],
    transport: Transport | None,
) -> int:
    """The exit code."""
    screen = Screen(out, err)
    if not argv or argv[0] in ("help", "-h", "--help"):
        return _help(screen, argv[1:])
    if argv[0] in ("version", "-v", "--version"):
        screen.say(f"cf version {VERSION}+runback.lab")
        return 0
    command = COMMANDS.get(argv[0])
    if command is None:
        screen.warn(f"'{argv[0]}' is not a registered command. See 'cf help -a'")
        return 1
    if any(word in ("-h", "--help") for word in argv[1:]):
        return _help(screen, [command.name])
    try:
        given = parse(command, argv[1:])
    except IncorrectUsage as error:
        screen.warn(f"Incorrect Usage: {error}\n")
        _help(screen, [command.name])
        return 1
    return _execute(command, given, Session(environ, cwd, screen, sleep, transport))


def _execute(command: Command, given: Given, session: Session) -> int:
    module, _, name = command.run.partition(":")
    function = getattr(importlib.import_module(f"runback.lab.cf.{module}"), name)
    try:
        code = function(session, given)
    except IncorrectUsage as error:
        session.screen.warn(f"Incorrect Usage: {error}")
        session.screen.say("FAILED\n")
        _help(session.screen, [command.name])
        return 1
    except CfError as error:
        session.screen.warn(str(error))
        session.screen.say("FAILED")
        return 1
    finally:
        session.api.close()
        session.settings.save()
    return int(code or 0)


def _help(screen: Screen, names: list[str]) -> int:
    if not names:
        screen.say(f"cf version {VERSION}+runback.lab, the lab's command line client for Cloud Foundry\n")
        screen.say("Commands of the lab's cf:")
        screen.table(
            [(f"  {one.name}", one.about) for one in sorted(set(COMMANDS.values()), key=lambda c: c.name)]
        )
        return 0
    command = COMMANDS.get(names[0])
    if command is None:
        screen.warn(f"'{names[0]}' is not a registered command. See 'cf help -a'")
        return 1
    screen.say(
        f"NAME:\n   {command.name} - {command.about}\n\nUSAGE:\n   cf {command.name} {command.usage}".rstrip()
    )
    return 0
