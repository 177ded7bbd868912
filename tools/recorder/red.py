"""Failing checks of all kinds, over the lab's project and its commits: red.yml says which, and how."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from recorder.checks import TEST_ENVIRON
from recorder.stage import REFERENCE, Stage

RUNS = Path(__file__).parent / "red.yml"
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "": {},
    "test": dict(TEST_ENVIRON),
    "browser": {"PUPPETEER_EXECUTABLE_PATH": "/usr/bin/chromium", "PUPPETEER_SKIP_DOWNLOAD": "true"},
    "terraform": {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null"},
}
# Where the person who records has certificates of a proxy, package managers need them.
TRUST = {name: os.environ[name] for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE") if name in os.environ}
QUIET = {
    **TRUST,
    "CI": "true",
    "npm_config_update_notifier": "false",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "POETRY_VIRTUALENVS_IN_PROJECT": "true",
    "PIPENV_VENV_IN_PROJECT": "1",
    "NO_UPDATE_NOTIFIER": "1",
}


def record(stage: Stage, only: Sequence[str] = ()) -> None:
    """Records all runs, or those of the given names."""
    runs: list[dict[str, Any]] = yaml.safe_load(RUNS.read_text(encoding="utf-8"))
    for run in runs:
        if not only or run["name"] in only:
            _record(stage, run)


def names() -> list[str]:
    """What can be recorded one by one."""
    return [run["name"] for run in yaml.safe_load(RUNS.read_text(encoding="utf-8"))]


def _record(stage: Stage, run: Mapping[str, Any]) -> None:
    stage.lay_checkout(run.get("commit"))
    folder = stage.checkout / run.get("in", ".")
    environ = stage.environ({**QUIET, **ENVIRONMENTS[run.get("environment", "")]}, *_programs(stage, run))
    for command in run.get("before", ()):
        output, code = stage.run(command, folder, environ)
        if code:
            raise SystemExit(f"{run['name']}: {command} exited with {code}\n{output}")
    with _small(stage, run.get("small")) as place:
        output, code = stage.run(run["command"].replace("/mnt/small", place), folder, environ)
    if code == 0:
        raise SystemExit(f"{run['name']}: exited with 0\n{output}")
    said = stage.run(run["version"], folder, environ)[0]
    found = re.search(r"\d+(?:\.\d+)+", said)
    command = run["command"].removeprefix("cd mailer && ")
    stage.keep(
        run["name"], output.replace(place, "/home/circleci/.local"), tool=run["tool"],
        version=found[0] if found else "", command=command.replace("/mnt/small", "/home/circleci/.local"),
        exit_code=code, shows=run["shows"],
    )  # fmt: skip


def _programs(stage: Stage, run: Mapping[str, Any]) -> Iterator[Path]:
    """The folders of the programs that the run needs, newly installed."""
    backend = REFERENCE / "project/backend"
    if "python" in run:
        given = [str(backend / one) if one.startswith("requirements") else one for one in run["python"]]
        yield stage.python(f"/home/circleci/tools/{run['name']}", *given)
    if "npm" in run:
        folder = stage.checkout / run["in"]
        more = {"PUPPETEER_SKIP_DOWNLOAD": "true"}
        stage.call(["npm", "install", "--no-save", "--no-audit", "--no-fund", *run["npm"]], folder, more)
    if "yarn" in run:
        home = stage.root / "home/circleci/node" / run["name"]
        stage.call(["npm", "install", "--prefix", str(home), "--no-audit", "--no-fund", run["yarn"]])
        yield home / "node_modules/.bin"
    for package in run.get("debian", ()):
        yield stage.debian(package)[0] / "usr/bin"


@contextmanager
def _small(stage: Stage, size: str | None) -> Iterator[str]:
    """A file system of that size, for whoever may mount one."""
    place = stage.root / "small"
    if size is None:
        yield str(place)
        return
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "small", str(place)], check=True)
    try:
        yield str(place)
    finally:
        subprocess.run(["umount", str(place)], check=True)
        shutil.rmtree(place)
