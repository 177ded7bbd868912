"""The runbook as the source of a documentation site: Markdown files and the generator's configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from runback.model import Page, Stage, TableSchema
from runback.reports.site.coverage import coverage
from runback.reports.site.page import page_document, shown_title

__all__ = ["CONFIGURATION", "documents"]

STAGES: tuple[str, ...] = get_args(Stage)
CONFIGURATION = "mkdocs.yml"
_THEME = {
    "name": "material",
    "font": False,  # nothing is fetched from elsewhere
    "features": ["navigation.indexes", "navigation.top", "search.suggest", "search.highlight", "toc.follow"],
    "palette": [
        {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "indigo"},
        {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "indigo"},
    ],
}


def documents(pages: Iterable[Page], schemas: Mapping[str, TableSchema], name: str) -> dict[str, str]:
    """Each file of the site's source by its path: `mkdocs.yml`, and the Markdown under `docs/`."""
    by_id = {page.id: page for page in sorted(pages, key=lambda page: (STAGES.index(page.stage), page.id))}
    files = {f"docs/{page.stage}/{page.id}.md": page_document(page, by_id) for page in by_id.values()}
    files["docs/index.md"] = _index(by_id, name)
    files["docs/coverage.md"] = coverage(by_id.values(), STAGES)
    files["docs/facts.md"] = _facts(schemas, by_id)
    files[CONFIGURATION] = _configuration(by_id, name)
    return files


def _index(pages: Mapping[str, Page], name: str) -> str:
    lines = [
        f"# {name}",
        "",
        f"{len(pages)} pages, by the stage at which a deployment breaks. Each is the rule that finds a fault,"
        " the explanation, and the examples that test it.",
        "",
        "[What is covered](coverage.md) · [Fact tables](facts.md)",
    ]
    for stage in STAGES:
        found = [page for page in pages.values() if page.stage == stage]
        if found:
            lines += ["", f"## {_heading(stage)}", "", "| Page | Finds |", "|---|---|"]
            lines += [
                f"| [`{page.id}`]({stage}/{page.id}.md) | {shown_title(page).replace('|', chr(92) + '|')} |"
                for page in found
            ]
    return "\n".join(lines) + "\n"


def _heading(stage: str) -> str:
    return "CI" if stage == "ci" else stage.capitalize()


def _facts(schemas: Mapping[str, TableSchema], pages: Mapping[str, Page]) -> str:
    lines = ["# Fact tables", "", "What a page's `select` may name, and which pages do."]
    for schema in schemas.values():
        users = [page for page in pages.values() if page.select and page.select.table == schema.name]
        links = ", ".join(f"[`{page.id}`]({page.stage}/{page.id}.md)" for page in users)
        lines += ["", f"## `{schema.name}`", "", schema.about, ""]
        lines += [f"Used by {links}.", ""] if links else []
        lines += ["| Column | Type | Holds |", "|---|---|---|"]
        lines += [f"| `{column}` | {kind} | {about} |" for column, (kind, about) in schema.columns.items()]
    return "\n".join(lines) + "\n"


def _configuration(pages: Mapping[str, Page], name: str) -> str:
    import yaml

    nav: list[object] = [{"Overview": "index.md"}, {"Coverage": "coverage.md"}]
    for stage in STAGES:
        found = [f"{stage}/{page.id}.md" for page in pages.values() if page.stage == stage]
        if found:
            nav.append({_heading(stage): found})
    nav.append({"Fact tables": "facts.md"})
    configuration = {
        "site_name": name,
        "use_directory_urls": False,  # the site can be opened from a folder
        "theme": _THEME,
        "plugins": ["search"],
        "markdown_extensions": ["tables", "fenced_code", {"toc": {"permalink": True}}],
        "nav": nav,
    }
    return yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True)
