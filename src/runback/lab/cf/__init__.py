"""A small `cf` for lab targets: cf v8's arguments, output and exit codes over the platform's HTTP API.

The texts are those of the cf CLI 8 (github.com/cloudfoundry/cli, command/v7, command/translatableerror).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from runback.lab.cf.client import Transport


def main(
    argv: Sequence[str],
    environ: Mapping[str, str],
    cwd: Path,
    out: TextIO,
    err: TextIO,
    sleep: Callable[[float], None] = time.sleep,
    transport: Transport | None = None,
) -> int:
    """Run one command (`argv` without the word cf); returns the exit code, 0 or 1.

    Works with $CF_HOME/.cf/config.json. `sleep` is called between two polls: on a stepped clock it is a step.
    `transport` carries the requests (default: HTTP over loopback); it raises OSError where it cannot.
    """
    from runback.lab.cf.run import run

    return run(list(argv), environ, Path(cwd), out, err, sleep, transport)
