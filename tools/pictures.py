"""Makes docs/pictures from the lab: real reports in a real browser, so that no picture shows what is no more.

make pictures
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec.structs import replace

from runback import app
from runback.model import Timings
from runback.reports import html

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
MODULES = ROOT / "tests" / "browser" / "node_modules"
# name, scenario, part of the report ('' for the window), width, height, colour scheme
SHOTS = (
    ("report", "policy-missing", "", 1100, 1230, "light"),
    ("report-dark", "policy-missing", "", 1100, 1230, "dark"),
    ("report-phone", "scanner-stopped", "", 390, 844, "light"),
    ("map", "variable-emptied", "#map", 1100, 900, "light"),
    ("timeline", "variable-emptied", "#timeline", 1100, 900, "light"),
)


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not MODULES.is_dir():
        print("The pictures need Chromium and playwright-core: make browser", file=sys.stderr)
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shots = []
        for scenario in dict.fromkeys(shot[1] for shot in SHOTS):
            diagnosis = replace(app.diagnose_scenario(scenario), timings=Timings())
            report = html.render_diagnosis(diagnosis, app.runbook().pages)
            (Path(folder) / f"{scenario}.html").write_text(report, encoding="utf-8")
        for name, scenario, part, width, height, scheme in SHOTS:
            shots.append(
                {
                    "file": f"{folder}/{scenario}.html",
                    "picture": str(PICTURES / f"{name}.png"),
                    "part": part,
                    "width": width,
                    "height": height,
                    "scheme": scheme,
                }
            )
        listed = Path(folder) / "shots.json"
        listed.write_text(json.dumps(shots))
        command = ["node", str(Path(__file__).with_suffix(".cjs")), chromium, str(listed)]
        subprocess.run(command, check=True, env={**os.environ, "NODE_PATH": str(MODULES), "HOME": folder})
    return 0


if __name__ == "__main__":
    sys.exit(main())
