"""A page's Content-Security-Policy, as a browser applies it to scripts, styles and calls (CSP Level 3)."""

from __future__ import annotations

from urllib.parse import urlsplit

_FALLBACK = {
    "script-src-elem": ("script-src-elem", "script-src", "default-src"),
    "style-src-elem": ("style-src-elem", "style-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
}
KINDS = {"script": "script-src-elem", "style": "style-src-elem", "call": "connect-src"}


def blocks(policy: str, kind: str, url: str, page: str, *, nonce: bool = False) -> str:
    """The directive that keeps a browser from loading `url` on `page`; '' where none is known to."""
    for one in policy.split(","):  # each policy of several must allow it
        directives = _directives(one)
        name = next((name for name in _FALLBACK[KINDS[kind]] if name in directives), None)
        if name is not None and not _allows(directives[name], url, page, nonce=nonce):
            return f"{name} {' '.join(directives[name])}".strip()
    return ""


def blocks_inline(policy: str) -> str:
    """The directive that keeps scripts without a nonce, within the page itself, from running."""
    for one in policy.split(","):
        directives = _directives(one)
        name = next((name for name in _FALLBACK["script-src-elem"] if name in directives), None)
        if name is None:
            continue
        sources = directives[name]
        # Where nonces or hashes are named, 'unsafe-inline' does not count; a hash may be that of the script.
        marked = any(source.startswith(("'nonce-", "'sha")) for source in sources)
        if not marked and "'unsafe-inline'" not in sources:
            return f"{name} {' '.join(sources)}".strip()
    return ""


def _directives(policy: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for directive in policy.split(";"):
        words = directive.split()
        if words:
            found.setdefault(words[0].lower(), words[1:])  # the first of a name holds
    return found


def _allows(sources: list[str], url: str, page: str, *, nonce: bool) -> bool:
    lowered = [source.lower() for source in sources]
    if nonce or "'strict-dynamic'" in lowered or any(source.startswith("'sha") for source in lowered):
        return True  # allowed, or only the browser can tell
    return any(_matches(source, url, page) for source in lowered)


def _matches(source: str, url: str, page: str) -> bool:
    asked, here = urlsplit(url), urlsplit(page)
    if source == "*":
        return asked.scheme in ("http", "https", here.scheme)
    if source == "'self'":
        return (asked.scheme, asked.netloc) == (here.scheme, here.netloc)
    if source.startswith("'"):
        return False
    if source.endswith(":"):
        return asked.scheme == source[:-1]
    pattern = urlsplit(source if "//" in source else f"//{source}")
    if (
        pattern.scheme
        and pattern.scheme != asked.scheme
        and (pattern.scheme, asked.scheme) != ("http", "https")
    ):
        return False
    host = (asked.hostname or "").lower()
    wanted = (pattern.hostname or "").lower()
    same = host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted
    path = pattern.path
    return same and (not path or asked.path == path or (path.endswith("/") and asked.path.startswith(path)))
