"""`runback lab`: the built-in world that fails as the platform fails."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.lab.running import RunningLab


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|serve|score")
    listing = verbs.add_parser("list", help="the scenarios, with one line each")
    add_json(listing)
    serve = verbs.add_parser("serve", help="serve a world over HTTP, for runback and for other clients")
    serve.add_argument("--scenario", default="healthy", metavar="S", help="what is broken (default: nothing)")
    serve.add_argument("--port", type=int, default=0, help="of the API; the other hosts take the next ones")
    score = verbs.add_parser("score", help="diagnose every scenario and compare with its truth")
    score.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="(default: all)")
    score.add_argument("--set", metavar="SET", help="only one set of scenarios: core, …")
    add_json(score)


def run(arguments: argparse.Namespace) -> int:
    verbs = {"list": _list, "serve": _serve, "score": _score}
    return verbs[arguments.verb](arguments)


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
    import threading

    from runback import lab
    from runback.cli import output

    with lab.start(arguments.scenario, port=arguments.port, real_time=True) as running:
        output.write(_how_to_use(running))
        print("The lab runs. Ctrl-C ends it.", file=sys.stderr)
        threading.Event().wait()
    return 0


def _how_to_use(running: RunningLab) -> str:
    import shlex

    exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(running.environ.items())]
    return "\n".join(
        [
            *exports,
            f"cd {shlex.quote(str(running.checkout))}",
            f"# then: runback diagnose {running.app} --env {running.environment}",
            "",
        ]
    )


def _score(arguments: argparse.Namespace) -> int:
    from runback import score
    from runback.cli import output

    with output.progress("Scoring …") as progress:
        result = score.run(arguments.scenarios, only_set=arguments.set, progress=progress)
    if arguments.json:
        from runback.reports import json

        output.write(json.dump(score.document(result)))
    else:
        output.write(score.table(result))
    return 0 if result.perfect else 1
