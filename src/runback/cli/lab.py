"""`runback lab`: the built-in world that fails as the platform fails."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.lab.running import RunningLab


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|serve|break|heal|cf|score")
    listing = verbs.add_parser("list", help="the scenarios, with one line each")
    add_json(listing)
    serve = verbs.add_parser("serve", help="serve a world over HTTP, for runback and for other clients")
    serve.add_argument("--scenario", default="healthy", metavar="S", help="what is broken (default: nothing)")
    serve.add_argument("--port", type=int, default=0, help="of the API; the other hosts take the next ones")
    serve.add_argument(
        "--speed", type=_speed, default=1.0, metavar="X", help="X times as fast as real time (default: 1)"
    )
    breaking = verbs.add_parser("break", help="put a fault into a lab that is served; without one, list them")
    breaking.add_argument("fault", nargs="?", metavar="FAULT")
    breaking.add_argument(
        "--env", default="", metavar="E", help="where (default: the scenario's environment)"
    )
    add_json(breaking)
    heal = verbs.add_parser("heal", help="take a fault out again, or all of them")
    heal.add_argument("fault", nargs="?", default="", metavar="FAULT")
    # Everything behind the word cf is cf's own, options included.
    client = verbs.add_parser(
        "cf", help="cf's commands for a lab that is served", add_help=False, prefix_chars="\0"
    )
    client.add_argument("words", nargs=argparse.REMAINDER)
    score = verbs.add_parser("score", help="diagnose every scenario and compare with its truth")
    score.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="(default: all)")
    score.add_argument("--set", metavar="SET", help="only one set of scenarios: core, …")
    score.add_argument("--fix", action="store_true", help="mend each as well, and diagnose it again")
    score.add_argument(
        "--random", type=int, default=0, metavar="N", help="N drawn scenarios in varied worlds"
    )
    score.add_argument("--seed", type=int, default=1, metavar="S", help="of the draw (default: 1)")
    add_json(score)


def run(arguments: argparse.Namespace) -> int:
    verbs = {"list": _list, "serve": _serve, "break": _break, "heal": _heal, "cf": _cf, "score": _score}
    return verbs[arguments.verb](arguments)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0, up to 10000")
    return speed


def _list(arguments: argparse.Namespace) -> int:
    from runback import lab
    from runback.cli import output

    scenarios = lab.scenarios()
    if arguments.json:
        from runback.reports import json

        fields = ("name", "set", "stage", "line", "healthy")
        output.write(
            json.dump({"scenarios": [{name: getattr(item, name) for name in fields} for item in scenarios]})
        )
        return 0
    width = max(len(item.name) for item in scenarios)
    output.write("".join(f"{item.name:<{width}}  {item.stage:<14}  {item.line}\n" for item in scenarios))
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    import signal
    import threading

    from runback import lab
    from runback.cli import output

    # Whoever ends it by `kill` leaves no temporary folder behind either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with lab.start(arguments.scenario, port=arguments.port, real_time=True, speed=arguments.speed) as running:
        control = running.open_control(arguments.port + 6 if arguments.port else 0)
        output.write(_how_to_use(running, control))
        print("The lab runs. Ctrl-C ends it.", file=sys.stderr)
        threading.Event().wait()
    return 0


def _how_to_use(running: RunningLab, control: dict[str, str]) -> str:
    import shlex

    exports = {**running.environ, **control}
    return "\n".join(
        [
            *(f"export {name}={shlex.quote(value)}" for name, value in sorted(exports.items())),
            f"cd {shlex.quote(str(running.checkout))}",
            f"# then: runback diagnose {running.app} --env {running.environment}",
            "#   or: runback lab break, runback lab heal, runback lab cf apps",
            *(f"#       {door}" for door in running.doors),
            "",
        ]
    )


def _break(arguments: argparse.Namespace) -> int:
    from runback.cli import output
    from runback.lab.remote import Remote

    lab = Remote(os.environ)
    if arguments.fault is None:
        faults = lab.faults(arguments.env)
        if arguments.json:
            from runback.reports import json

            output.write(json.dump({"faults": faults}))
            return 0
        width = max(len(one["name"]) for one in faults)
        output.write(
            "".join(f"{one['name']:<{width}}  {one['stage']:<14}  {one['line']}\n" for one in faults)
        )
        return 0
    done = lab.break_(arguments.fault, arguments.env)
    output.write(f"{done['environment']} is broken. Now: runback diagnose {done['app']}\n")
    return 0


def _heal(arguments: argparse.Namespace) -> int:
    from runback.cli import output
    from runback.lab.remote import Remote

    healed = Remote(os.environ).heal(arguments.fault)
    output.write(f"Healed: {', '.join(healed) or 'nothing was broken'}\n")
    return 0


def _cf(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from runback.errors import UsageError
    from runback.lab import cf
    from runback.lab.remote import sleep_of

    if not os.environ.get("CF_HOME"):
        # The person's own login is none of the lab's business: not even a 'cf api' may change it.
        raise UsageError("The lab's cf needs CF_HOME.", "'runback lab serve' prints what to export.")
    sleep = sleep_of(os.environ)
    return cf.main(arguments.words, os.environ, Path.cwd(), sys.stdout, sys.stderr, sleep)


def _score(arguments: argparse.Namespace) -> int:
    from runback import score
    from runback.cli import output

    with output.progress("Scoring …") as progress:
        result = score.run(
            arguments.scenarios,
            only_set=arguments.set,
            fix=arguments.fix,
            drawn=arguments.random,
            seed=arguments.seed,
            progress=progress,
        )
    if arguments.json:
        from runback.reports import json

        output.write(json.dump(score.document(result)))
    else:
        output.write(score.table(result))
    return 0 if result.perfect else 1
