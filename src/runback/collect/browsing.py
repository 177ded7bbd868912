"""Opens the target's public pages once its logs are read, and looks up what they say of what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec.structs import replace

from runback.collect import logcache, publicroutes
from runback.collect.appdetails import Reading
from runback.collect.interface import RawLog
from runback.collect.overview import host_of
from runback.collect.publicroutes import Seen
from runback.collect.session import Session
from runback.http import Client, gather
from runback.model import Fetched, Gap

_LINES = 3  # of the logs, for one request
_LONGEST = 500  # characters of one of them


def browse(client: Client, session: Session, readings: Sequence[Reading]) -> Seen:
    """What a browser gets at the apps' public routes. The logs come first: these requests are not in them."""
    logs = [log for one in readings for log in one.logs()]
    routes = {one.app.name: one.routes() for one in readings}
    hosts = {host_of(route.url) for own in routes.values() for route in own if not route.internal}
    if not hosts:
        return Seen((), ())
    opened = [
        page for one in readings for page in publicroutes.addresses(one.app.name, routes[one.app.name], logs)
    ]
    seen = publicroutes.look(client, opened, hosts)
    begin = client.date(session.endpoints.api)
    return seen if begin is None else _with_lines(client, session, readings, seen, begin)


def _with_lines(
    client: Client, session: Session, readings: Sequence[Reading], seen: Seen, begin: datetime
) -> Seen:
    troubled = {one.app for one in seen.fetched if _is_troubled(one)}
    asked = [one for one in readings if one.app.name in troubled]
    found = gather(
        *(lambda one=one: logcache.since(client, session, one.app.guid, one.app.name, begin) for one in asked)
    )
    lines = {one.app.name: logs for one, logs in zip(asked, found, strict=True) if not isinstance(logs, Gap)}
    return Seen(
        tuple(
            replace(one, said=_said(one, lines[one.app])) if _is_troubled(one) and one.app in lines else one
            for one in seen.fetched
        ),
        seen.certificates,
    )


def _is_troubled(one: Fetched) -> bool:
    failed = one.status is None or one.status >= 400 or (one.kind != "page" and one.type == "text/html")
    return one.asked and (failed or bool(one.ended))


def _said(one: Fetched, logs: Sequence[RawLog]) -> tuple[str, ...]:
    """The newest lines of router and app that name what was asked for."""
    path = f" {urlsplit(one.url).path or '/'} "
    found: list[tuple[int, str]] = []
    for log in logs:
        data = log.data if isinstance(log.data, bytes) else b""
        for at, line in zip(log.times, data.decode("utf-8", "replace").split("\n"), strict=False):
            if path in line:
                found.append((at, line[:_LONGEST]))
    return tuple(line for _, line in sorted(found)[-_LINES:])
