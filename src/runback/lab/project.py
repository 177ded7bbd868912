"""The git repository of the lab's project: real commits with fixed authors and dates, and a checkout of it.

Commits go through `git fast-import`, one run for any number of them, so that two labs have the same hashes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runback.errors import LabError


@dataclass(frozen=True)
class File:
    content: bytes
    executable: bool = False


Tree = Mapping[str, File]  # path → file


@dataclass(frozen=True)
class Draft:
    """A commit to be made on the tip of its branch (a new branch starts at the tip of `onto`)."""

    branch: str
    subject: str
    author: str  # 'Name <address>'
    at: datetime
    changes: Mapping[str, File | None] = field(default_factory=dict)  # None deletes
    body: str = ""
    onto: str | None = None


@dataclass(frozen=True)
class Commit:
    sha: str
    branch: str
    subject: str
    body: str
    author: str
    at: datetime
    parent: Commit | None
    files: Tree

    @property
    def author_name(self) -> str:
        return self.author.split(" <")[0]


def read_tree(folder: Path) -> dict[str, File]:
    """All files below a folder, with the executable bit; what Python leaves behind is not part of it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found[path.relative_to(folder).as_posix()] = File(path.read_bytes(), os.access(path, os.X_OK))
    return found


def write_tree(tree: Tree, folder: Path) -> None:
    for name, file in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        if file.executable:
            path.chmod(0o755)


class Repository:
    """A repository with a work tree at `path`. `tips` are the branches; `origin` is told to be its remote."""

    def __init__(self, path: Path, origin: str, default_branch: str) -> None:
        self.path = path
        self.tips: dict[str, Commit] = {}
        self.commits: dict[str, Commit] = {}
        self._marks = 0
        _init(path, origin, default_branch)

    def commit(self, drafts: Iterable[Draft]) -> list[Commit]:
        """Makes the commits, in order, each on the tip of its branch; the remote's branches follow."""
        stream = bytearray()
        waiting: list[tuple[Draft, Tree, str]] = []
        trees = {branch: tip.files for branch, tip in self.tips.items()}
        starts: dict[str, str] = {branch: tip.sha for branch, tip in self.tips.items()}
        for draft in drafts:
            base = draft.branch if draft.branch in trees else draft.onto
            tree = dict(trees.get(base, {})) if base else {}
            for name, file in draft.changes.items():
                if file is None:
                    tree.pop(name, None)
                else:
                    tree[name] = file
            self._marks += 1
            parent = starts.get(base, "") if base else ""
            stream += _commit(draft, self._marks, parent)
            trees[draft.branch], starts[draft.branch] = tree, f":{self._marks}"
            waiting.append((draft, tree, parent))
        if not waiting:
            return []
        for branch in {draft.branch for draft, _, _ in waiting}:
            stream += f"reset refs/remotes/origin/{branch}\nfrom {starts[branch]}\n\n".encode()
        hashes = self._git("fast-import", "--quiet", "--date-format=raw", given=bytes(stream)).split()
        return self._remember(waiting, hashes)

    def _remember(self, waiting: list[tuple[Draft, Tree, str]], hashes: list[str]) -> list[Commit]:
        first = self._marks - len(waiting) + 1
        made: list[Commit] = []
        for (draft, tree, parent), sha in zip(waiting, hashes, strict=True):
            before = made[int(parent[1:]) - first] if parent.startswith(":") else self.commits.get(parent)
            commit = Commit(
                sha, draft.branch, draft.subject, draft.body, draft.author, draft.at, before, tree
            )
            made.append(commit)
            self.commits[sha] = self.tips[draft.branch] = commit
        return made

    def check_out(self, branch: str) -> None:
        """Makes the work tree that of the branch's tip."""
        (self.path / ".git" / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
        self._git("reset", "--quiet", "--hard")

    def _git(self, *arguments: str, given: bytes = b"") -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments
                ["git", "-C", str(self.path), *arguments],  # noqa: S607 - the person's own git
                input=given,
                env=environment,
                capture_output=True,
                check=True,
            )
        except FileNotFoundError as error:
            raise LabError("The lab needs git, and there is none on PATH.", "Install git.") from error
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip()
            raise LabError(f"git {arguments[0]} failed in the lab's checkout: {said}") from error
        return done.stdout.decode()


def _init(path: Path, origin: str, default_branch: str) -> None:
    """What `git init` writes, without a process: HEAD, config, and the folders that make it a repository."""
    for folder in ("objects/pack", "objects/info", "refs/heads", "refs/remotes", "refs/tags"):
        (path / ".git" / folder).mkdir(parents=True)
    (path / ".git" / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n")
    (path / ".git" / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogallrefupdates = false\n"
        f'[remote "origin"]\n\turl = {origin}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
    )


def _commit(draft: Draft, mark: int, parent: str) -> bytes:
    message = (f"{draft.subject}\n\n{draft.body}" if draft.body else draft.subject).encode() + b"\n"
    who = f"{draft.author} {int(draft.at.timestamp())} +0000"
    out = bytearray(f"commit refs/heads/{draft.branch}\nmark :{mark}\n".encode())
    out += f"author {who}\ncommitter {who}\ndata {len(message)}\n".encode() + message + b"\n"
    if parent:
        out += f"from {parent}\n".encode()
    for name, file in draft.changes.items():
        if file is None:
            out += f"D {name}\n".encode()
        else:
            mode = "100755" if file.executable else "100644"
            out += f"M {mode} inline {name}\ndata {len(file.content)}\n".encode() + file.content + b"\n"
    out += f"\nget-mark :{mark}\n".encode()
    return bytes(out)
