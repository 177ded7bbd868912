"""The HTML report as a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from runback.app.runbook import runbook
from runback.errors import UsageError
from runback.model import Diagnosis


def write_html(diagnosis: Diagnosis, path: Path) -> None:
    """Write the report in one step: whoever looks sees the old file or the new one, whole.

    Raises UsageError where it cannot be written there: no such folder, no permission, a full disk.
    """
    from runback.reports import html

    text = html.render_diagnosis(diagnosis, runbook().pages)
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o600)  # it holds what the logs hold
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise UsageError(
            f"The report cannot be written to {path}: {error.strerror}", "Name another file."
        ) from error
