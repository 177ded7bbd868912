"""The runbook as a documentation site with search."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from runback.errors import RunbackError, UsageError

PATIENCE = 600  # seconds


@dataclass(frozen=True)
class Site:
    """Where the site lies, and how many pages of the runbook it holds."""

    folder: Path
    pages: int


def render_site(folder: Path, extra: Path | None = None, name: str = "Runbook") -> Site:
    """Write the site into a folder, with the pages of another folder beside the built-in ones.

    Raises UsageError where the generator is not installed or the folder holds something else.
    """
    from runback.facts import SCHEMAS
    from runback.reports.site import CONFIGURATION, documents
    from runback.rules import load

    if find_spec("mkdocs") is None or find_spec("material") is None:
        raise UsageError(
            "The site needs mkdocs-material, which is not installed.", "pip install 'runback[site]'"
        )
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _is_site(folder))):
        raise UsageError(f"{folder} is there and is no site of ours.", "Name a new folder.")
    book = load(SCHEMAS, [extra] if extra else [])
    with tempfile.TemporaryDirectory() as source:
        for path, text in documents(book.pages, SCHEMAS, name).items():
            file = Path(source) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        _generate(Path(source) / CONFIGURATION, folder.resolve())
    return Site(folder, len(book.pages))


def _is_site(folder: Path) -> bool:
    return (folder / "index.html").is_file() and (folder / "search").is_dir()


def _generate(configuration: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"]
    command += ["--config-file", str(configuration), "--site-dir", str(folder)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise RunbackError(f"mkdocs could not make the site: {said[-1] if said else 'it does not say why'}")
