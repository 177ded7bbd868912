"""The command line: finds the command, runs it, turns errors into one or two plain lines and an exit code.

Start-up counts here: nothing of Runback is imported before it is known which command runs.
"""

from __future__ import annotations

import sys

from runback import __version__

# Command → what it does; each is a module of its name with `configure(parser)` and `run(arguments) -> int`.
COMMANDS = {
    "demo": "diagnose a broken deployment of the built-in lab; needs no account and no network",
    "diagnose": "find out why a deployment failed: CI and platform together",
    "scan": "diagnose plain log text: a downloaded job log, 'cf logs --recent', anything",
    "live": "which commit runs in each environment, and what lies between it and the branch",
    "fleet": "every app that you can see at a glance, those in trouble first",
    "fix": "the plan that mends the causes; --apply carries it out and proves that it helped",
    "compare": "an app beside the same app in other environments; values are never shown",
    "path": "hop by hop from an app to a destination: name, route, app, instances, port, policy",
    "revisions": "what each revision changed, how it ran, and which is the safe way back",
    "rollback": "back to the last revision that ran well, followed until it serves",
    "rebuild": "an app deleted and deployed anew by the repository's script, with all that it had",
    "rerun": "the failed jobs of the newest pipeline once more, followed until they have ended",
    "explain": "show a page of the runbook",
    "runbook": "list the pages of the runbook, test them",
    "bundle": "show a saved bundle, compare two, audit one for secrets",
    "check": "check tokens, targets and permissions, and say what each missing one costs",
    "init": "write runback.toml from the repository",
    "lab": "the built-in lab: list its scenarios, serve it, score every diagnosis",
}

EPILOG = """\
exit codes:
  0 healthy · 1 causes found · 2 usage or configuration · 3 not enough evidence
  4 Runback itself failed · 130 interrupted

'runback COMMAND --help' explains one command."""


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code (docs: the table of exit codes in the contract)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    if debug:
        arguments.remove("--debug")
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader has gone (`runback … | head`): no complaint, and none from the interpreter's exit either.
        sys.stdout = None  # its flush at exit would fail again
        return 0
    except Exception as error:  # noqa: BLE001 - the one place where every failure becomes a plain line
        return _trace(error) if debug else _complain(error)


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help())
        return 0 if arguments else 2
    if arguments[0] in ("-V", "--version"):
        print(f"runback {__version__}")
        return 0
    name = arguments[0]
    if name not in COMMANDS:
        return _unknown(name)

    from importlib import import_module

    from runback.cli.arguments import Parser

    command = import_module(f"runback.cli.{name}")
    parser = Parser(prog=f"runback {name}", description=COMMANDS[name].capitalize() + ".")
    command.configure(parser)
    result: int = command.run(parser.parse_args(arguments[1:]))
    if runbook := sys.modules.get("runback.app.runbook"):
        for sentence in runbook.shadowed():
            print(f"runback: {sentence}", file=sys.stderr)
    return result


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {does}" for name, does in COMMANDS.items()]
    return "\n".join(
        [
            "usage: runback COMMAND [options] [--debug]",
            "",
            "Finds out why a deployment failed, proves it, fixes it, or runs it back.",
            "",
            "commands:",
            *lines,
            "",
            EPILOG,
        ]
    )


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 1)
    hint = f"Did you mean 'runback {near[0]}'?" if near else "'runback --help' lists the commands."
    print(f"runback: there is no command {name!r}.\n{hint}", file=sys.stderr)
    return 2


def _complain(error: Exception) -> int:
    from runback.errors import RunbackError
    from runback.redact import outgoing

    if isinstance(error, RunbackError):
        print(outgoing(f"runback: {error}"), file=sys.stderr)
        if error.advice:
            print(outgoing(error.advice), file=sys.stderr)
        return error.exit_code
    said = f"runback: an error of Runback itself: {type(error).__name__}: {error}"
    print(outgoing(said), file=sys.stderr)
    print("Run the same command with --debug for the traceback, and please report it.", file=sys.stderr)
    return 4


def _trace(error: Exception) -> int:
    """The traceback, as the interpreter would print it but for secrets, and the error's exit code."""
    import traceback

    from runback.errors import RunbackError
    from runback.redact import outgoing

    print(outgoing("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    return error.exit_code if isinstance(error, RunbackError) else 4
