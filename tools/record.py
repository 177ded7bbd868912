"""Record what real programs print, for the lab: `python tools/record.py [GROUP … | NAME …]`.

GROUP is one of those below, NAME a run of recorder/red.yml.

Installs each program into a temporary folder, runs it over the lab's project (or over one of its commits),
and keeps the output whole in src/runback/lab/recordings/. Without arguments it records everything.
Needs Python 3.11 with PyYAML, git, apt-get and a package index.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from recorder import (
    backend,
    checks,
    docker,
    exporters,
    friends,
    frontend,
    proxy,
    red,
    scanner,
    schema,
    services,
    terraform,
    values,
)
from recorder.stage import Stage

GROUPS = {
    "checks": checks.record,
    "backend": backend.record,
    "frontend": frontend.record,
    "services": services.record,
    "friends": friends.record,
    "values": values.record,
    "scanner": scanner.record,
    "schema": schema.record,
    "proxy": proxy.record,
    "terraform": terraform.record,
    "red": red.record,
    "docker": docker.record,
    "exporters": exporters.record,
}


def main(names: list[str]) -> int:
    only = [name for name in names if name in red.names()]
    names = [name for name in names if name not in only]
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        print(f"No such group: {', '.join(unknown)}. Groups: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="runback-record-") as folder:
        stage = Stage(Path(folder).resolve())
        for name in names or ([] if only else GROUPS):
            GROUPS[name](stage)
        if only:
            red.record(stage, only)
        stage.write_index()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
