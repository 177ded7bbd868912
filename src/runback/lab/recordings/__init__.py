"""Output of real programs, recorded once by `tools/record.py`: what the lab's jobs and apps print.

`index.yml` says of each recording which program and version printed it, by which command, with which exit
code.
"""

from __future__ import annotations

import re
from pathlib import Path

from runback.errors import LabError

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def names() -> tuple[str, ...]:
    """The names of all recordings, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.txt")))


def read(name: str) -> str:
    """The whole output of the recording; raises LabError for a name that is none."""
    path = _FOLDER / f"{name}.txt"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise LabError(f"There is no recording {name!r}", f"Recordings: {', '.join(names())}")
    return path.read_text(encoding="utf-8")


def report(name: str) -> str | None:
    """The JUnit XML that the run left beside its output, where it was kept."""
    path = _FOLDER / f"{name}.xml"
    return path.read_text(encoding="utf-8") if path.is_file() else None
