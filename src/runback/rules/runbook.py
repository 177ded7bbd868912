"""The runbook: its pages, and what they say of tables and logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

import msgspec

from runback.errors import UsageError
from runback.model import Finding, Gap, Log, LogKind, Outcome, Page, Table, Tables, Where
from runback.rules import select
from runback.rules.leading import Graph, closure
from runback.rules.signatures import Sighting, Signatures

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACES = 5  # logs that one finding names; its count covers all


class Runbook:
    """Pages in order of their id. Made by `rules.load`."""

    def __init__(
        self, pages: Iterable[Page], shadowed: Iterable[str] = (), foreign: Iterable[str] = ()
    ) -> None:
        self.pages = tuple(sorted(pages, key=lambda page: page.id))
        self.shadowed = tuple(shadowed)  # sentences: which page replaces a built-in one
        self._foreign = frozenset(foreign)  # ids of pages that are a team's own
        self._by_id = {page.id: page for page in self.pages}

    def page(self, name: str) -> Page:
        """The page with this id. Raises `UsageError` with the nearest ids."""
        page = self._by_id.get(name)
        if page is None:
            import difflib

            near = difflib.get_close_matches(name, self._by_id, n=3, cutoff=0.5)
            advice = (
                "Did you mean " + " or ".join(near) + "?" if near else "`runback runbook list` shows all."
            )
            raise UsageError(f"no page is called {name!r}", advice)
        return page

    @cached_property
    def signatures(self) -> Signatures:
        return Signatures(self.pages, self._foreign)

    @cached_property
    def reached(self) -> Graph:
        """Each page → the pages and symptoms that it leads to, over any number of pages in between."""
        return closure({page.id: page.leads_to for page in self.pages})

    def leads(self, start: str, end: str) -> bool:
        """Whether the page `start` leads to the page or symptom `end`."""
        return end in self.reached.get(start, ())

    def outcomes(
        self, tables: Tables, logs: Iterable[Log] = (), missing: Mapping[LogKind, str] | None = None
    ) -> tuple[Outcome, ...]:
        """What each page says, in the order of `pages`.

        `missing` names the kinds of logs that could not be read, and why: a page that would look there is
        unknown unless it fires elsewhere.
        """
        logs = tuple(logs)
        seen: dict[str, list[Finding]] = {}
        limits: dict[str, list[str]] = {}
        for log in logs:
            for found in self._in_log(log, limits):
                _merge(seen.setdefault(found.page, []), found)
        kinds = {log.kind for log in logs}
        return tuple(
            select.outcome(page, page.select, _table(tables, page.select.table))
            if page.select is not None
            else _signature_outcome(
                page, seen.get(page.id, []), kinds, missing or {}, limits.get(page.id, [])
            )
            for page in self.pages
        )

    def _in_log(self, log: Log, limits: dict[str, list[str]]) -> list[Finding]:
        """What pages see in the log; what they left out of it is added to `limits`, by page."""
        with log.text.open() as stream:
            watch = self.signatures.read(stream, log.kind)
        for page, left_out in watch.limits():
            limits.setdefault(page, []).append(f"{log.name}: {left_out}")
        return [finding_of(sighting, log) for sighting in watch.sightings()]


def _table(tables: Tables, name: str) -> Table | Gap:
    return tables[name] if name in tables else Gap(what=name, reason="the table was not made")


def _signature_outcome(
    page: Page,
    findings: list[Finding],
    kinds: set[LogKind],
    missing: Mapping[LogKind, str],
    limits: list[str],
) -> Outcome:
    if findings:
        return Outcome(page=page.id, findings=tuple(findings), unknown=tuple(limits))
    sources = {source for signature in page.signatures for source in signature.sources}
    unread = [reason for kind, reason in missing.items() if kind in sources or "any" in sources]
    unread += limits
    if unread:
        return Outcome(page=page.id, unknown=tuple(dict.fromkeys(unread)))
    looked = [kind for kind in sorted(kinds) if kind in sources or "any" in sources or kind == "input"]
    because = f"no line in the {', '.join(looked)} logs says so" if looked else "there is no log to look at"
    return Outcome(page=page.id, because=because)


def finding_of(sighting: Sighting, log: Log) -> Finding:
    """The finding of what a page saw in a log."""
    page = sighting.page
    return Finding(
        page=page.id,
        title=sighting.title,
        stage=page.stage,
        severity=page.severity,
        confidence=page.confidence,
        tier=page.tier,
        app=log.app,
        at=_time(log, sighting.line),
        until=_time(log, sighting.latest) if sighting.count > 1 and log.times else None,
        where=(
            Where(
                kind="log", source=log.name, text=sighting.text, line=sighting.line, url=log.url, log=log.id
            ),
        ),
        values=sighting.values,
        count=sighting.count,
        leads_to=page.leads_to,
    )


def _time(log: Log, line: int) -> datetime | None:
    if line <= len(log.times):
        return _EPOCH + timedelta(microseconds=log.times[line - 1] // 1000)
    return log.started_at


def _merge(findings: list[Finding], found: Finding) -> None:
    """Joins what several logs of one app say alike: the earliest stays first, all are counted."""
    for index, known in enumerate(findings):
        if (known.app, known.title) != (found.app, found.title):
            continue
        first, second = (found, known) if _earlier(found, known) else (known, found)
        findings[index] = msgspec.structs.replace(
            first,
            where=(first.where + second.where)[:_PLACES],
            count=known.count + found.count,
            until=_latest(known, found),
        )
        return
    findings.append(found)


def _latest(*findings: Finding) -> datetime | None:
    """When any of them was last seen; None where no time is known."""
    return max((at for one in findings for at in (one.at, one.until) if at is not None), default=None)


def _earlier(one: Finding, other: Finding) -> bool:
    return one.at is not None and other.at is not None and one.at < other.at
