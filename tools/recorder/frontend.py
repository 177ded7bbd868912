"""The checks of the frontend: ESLint and Jest, from the npm registry."""

from __future__ import annotations

import json

from recorder.stage import REFERENCE, Stage


def record(stage: Stage) -> None:
    package = json.loads((REFERENCE / "project/frontend/package.json").read_text(encoding="utf-8"))
    versions = package["devDependencies"]
    environ = stage.environ({"CI": "true", "npm_config_update_notifier": "false"})
    for name, commit, tool, command, shows in (
        ("eslint-hit", "retry-answer", "eslint", "npm run lint", "a name that is not defined, one not used"),
        ("eslint-clean", None, "eslint", "npm run lint", "clean code prints nothing"),
        ("jest-failed", "short-dates", "jest", "npm test", "a date that is written otherwise"),
        ("jest-passed", None, "jest", "npm test", "all tests pass"),
    ):
        stage.lay_checkout(commit)
        frontend = stage.checkout / "frontend"
        stage.call(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], frontend)
        output, code = stage.run(command, frontend, environ)
        stage.keep(
            name, output, tool=tool, version=versions[tool], command=command, exit_code=code, shows=shows
        )
