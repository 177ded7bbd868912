"""git as a subprocess on a checkout that nobody vouches for.

A checkout can bring its own `.git/config`, hooks and attributes. Only commands that read objects and refs are
run, with everything switched off through which such a file could start a program or reach the network.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from runback.model import Gap

SECONDS = 20
# Each of these settings names a program that git would start, or a way to the network.
SAFE = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=false",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "log.showSignature=false",
    "log.mailmap=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "i18n.logOutputEncoding=UTF-8",
)


def git(checkout: Path, *arguments: str, stdin: bytes = b"") -> bytes | Gap:
    """What git prints on standard output; a Gap with git's own first line of complaint where it fails."""
    settings = [word for setting in SAFE for word in ("-c", setting)]
    command = ["git", "--no-pager", "--no-replace-objects", *settings, "-C", str(checkout), *arguments]
    what = f"git {arguments[0]} in {checkout}"
    try:
        done = subprocess.run(  # noqa: S603 (a fixed program, no shell; refs and paths are checked by the callers)
            command,
            input=stdin,
            capture_output=True,
            timeout=SECONDS,
            env=_environment(os.environ),
            check=False,
        )
    except FileNotFoundError:
        return Gap(what=what, reason="git is not installed, or the folder does not exist")
    except subprocess.TimeoutExpired:
        return Gap(what=what, reason=f"git did not answer within {SECONDS} seconds")
    if done.returncode != 0:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Gap(what=what, reason=complaint[0][:300] if complaint else f"exit status {done.returncode}")
    return done.stdout


def current_branch(checkout: Path) -> str | None:
    """The branch that is checked out; None on a detached head or outside a repository."""
    name = git(checkout, "symbolic-ref", "--quiet", "--short", "HEAD")
    return None if isinstance(name, Gap) else name.decode("utf-8", "replace").strip() or None


def branches(checkout: Path) -> tuple[str, ...]:
    """The names of all branches, here and at origin; () outside a repository."""
    said = git(checkout, "for-each-ref", "--format=%(refname)", "refs/heads/", "refs/remotes/origin/")
    names = [] if isinstance(said, Gap) else said.decode("utf-8", "replace").splitlines()
    short = (name.removeprefix("refs/heads/").removeprefix("refs/remotes/origin/") for name in names)
    return tuple(sorted(set(short) - {"HEAD"}))


def remote_url(checkout: Path, remote: str = "origin") -> str | None:
    """The fetch URL of a remote as written, without `url.….insteadOf`; None where there is none."""
    url = git(checkout, "config", "--local", "--get", f"remote.{remote}.url")
    return None if isinstance(url, Gap) else url.decode("utf-8", "replace").strip() or None


def top(start: Path) -> Path | None:
    """The nearest folder from `start` upward that is a checkout (it has a `.git`)."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The process's environment without git's own variables, which could redirect it."""
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
    }
