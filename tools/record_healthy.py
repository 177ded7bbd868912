"""Record what successful runs print: `python tools/record_healthy.py [python|javascript|system …]`.

The runs stand in recorder/green/runs.yml. Each is noisy on purpose: warnings, deprecations, tests of errors,
retries that worked. The outputs are kept in tests/corpus/healthy/, and a test holds that no page of the
runbook sees a fault in them. Without arguments it records everything. Needs Python 3.11 with PyYAML, Node.js,
Maven, git, gcc, cmake, apt-get and package indexes.
"""

from __future__ import annotations

import datetime
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from recorder.stage import CI_PYTHON, Stage

GREEN = Path(__file__).parent / "recorder/green"
CORPUS = Path(__file__).resolve().parents[1] / "tests/corpus/healthy"
LONGEST = 200_000  # bytes of one recording
REQUIREMENTS = (
    "django==5.2.*", "gunicorn==23.*", "pytest==8.4.*", "pytest-rerunfailures==16.*", "flake8==7.*",
    "pylint==3.*", "mypy==1.18.*", "uv==0.8.*",
)  # fmt: skip


def record(run: Mapping[str, Any], stage: Stage) -> dict[str, object]:
    """Run one command over its project and keep what it printed. Raises SystemExit where it failed."""
    folder = stage.root / "home/circleci" / run["name"]
    if "project" in run:
        shutil.copytree(GREEN / run["project"], folder)
    else:
        folder.mkdir(parents=True)
    environ = stage.environ(
        {"CI": "true", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "npm_config_update_notifier": "false"},
        stage.python(CI_PYTHON, *REQUIREMENTS),
    )
    output = ""
    for command in (*run.get("before", ()), run["command"]):
        output, code = stage.run(command, folder, environ)
        if code:
            raise SystemExit(f"{run['name']}: {command} exited with {code}: not healthy\n{output}")
    text = output.replace(str(stage.root), "").replace(sys.base_prefix, CI_PYTHON)
    if len(text.encode()) > LONGEST:
        raise SystemExit(f"{run['name']}: more than {LONGEST} bytes")
    (CORPUS / f"{run['name']}.txt").write_text(text, encoding="utf-8")
    print(f"{run['name']}: {len(text.splitlines())} lines")
    version = re.search(r"\d+(?:\.\d+)+", stage.run(run["version"], folder, environ)[0])
    return {
        "name": run["name"], "tool": run["tool"], "version": version[0] if version else "",
        "command": run["command"], "date": datetime.datetime.now(tz=datetime.UTC).date(),
    }  # fmt: skip


def main(names: list[str]) -> int:
    groups: dict[str, list[dict[str, Any]]] = yaml.safe_load((GREEN / "runs.yml").read_text(encoding="utf-8"))
    unknown = [name for name in names if name not in groups]
    if unknown:
        print(f"No such group: {', '.join(unknown)}. Groups: {', '.join(groups)}", file=sys.stderr)
        return 2
    index = CORPUS / "index.yml"
    before = yaml.safe_load(index.read_text(encoding="utf-8")) if index.exists() else []
    entries = {entry["name"]: entry for entry in before}
    with tempfile.TemporaryDirectory(prefix="runback-record-") as folder:
        stage = Stage(Path(folder).resolve())
        for run in (run for name in names or groups for run in groups[name]):
            entries[run["name"]] = record(run, stage)
            text = yaml.safe_dump([entries[name] for name in sorted(entries)], sort_keys=False, width=110)
            index.write_text("# Written by tools/record_healthy.py.\n" + text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
