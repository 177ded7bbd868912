"""Which dependencies, images, orbs and runtimes changed their version, from the lines that changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runback.model import FileChange

_NAME = r"(?P<name>@?\w[\w.-]*(?:/[\w.-]+)*)"
# By the kind of file: how one line names a version. The last pattern of a kind is the most general one.
_REQUIREMENT = re.compile(rf"^\s*{_NAME}(?:\[[^\]]*\])?\s*(?P<version>(?:[=<>~!]=?=?|@)\s*[^\s;#\\]+)?")
_JSON = re.compile(r'^\s*"(?P<name>@?[\w./-]+)"\s*:\s*"(?P<version>[~^<>=]*\s*\d[^"]*|latest|\*)"')
_TOML = re.compile(
    r"""^\s*["']?(?P<name>[\w.-]+)["']?\s*(?:=\s*["']|(?=[=<>~!^]))(?P<version>[=<>~!^]*\s*\d[^"',]*)"""
)
_LISTED = re.compile(r"""^\s*["'](?P<name>[\w.-]+)(?:\[[^\]]*\])?\s*(?P<version>[=<>~!]=?[^"']+)["']""")
_IMAGE = re.compile(rf"""(?:^|\s)image:\s*["']?{_NAME}:(?P<version>[\w][\w.-]*)""")
_ORB = re.compile(r"^\s*[\w-]+:\s*(?P<name>[\w-]+/[\w-]+)@(?P<version>[\w.:-]+)\s*$")
_FROM = re.compile(rf"^\s*FROM\s+(?:--\S+\s+)?{_NAME}:(?P<version>[\w][\w.-]*)", re.IGNORECASE)
_RUNTIME = re.compile(r"^\s*(?:(?P<name>[a-z]+)[- ])?v?(?P<version>\d[\w.]*)\s*$")
_TERRAFORM = re.compile(r'^\s*(?P<name>version|required_version)\s*=\s*"(?P<version>[^"]+)"')
_KINDS: tuple[tuple[re.Pattern[str], str, tuple[re.Pattern[str], ...]], ...] = (
    (re.compile(r"(^|/)(requirements|constraints)[^/]*\.(txt|in)$"), "", (_REQUIREMENT,)),
    (re.compile(r"(^|/)package\.json$|composer\.json$"), "", (_JSON,)),
    (re.compile(r"(^|/)(Pipfile|pyproject\.toml|(poetry|uv)\.lock|setup\.(py|cfg))$"), "", (_LISTED, _TOML)),
    (re.compile(r"^\.circleci/"), "", (_IMAGE, _ORB)),
    (re.compile(r"docker-compose[^/]*\.ya?ml$"), "image ", (_IMAGE,)),
    (re.compile(r"Dockerfile"), "image ", (_FROM,)),
    (re.compile(r"(^|/)(runtime\.txt|\.((python|node)-version|nvmrc|tool-versions))$"), "", (_RUNTIME,)),
    (re.compile(r"\.tf$"), "", (_TERRAFORM,)),
)  # fmt: skip
_IGNORED = ("version", "python_version", "name")  # of the project itself


def versions(files: Iterable[FileChange]) -> Iterator[str]:
    """'celery 5.3.6 → 5.4.0 (requirements.txt)', also 'new: …' and 'gone: …'; in the order of the lines."""
    for file in files:
        kind = next((one for one in _KINDS if one[0].search(file.path)), None)
        if kind is None:
            continue
        before, after = dict[str, str](), dict[str, str]()
        for line in file.lines:
            found = next((match for pattern in kind[2] if (match := pattern.search(line[1:]))), None)
            if found is not None:
                name, version = _read(file.path, kind[1], found)
                (after if line.startswith("+") else before)[name] = version
        yield from _compared(file.path, before, after)


def _read(path: str, prefix: str, found: re.Match[str]) -> tuple[str, str]:
    pattern = found.re
    kind = "orb " if pattern is _ORB else "image " if pattern is _IMAGE else prefix
    name = found["name"] or path.rpartition("/")[2].lstrip(".")
    version = (found["version"] or "any version").strip()
    return f"{kind}{name}", version.removeprefix("==").strip()


def _compared(path: str, before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new or (name in _IGNORED and not path.endswith(".tf")):
            continue
        if old is None:
            yield f"new: {name} {new} ({path})"
        elif new is None:
            yield f"gone: {name} {old} ({path})"
        else:
            yield f"{name} {old} → {new} ({path})"
