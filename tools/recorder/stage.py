"""The stage on which the programs run, and the book that keeps what they print.

A temporary folder stands for the root of the file system: the project lies in ROOT/home/circleci/project, as
on CircleCI, and in ROOT/home/vcap/app, as on Cloud Foundry. Of the output only this is changed: ROOT is taken
out, Python's own library gets the place that it has there, and a loopback address gets the host name that the
lab's world has for it.
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

LAB = Path(__file__).resolve().parents[2] / "src/runback/lab"
REFERENCE = LAB / "worlds/reference"
RECORDINGS = LAB / "recordings"
CI_PYTHON = "/home/circleci/.pyenv/versions/3.11.7"
APP_PYTHON = "/home/vcap/deps/1/python"  # the apt buildpack is 0, the Python buildpack is 1
DATE = "2026-03-03T14:20:00+00:00"  # of the commits, so that their hashes stay the same


class Stage:
    """Lays out the project, runs commands in it, and keeps their output."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.checkout = root / "home/circleci/project"
        self.app = root / "home/vcap/app"
        self._kept: list[dict[str, object]] = []

    def lay_checkout(self, commit: str | None = None) -> None:
        """A new git checkout of the project, as CircleCI makes it: the project, and one commit on it."""
        shutil.rmtree(self.checkout, ignore_errors=True)
        shutil.copytree(REFERENCE / "project", self.checkout)
        self._commit("The portal")
        if commit:
            shutil.copytree(REFERENCE / "commits" / commit, self.checkout, dirs_exist_ok=True)
            self._commit(commit.replace("-", " ").capitalize())

    def _commit(self, subject: str) -> None:
        who = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in {"NAME": "Lab Person", "EMAIL": "person@lab.example", "DATE": DATE}.items()
        }
        if not (self.checkout / ".git").exists():
            self.call(["git", "init", "-q", "-b", "raft"], self.checkout)
        self.call(["git", "add", "-A"], self.checkout)
        self.call(["git", "commit", "-q", "-m", subject], self.checkout, who)

    def lay_app(self, commit: str | None = None) -> None:
        """The backend as a droplet holds it."""
        shutil.rmtree(self.app, ignore_errors=True)
        shutil.copytree(REFERENCE / "project/backend", self.app)
        if commit:
            shutil.copytree(REFERENCE / "commits" / commit / "backend", self.app, dirs_exist_ok=True)

    def python(self, place: str, *requirements: str) -> Path:
        """A virtual environment at ROOT/place with these requirements; returns its bin folder."""
        folder = self.root / place.lstrip("/")
        if not folder.exists():
            self.call([sys.executable, "-m", "venv", str(folder)])
            self.call([str(folder / "bin/pip"), "install", "-q", *requirements])
        return folder / "bin"

    def debian(self, package: str, *needs: str) -> tuple[Path, str]:
        """The root of an unpacked Debian package and what it needs, and the package's version."""
        folder = self.root / "debian" / package
        folder.mkdir(parents=True)
        self.call(["apt-get", "-q", "download", package, *needs], folder)
        for archive in folder.glob("*.deb"):
            self.call(["dpkg-deb", "-x", str(archive), str(folder)])
        version = self.call(["dpkg-deb", "-f", str(next(folder.glob(f"{package}_*.deb"))), "Version"])
        return folder, version.strip()

    def environ(self, more: Mapping[str, str] | None = None, *paths: Path) -> dict[str, str]:
        """The whole environment of a command: nothing of the person who records."""
        path = os.pathsep.join([*map(str, paths), "/usr/local/bin", "/usr/bin", "/bin"])
        return {"PATH": path, "HOME": str(self.root / "home"), "LANG": "C.UTF-8", **(more or {})}

    def call(
        self, command: Sequence[str], cwd: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> str:
        """The output of a command of the set-up, which must succeed."""
        ran = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(environ or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise SystemExit(f"{' '.join(command)}\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def run(self, command: str, cwd: Path, environ: Mapping[str, str]) -> tuple[str, int]:
        """What a command of the recording printed on both streams, in order, and its exit code."""
        ran = subprocess.run(
            ["bash", "-c", command], cwd=cwd, env=dict(environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return ran.stdout, ran.returncode

    def keep(
        self, name: str, output: str, *, tool: str, version: str, command: str, exit_code: int | None,
        shows: str, names: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Write one recording.

        `exit_code` None: the program still ran. `names`: what a loopback address stands for.
        """
        for address, host in (names or {}).items():
            output = output.replace(address, host)
        library = f"{sys.base_prefix}/lib/python3.11"
        place = CI_PYTHON if "/home/circleci" in output else APP_PYTHON
        output = re.sub(r"http://0\.0\.0\.0:\d+", "http://0.0.0.0:8080", output)  # the platform's PORT
        output = output.replace(str(self.root), "").replace(library, f"{place}/lib/python3.11")
        (RECORDINGS / f"{name}.txt").write_text(output, encoding="utf-8")
        self._kept.append(
            {
                "name": name, "tool": tool, "version": version, "command": command, "exit_code": exit_code,
                "date": datetime.datetime.now(tz=datetime.UTC).date(), "shows": shows,
                **({"stands_for_loopback": sorted(set(names.values()))} if names else {}),
            }
        )  # fmt: skip
        print(f"{name}: {len(output.splitlines())} lines, exit {exit_code}")

    def write_index(self) -> None:
        """Bring index.yml up to date: what was recorded now replaces what was recorded before."""
        path = RECORDINGS / "index.yml"
        before = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
        entries = {entry["name"]: entry for entry in [*before, *self._kept]}
        text = yaml.safe_dump(
            [entries[name] for name in sorted(entries)], sort_keys=False, width=110, allow_unicode=True
        )
        path.write_text("# Written by tools/record.py.\n" + text, encoding="utf-8")
