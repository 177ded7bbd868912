"""What the checkout tells: the branch's newest commits, and the files that say how it is deployed.

Files are read from the commit that is looked at, not from the working tree, so that line numbers are those of
the code that CI ran. The checkout is hostile: nothing in it is run, links are not followed, all is bounded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from runback.collect.interface import Collected
from runback.git import current_branch, git
from runback.model import Commit, Gap, Repository, SourceFile, Target

COMMITS = 200
SKIP_WITHIN = 250  # characters of a commit message in which CircleCI looks for its mark
_SKIPS = re.compile(r"\[(?:skip ci|ci skip)\]", re.IGNORECASE)
# What a push names: manifests and files of variables, whatever they are called.
_PUSHED = re.compile(r"(?:^|\s)(?:-f|--manifest|--vars-file)[ =]+[\"']?([^\s\"';|&]+\.ya?ml)")
_HOLE = re.compile(r"\$\{[^}]*\}|\$\w+|<<[^>]*>>")
LARGEST = 256_000  # bytes of one file
MOST = 80  # files
ALL = 4_000_000  # bytes of all files
_NAMED = 3  # of the files that are not read
ENTRIES = 50_000  # folder entries looked at where there is no git
_SKIPPED = re.compile(r"(^|/)(node_modules|vendor|third_party|\.terraform|\.git|dist|\.venv)/")
# In this order, should there be more than fit: what CI runs, what is pushed, what the platform is told.
_WANTED = (
    re.compile(r"^\.circleci/[^/]*\.ya?ml$"),
    re.compile(r"(^|/)[^/]*manifest[^/]*\.ya?ml$"),
    re.compile(r"(^|/)[^/]*deploy[^/]*(\.(sh|bash|ya?ml))?$|deploy[^/]*/[^/]*\.(sh|bash)$"),
    re.compile(r"^\.circleci/.*\.(sh|bash|ya?ml)$"),
    re.compile(r"(^|/)(scripts?|bin|ci)/[^/]*\.(sh|bash)$"),
    re.compile(r"(^|/)(Procfile|runtime\.txt|\.python-version|apt\.yml|\.cfignore|nginx\.conf|Makefile)$"),
    re.compile(r"\.tf$"),
)


def collect_repository(checkout: Path | None, target: Target) -> Collected[Repository]:
    """The commits and files of the target's commit or branch, as the checkout has them; texts are not sealed.

    A Gap where there is no checkout. Without git, or outside a repository, the files of the folder alone.
    """
    if checkout is None:
        return Collected(Gap(what="the checkout", reason="runback was not started in a checkout"))
    inside = git(checkout, "rev-parse", "--is-inside-work-tree")
    if isinstance(inside, Gap):
        files, limits = _loose(checkout)
        return Collected(Repository(branch=None, head=None, commits=inside, files=files), limits=limits)
    branch = target.branch or current_branch(checkout)
    head = _head(checkout, branch)
    if isinstance(head, Gap):
        return Collected(Repository(branch=branch, head=None, commits=head))
    shown = commit_named(checkout, target.sha) if target.sha else None
    files, limits = _committed(checkout, shown or head)
    commits = commits_of(checkout, head)
    return Collected(Repository(branch=branch, head=head, commits=commits, files=files), limits=limits)


def _head(checkout: Path, branch: str | None) -> str | Gap:
    """What was pushed comes before what is only here; without a branch, what is checked out."""
    refs = (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}") if branch else ("HEAD",)
    for ref in refs:
        sha = commit_named(checkout, ref)
        if sha is not None:
            return sha
    what = f"branch {branch}" if branch else "the commit that is checked out"
    return Gap(what=what, reason=f"{what} is not in the checkout {checkout}; `git fetch` may bring it")


def commit_named(checkout: Path, name: str) -> str | None:
    """The whole hash of the commit that a hash, branch or tag names; None where there is none."""
    found = git(checkout, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return None if isinstance(found, Gap) else found.decode("ascii", "replace").strip() or None


def commits_of(checkout: Path, reach: str) -> tuple[Commit, ...] | Gap:
    """The commits that `reach` (a commit, or 'base..head') leads to, newest first by the committer's time."""
    said = git(
        checkout,
        "log",
        "-z",
        f"-{COMMITS}",
        "--no-show-signature",
        "--format=%H%x1f%ct%x1f%an%x1f%s%x1f%B",
        "--end-of-options",
        reach,
    )
    if isinstance(said, Gap):
        return said
    commits = []
    for entry in said.decode("utf-8", "replace").split("\0"):
        fields = entry.split("\x1f", 4)
        if len(fields) == 5 and fields[1].isdigit():
            sha, seconds, author, subject, message = fields
            at = datetime.fromtimestamp(min(int(seconds), 253_402_300_799), UTC)
            skips = _SKIPS.search(message[:SKIP_WITHIN]) is not None
            commits.append(Commit(sha=sha, subject=subject[:500], at=at, author=author[:200], skips_ci=skips))
    return tuple(commits)


def _committed(checkout: Path, sha: str) -> tuple[tuple[SourceFile, ...], tuple[Gap, ...]]:
    """The wanted files of a commit, and what is left out. Links and submodules are no files."""
    tree = git(checkout, "ls-tree", "-r", "-z", "--long", "--full-tree", sha)
    if isinstance(tree, Gap):
        return (), ()
    found: dict[str, tuple[str, int]] = {}
    for entry in tree.decode("utf-8", "surrogateescape").split("\0"):
        header, tab, path = entry.partition("\t")
        fields = header.split()
        if tab and len(fields) == 4 and fields[0] in ("100644", "100755") and fields[3].isdigit():
            found[path] = (fields[2], int(fields[3]))
    sizes = {path: size for path, (_, size) in found.items()}
    chosen = _chosen(sizes)
    first = list(_blobs(checkout, found, chosen))
    pushed = _pushed(first, sizes)
    return (*first, *_blobs(checkout, found, pushed)), tuple(_limits(sizes, {*chosen, *pushed}))


def _blobs(checkout: Path, found: dict[str, tuple[str, int]], paths: list[str]) -> Iterator[SourceFile]:
    blobs = git(
        checkout, "cat-file", "--batch", stdin="".join(f"{found[path][0]}\n" for path in paths).encode()
    )
    if isinstance(blobs, Gap):
        return
    rest = blobs
    for path in paths:
        header_line, _, rest = rest.partition(b"\n")
        fields_ = header_line.split()
        if len(fields_) != 3 or not fields_[2].isdigit():
            continue  # 'missing': a partial clone does not hold it
        size = int(fields_[2])
        yield from _source(path, rest[:size])
        rest = rest[size + 1 :]


def _loose(folder: Path) -> tuple[tuple[SourceFile, ...], tuple[Gap, ...]]:
    """The wanted files of a folder that git does not know, and what is left out."""
    further: tuple[Gap, ...] = ()
    sizes: dict[str, int] = {}
    for looked, (root, folders, names) in enumerate(os.walk(folder, followlinks=False)):
        folders[:] = [name for name in folders if not _SKIPPED.search(f"/{name}/")]
        for name in names:
            path = Path(root, name)
            if path.is_file() and not path.is_symlink():
                sizes[path.relative_to(folder).as_posix()] = path.stat().st_size
        if looked > ENTRIES or len(sizes) > ENTRIES:
            further = (Gap(what="the folder's files", reason=f"only {ENTRIES:,} of them were looked at"),)
            break
    chosen = _chosen(sizes)
    first = [file for path in chosen for file in _file(folder, path)]
    pushed = _pushed(first, sizes)
    then = (file for path in pushed for file in _file(folder, path))
    return (*first, *then), (*further, *_limits(sizes, {*chosen, *pushed}))


def _limits(sizes: dict[str, int], chosen: set[str]) -> Iterator[Gap]:
    """The files that are of the wanted kinds, and are too large or too many to be read."""
    left = [
        path
        for path in sorted(sizes)
        if path not in chosen and not _SKIPPED.search(path) and any(one.search(path) for one in _WANTED)
    ]
    large = [path for path in left if sizes[path] > LARGEST]
    many = [path for path in left if sizes[path] <= LARGEST]
    if large:
        yield Gap(what=_named(large), reason=f"larger than {LARGEST // 1000} kB, and not read")
    if many:
        reason = f"not read: of a checkout at most {MOST} files and {ALL // 1_000_000} MB are"
        yield Gap(what=_named(many), reason=reason)


def _named(paths: list[str]) -> str:
    """The first of the paths, and how many more there are."""
    more = f" and {len(paths) - _NAMED} more files" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


def _file(folder: Path, path: str) -> Iterator[SourceFile]:
    try:
        handle = os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return  # gone, or turned into a link, since it was listed
    with os.fdopen(handle, "rb") as stream:
        yield from _source(path, stream.read(LARGEST))


def _like(written: str) -> str | None:
    """The end of the path of a file as a command writes it; None where nothing of it is told."""
    parts = [_HOLE.sub("*", part) for part in written.split("/")][-2:]
    if re.fullmatch(r"\*?\.ya?ml", parts[-1]) and (
        len(parts) < 2 or "*" in parts[0] or parts[0] in (".", "..")
    ):
        return None
    told = parts if "*" in parts[-1] and len(parts) > 1 and "*" not in parts[0] else parts[-1:]
    return "/".join(re.escape(part).replace(r"\*", "[^/]*") for part in told if part not in (".", ".."))


def _pushed(read: list[SourceFile], sizes: dict[str, int]) -> list[str]:
    """The paths of what pushes name and what is not yet read: by the file's name, as far as it is told."""
    like = {_like(name) for file in read for name in _PUSHED.findall(file.text)} - {None}
    if not like:
        return []
    wanted, known = (
        re.compile(f"(^|/)(?:{'|'.join(sorted(filter(None, like))[:MOST])})$"),
        {file.path for file in read},
    )
    rest = {path: size for path, size in sizes.items() if path not in known and wanted.search(path)}
    rest = {path: size for path, size in rest.items() if size <= LARGEST and not _SKIPPED.search(path)}
    return sorted(rest, key=lambda path: (path.count("/"), path))[: max(MOST - len(known), 0)]


def _chosen(sizes: dict[str, int]) -> list[str]:
    """The paths worth reading, the most telling kinds first, within the bounds."""
    chosen: dict[str, int] = {}
    for pattern in _WANTED:
        for path in sorted(sizes, key=lambda path: (path.count("/"), path)):
            if path in chosen or sizes[path] > LARGEST or _SKIPPED.search(path) or not pattern.search(path):
                continue
            if len(chosen) < MOST and sum(chosen.values()) + sizes[path] <= ALL:
                chosen[path] = sizes[path]
    return list(chosen)


def _source(path: str, data: bytes) -> Iterator[SourceFile]:
    """The file as text; nothing where it is binary."""
    if b"\0" not in data:
        shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield SourceFile(path=shown, text=data.decode("utf-8", "replace"))
