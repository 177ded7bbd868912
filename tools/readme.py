"""Writes what `runback demo` prints today into README.md: the picture there is always a real one.

python tools/readme.py
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
_BLOCK = re.compile(r"(?s)```text\n.*?```")
# What changes with the machine, and with each page that the runbook gains.
_UNSTEADY = re.compile(r"(?s)\d+ requests in \d+\.\d s|(?<=Ruled out\n).*?\n\n")


def shown() -> str:
    """The demo's output; requests and seconds are those of this run."""
    command = [sys.executable, "-m", "runback", "demo"]
    said: str = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return said


def steady(text: str) -> str:
    """The text without what differs from run to run."""
    return _UNSTEADY.sub("…", text)


def block(readme: str) -> str:
    """The text of the README's picture."""
    found = _BLOCK.search(readme)
    return found[0].removeprefix("```text\n").removesuffix("```") if found else ""


def main() -> None:
    text = README.read_text()
    README.write_text(_BLOCK.sub(lambda _: f"```text\n{shown()}```", text, count=1))


if __name__ == "__main__":
    main()
