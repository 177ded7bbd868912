"""One run of the corpus: its project laid out, its programs installed, its output kept.

A run has a `name`, the `tool` and the command that prints its `version`, and the `command` whose output is
kept; where needed a `project` (of healthy/), `files`, commands `before` it, an `environment`, and what
is installed: `python`, `npm`, `debian`, or the `host`'s own program. A failing run names its `page`.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recorder.red import TRUST
from recorder.stage import CI_PYTHON, Stage

KINDS = ("healthy", "failing")
PROJECTS = Path(__file__).parent / "healthy"
CORPUS = Path(__file__).resolve().parents[2] / "tests/corpus"
LONGEST = 200_000  # bytes of one recording
# What the healthy runs of Python need, together.
REQUIREMENTS = (
    "django==5.2.*", "gunicorn==23.*", "pytest==8.4.*", "pytest-rerunfailures==16.*", "flake8==7.*",
    "pylint==3.*", "mypy==1.18.*", "uv==0.8.*",
)  # fmt: skip
QUIET = {
    **TRUST,
    "CI": "true",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "npm_config_update_notifier": "false",
    "npm_config_fund": "false",
    "npm_config_audit": "false",
    "CHECKPOINT_DISABLE": "1",
    "TF_IN_AUTOMATION": "1",
    "COMPOSER_ALLOW_SUPERUSER": "1",
}
NO_BROWSERS = {
    "PUPPETEER_SKIP_DOWNLOAD": "true",
    "CYPRESS_INSTALL_BINARY": "0",
}  # while packages are installed


def record(kind: str, run: Mapping[str, Any], stage: Stage) -> dict[str, object]:
    """Run one command and keep what it printed; returns its entry of the index.

    Raises SystemExit where it did not end as its kind must.
    """
    folder = _laid_out(run, stage)
    paths, more = _programs(kind, run, stage, folder)
    environ = stage.environ({**QUIET, **more, **run.get("environment", {})}, *paths)
    for command in run.get("before", ()):
        output, code = stage.run(command, folder, environ)
        if code:
            raise SystemExit(f"{command} exited with {code}\n{output}")
    output, code = stage.run(run["command"], folder, environ)
    if (code == 0) != (kind == "healthy"):
        raise SystemExit(f"exited with {code}: not {kind}\n{output}")
    text = output.replace(str(stage.root), "").replace(sys.base_prefix, CI_PYTHON)
    if len(text.encode()) > LONGEST:
        raise SystemExit(f"more than {LONGEST} bytes")
    (CORPUS / kind / f"{run['name']}.txt").write_text(text, encoding="utf-8")
    print(f"{run['name']}: {len(text.splitlines())} lines", flush=True)
    version = re.search(r"\d+(?:\.\d+)+", stage.run(run["version"], folder, environ)[0])
    ended: dict[str, object] = {} if kind == "healthy" else {"exit_code": code, "page": run["page"]}
    return {
        "name": run["name"], "tool": run["tool"], "version": version[0] if version else "",
        "command": run["command"], **ended,
    }  # fmt: skip


def _laid_out(run: Mapping[str, Any], stage: Stage) -> Path:
    folder = stage.root / "home/circleci/project"
    shutil.rmtree(folder, ignore_errors=True)
    if "project" in run:
        shutil.copytree(PROJECTS / run["project"], folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    for name, text in run.get("files", {}).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def _programs(
    kind: str, run: Mapping[str, Any], stage: Stage, folder: Path
) -> tuple[list[Path], dict[str, str]]:
    """Folders of programs that are newly installed for the run, and what they need in the environment."""
    paths: list[Path] = []
    more: dict[str, str] = {}
    if "python" in run:
        place = re.sub(r"\W+", "-", run["python"][0])
        paths.append(stage.python(f"/home/circleci/tools/{place}", *run["python"]))
    elif kind == "healthy":
        paths.append(stage.python(CI_PYTHON, *REQUIREMENTS))
    if "npm" in run:
        quiet = ["--no-save", "--no-audit", "--no-fund", "--silent"]
        stage.call(["npm", "install", *quiet, *run["npm"]], folder, NO_BROWSERS)
        paths.append(folder / "node_modules/.bin")
    if "debian" in run:
        paths.extend(_debian(run["debian"], stage, more))
    if host := run.get("host"):
        program = shutil.which(host)
        if program is None:
            raise SystemExit(f"needs {host}")
        paths.append(Path(program).parent)
        more.update({"RUSTUP_HOME": str(Path("~/.rustup").expanduser())})
    return paths, more


def _debian(packages: list[str], stage: Stage, more: dict[str, str]) -> Iterator[Path]:
    """Where the programs of Debian packages lie that are unpacked together."""
    root = stage.root / "debian" / packages[0]
    if not root.exists():
        root = stage.debian(*packages)[0]
    library = root / "usr/lib"
    more["LD_LIBRARY_PATH"] = f"{library}/x86_64-linux-gnu:{library}"
    yield from (root / place for place in ("usr/bin", "usr/sbin", "bin"))
