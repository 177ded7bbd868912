"""What a value is: its shape, and which parts of it are secret.

A value is secret when its name says so or when it looks random. What people need to read a log stays
readable: ports, switches, host names, addresses, words. Of a URL only user info, query values and random
path segments are secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

_NESTED = 5  # JSON in a text in JSON …
SHORTEST = 6  # characters: shorter values occur everywhere by chance

_SECRET_NAME = re.compile(
    r"""(?ix) pass(?:wd|word|phrase|code)? (?:[_.\-\d]|$) | password | passphrase | pwd | secret | token | credential
    | private | cookie | signature | salt | api_?key | access_?key | (?:^|[_.\-]) (?:key|auth|cert|dsn|pin|otp) (?:$|[_.\-\d])
    | [a-z]Key(?:$|[A-Z])"""  # noqa: E501
)
_PLACE_NAME = re.compile(r"(?i)host|ur[il]|addr|server|domain|endpoint|origin|issuer|upstream|broker")
_COMMIT_NAME = re.compile(
    r"(?i)commit|revision|(?:^|[_.\-])(?:sha\d*|rev|version|build|digest|hash|guid|uuid|id)$"
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INTEGER = re.compile(r"[+-]?\d+")
_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"localhost|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|{_LABEL}(?:\.{_LABEL})*\.[A-Za-z]{{2,24}}")
_HOST_PORT = re.compile(rf"(?P<host>{_HOST.pattern}|{_LABEL}):(?P<port>\d{{1,5}})")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,20}://\S+")
_WORD = re.compile(r"[A-Za-z0-9+=]+")
_PLAIN = re.compile(r"[a-z]+|[A-Z]+|[A-Z][a-z]+|\d+")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "none", "null"})
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----\s*\n")  # with its line breaks, which some settings lose


def shape(value: str) -> str:
    """What the value looks like: empty, integer, boolean, pem, uuid, json, host, host:port,
    scheme://host:port (any URL), text.
    """
    value = value.strip()
    if not value:
        return "empty"
    if _INTEGER.fullmatch(value):
        return "integer"
    if value.lower() in {"true", "false", "yes", "no", "on", "off"}:
        return "boolean"
    if _PEM.match(value):
        return "pem"
    if _UUID.fullmatch(value):
        return "uuid"
    if _structure(value) is not None:
        return "json"
    if _URL.fullmatch(value):
        return "scheme://host:port"
    if _HOST.fullmatch(value):
        return "host"
    if _HOST_PORT.fullmatch(value):
        return "host:port"
    return "text"


def secret_parts(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The (name, text) pairs in `value` that must not be seen, of JSON those of its leaves."""
    yield from _parts(name, value, 0)


def _parts(name: str, value: str, depth: int) -> Iterator[tuple[str, str]]:
    structure = _structure(value) if depth < _NESTED else None
    if structure is not None:
        for leaf_name, leaf in _leaves(name, structure):
            yield from _parts(leaf_name, leaf, depth + 1)
    else:
        yield from _text_parts(name, value)


def is_plain(text: str) -> bool:
    """Whether this could be a part of an ordinary word: then it counts only where it stands alone."""
    return len(text) <= 12 and _PLAIN.fullmatch(text) is not None


def looks_random(text: str) -> bool:
    """Whether no person would write this: long, with letters and digits in no order."""
    return any(_random_word(word) for word in _WORD.findall(text))


def names_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret, as its name tells."""
    return _SECRET_NAME.search(name) is not None


def _text_parts(name: str, value: str) -> Iterator[tuple[str, str]]:
    text = value.strip()
    if len(text) < SHORTEST or text.lower() in _WORDS:
        return
    if _PEM.match(text):
        yield name, text
        yield from ((name, line.strip()) for line in text.splitlines()[1:-1] if len(line.strip()) >= SHORTEST)
    elif _URL.fullmatch(text):
        yield from _url_parts(name, text)
    elif _is_place(name, text):
        return
    elif names_secret(name):
        yield name, text
        if "\n" in text:
            yield from ((name, line.strip()) for line in text.splitlines() if len(line.strip()) >= 16)
    elif looks_random(text) and not _COMMIT_NAME.search(name) and not _UUID.fullmatch(text):
        yield name, text


def _is_place(name: str, text: str) -> bool:
    """Whether it is a host. A password may look like one: then the name decides, unless no password would."""
    if not (_HOST.fullmatch(text) or _HOST_PORT.fullmatch(text)):
        return False
    if not names_secret(name) or _PLACE_NAME.search(name) or text.startswith("localhost"):
        return True
    return text.count(".") >= 2 and not looks_random(text)


def _url_parts(name: str, url: str) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(url)
        user, password = parts.username or "", parts.password or ""
    except ValueError:  # not a URL after all: an unbalanced bracket
        yield name, url
        return
    for text in (password, user if looks_random(user) or not password else ""):
        for form in {text, unquote(text)}:
            if len(form) >= SHORTEST:
                yield name, form
    for key, text in parse_qsl(parts.query):
        if len(text) >= SHORTEST and (names_secret(key) or looks_random(text)):
            yield f"{name}.{key}", text
    for segment in parts.path.split("/"):
        if looks_random(segment) and not _UUID.fullmatch(segment):
            yield name, segment


def _structure(value: str) -> object:
    """The JSON object or array that `value` holds, or None."""
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found: object = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found


def _leaves(name: str, node: object, depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > 40:
        return
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _leaves(f"{name}.{key}", inner, depth + 1)
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(name, inner, depth + 1)
    elif isinstance(node, str):
        yield name, node
    elif isinstance(node, int) and not isinstance(node, bool):
        yield name, str(node)


def _random_word(word: str) -> bool:
    if len(word) >= 32 and re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", word) and len(set(word)) > 5:
        return True
    if len(word) < 16:
        return False
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "s" for c in word]
    changes = sum(a != b for a, b in pairwise(kinds))
    if "d" in kinds:
        return changes >= 4
    return changes * 3 >= len(word)
