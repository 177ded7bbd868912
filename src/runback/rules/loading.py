"""Loading the runbook: built-in pages from their index, a team's from their folder, all of them checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from runback.errors import ConfigurationError
from runback.model import Page, SymptomName, TableSchema
from runback.rules import cache
from runback.rules.checks import check
from runback.rules.runbook import Runbook

BUILT_IN = Path(__file__).parent.parent / "runbook"
INDEX = "index.msgpack"  # in the wheel only: the built-in pages, compiled when it was made


def load(
    schemas: Mapping[str, TableSchema] | Iterable[TableSchema],
    extra_dirs: Sequence[Path] = (),
    *,
    replace: bool = True,
) -> Runbook:
    """The built-in pages and those of `extra_dirs`; a page of a later folder replaces one with the same id,
    or is left out without `replace`.

    Raises `ConfigurationError` (file, line, what is allowed) on a page that is not as docs/pages says.
    """
    pages = {page.id: page for page in built_in()}
    shadowed, foreign = [], set[str]()
    for folder in extra_dirs:
        for page in read_folder(folder, shown=str(folder)):
            if page.id in pages:
                shadowed.append(_shadowing(page, pages[page.id], replace))
                if not replace:
                    continue
            pages[page.id] = page
            foreign.add(page.id)
    by_name = dict(schemas) if isinstance(schemas, Mapping) else {schema.name: schema for schema in schemas}
    check(pages, by_name, get_args(SymptomName))
    return Runbook(pages.values(), shadowed, foreign)


def _shadowing(page: Page, ours: Page, replace: bool) -> str:
    if replace:
        return f"{page.path} replaces the page {page.id} of {ours.path}"
    return f"{page.path} is left out: {ours.path} has its id, and in CI only RUNBACK_REPLACE_PAGES=1 replaces"


def built_in() -> tuple[Page, ...]:
    """The pages of the package: from the wheel's index, or from a cache keyed by the source tree's files."""
    index = BUILT_IN / INDEX
    if index.exists():
        return decode(index.read_bytes())
    files = sorted(BUILT_IN.rglob("*.md"))
    rules = [*Path(__file__).parent.glob("*.py"), *(Path(__file__).parent.parent / "model").glob("*.py")]
    state = [f"{file}:{file.stat().st_mtime_ns}:{file.stat().st_size}".encode() for file in [*files, *rules]]
    name = "pages-" + cache.key(*state)
    kept = cache.read(name)
    if kept is not None:
        return decode(kept)
    pages = read_folder(BUILT_IN, shown="runbook")
    cache.write(name, encode(pages))
    return pages


def encode(pages: Sequence[Page]) -> bytes:
    """The index of pages."""
    return msgspec.msgpack.encode(pages)


def decode(data: bytes) -> tuple[Page, ...]:
    """The pages of an index."""
    return msgspec.msgpack.decode(data, type=tuple[Page, ...])


def read_folder(folder: Path, shown: str) -> tuple[Page, ...]:
    """The pages of a folder and its sub-folders, read from Markdown."""
    from runback.rules.pages import parse_page

    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: no such folder of pages")
    pages: dict[str, Page] = {}
    for file in sorted(folder.rglob("*.md")):
        page = parse_page(file, f"{shown}/{file.relative_to(folder).as_posix()}")
        if page.id in pages:
            raise ConfigurationError(f"{page.path}:1: {pages[page.id].path} has the same id")
        pages[page.id] = page
    return tuple(pages.values())
