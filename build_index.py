"""Build hook: the wheel carries the runbook's pages, checked and compiled into one index."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IndexHook(BuildHookInterface):  # type: ignore[type-arg]  # its configuration is not used
    """Adds `runback/runbook/index.msgpack`. A malformed page ends the build with its file and line."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # a source tree compiles for itself, whenever a page changes
        sys.path.insert(0, str(Path(self.root) / "src"))
        from runback.rules.loading import BUILT_IN, INDEX, encode, read_folder

        self.index = Path(tempfile.mkdtemp()) / INDEX
        self.index.write_bytes(encode(read_folder(BUILT_IN, shown="runbook")))
        build_data["force_include"][str(self.index)] = f"runback/runbook/{INDEX}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.index.unlink()
            self.index.parent.rmdir()
