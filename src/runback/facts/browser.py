"""The target's public pages as a user's browser sees them: what of them does not load, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from runback.facts import contentpolicy, views
from runback.model import Certificate, Evidence, Fetched, Gap, Row, Tables, Where

ENDS_SOON = timedelta(days=14)
_BROKEN = ("script", "style")
_UNTRUSTED = "is not trusted"  # how http/words.py says that a certificate was refused


def pages(evidence: Evidence, tables: Tables) -> tuple[Row, ...]:
    """One row for each thing that a browser asked for; none where nobody looked."""
    world = views.platform(evidence)
    fetched = world.fetched if world else ()
    policies = {one.page: one for one in fetched if one.kind == "page"}
    silent = {one.page for one in fetched if one.kind == "script" and _blocked(one, policies.get(one.page))}
    # A page whose script does not run calls nobody: what its policy says of calls is no second fault.
    bound = [None if one.kind == "call" and one.page in silent else policies.get(one.page) for one in fetched]
    return tuple(_row(one, page) for one, page in zip(fetched, bound, strict=True))


def _row(one: Fetched, page: Fetched | None) -> Row:
    problem, because = _problem(one, page)
    unseen = one.kind in _BROKEN or problem in ("policy_inline", "circle")
    return Row(
        cells={
            "app": one.app,
            "page": one.page,
            "url": one.url,
            "path": urlsplit(one.url).path or "/",
            "kind": one.kind,
            "status": one.status,
            "type": one.type or None,
            "problem": problem,
            "because": because or None,
            "router_error": one.router_error or None,
            "white": isinstance(problem, str) and unseen,
        },
        app=one.app,
        where=tuple(_where(one, because)),
    )


def _problem(one: Fetched, page: Fetched | None) -> tuple[str | Gap | None, str]:
    """What is wrong with it, in a word of the schema, and in words for a person."""
    blocked = _blocked(one, page)
    if blocked:
        return ("policy_inline" if one.kind == "page" else "policy"), blocked
    if not one.asked:
        return None, ""
    if one.ended == "elsewhere":  # a login of somebody else's, most of the time
        to = urlsplit(one.redirects[-1]).hostname if one.redirects else "another host"
        said = f"it sends browsers on to {to}, which is not asked"
        return Gap(what=f"what browsers see at {one.url}", reason=said), ""
    if one.ended:
        return one.ended, f"it is sent on and on, at last to {one.redirects[-1]}"
    if one.error and one.kind != "page" and page is not None and page.error == one.error:
        return None, ""  # the page says it
    if one.error:
        return ("certificate" if _UNTRUSTED in one.error else "no_answer"), one.error
    status = one.status or 0
    if status >= 500:
        return "failed", f"it is answered with {status}"
    if one.kind in _BROKEN and status >= 400:
        return "not_found", f"it is answered with {status}"
    if one.kind in _BROKEN and one.type == "text/html":
        return "page_instead", "a page of HTML comes instead of it"
    if one.kind == "page" and status == 404 and one.router_error:
        return "not_found", f"the router answers 404 ({one.router_error})"
    if one.kind == "call" and one.type == "text/html" and status < 400 and not one.origin:
        return "page_instead", "a page of HTML comes instead of data: the proxy does not pass it on"
    if one.origin and status and one.type != "text/html" and one.allow_origin not in ("*", one.origin):
        said = f"allows {one.allow_origin}" if one.allow_origin else "allows no other origin"
        return "cross_origin", f"the answer {said}, the page is at {one.origin}"
    return None, ""


def _blocked(one: Fetched, page: Fetched | None) -> str:
    if page is None or not page.policy:
        return ""
    if one.kind == "page":
        return contentpolicy.blocks_inline(page.policy) if page.inline else ""
    return contentpolicy.blocks(page.policy, one.kind, one.url, one.page, nonce=one.nonce)


def _where(one: Fetched, because: str) -> Iterator[Where]:
    what = {"page": "page", "script": "script", "style": "style sheet", "call": "call"}[one.kind]
    answer = f"{one.status} {one.type}".strip() if one.status else "no answer" if one.asked else "not asked"
    yield views.resource(f"{what} {one.url}, as a browser asks for it", because or answer, url=one.page)
    for line in one.said:
        yield views.resource(f"log of {one.app} on this request", line)


def certificates(evidence: Evidence, tables: Tables) -> tuple[Row, ...]:
    world = views.platform(evidence)
    return tuple(_certificate(evidence, one) for one in (world.certificates if world else ()))


def _certificate(evidence: Evidence, one: Certificate) -> Row:
    left = one.expires - evidence.collected_at if one.expires else None
    return Row(
        cells={
            "host": one.host,
            "names": views.comma(one.names),
            "expires": one.expires.isoformat() if one.expires else None,
            "days": left.days if left else None,
            "ends_soon": left is not None and left < ENDS_SOON,
        },
        where=(
            views.resource(
                f"certificate of {one.host}", f"valid until {one.expires:%Y-%m-%d}" if one.expires else ""
            ),
        ),
    )
