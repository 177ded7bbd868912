"""Marked secrets of every kind and encoding, and a search for what is left of their marks."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

_MARK = re.compile(rb"(?i)Lk\d{5}Zq")
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Planted:
    """A secret as a variable or credential holds it; `shown` is the secret in it that a log may show."""

    name: str
    value: str
    shown: str
    breakable: bool = True  # a program may wrap it anywhere, so that only spaces at the break are lost


def secrets(count: int, first: int = 0) -> tuple[Planted, ...]:
    """Secrets of all kinds in turn, each with its own mark, the same in every run."""
    return tuple(
        _KINDS[n % len(_KINDS)](n, f"Lk{n:05d}Zq", random.Random(n)) for n in range(first, first + count)
    )


def lines(secret: Planted, n: int) -> str:
    """How a program prints the secret; by `n` another encoding each time."""
    spellings = _SPELLINGS if secret.breakable else _SPELLINGS[:_WHOLE]
    return spellings[n % len(spellings)](secret.shown)


def marks(data: bytes) -> set[bytes]:
    """The marks that are in `data`: plain, or for those who join lines, or decode hex or base64."""
    found: set[bytes] = set()
    plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", data)
    plain = re.sub(rb"(?m)^\s*\d{4}-\d\d-\d\dT\S+ \[[^\]]+\] (?:OUT|ERR) ", b"", plain)
    joined = re.sub(rb"[\"'\\ \t\r]*(?:\n|\\n)[\"' \t]*", b"", plain)
    for text in (data, plain, joined):
        found.update(_MARK.findall(text))
        for run in re.findall(rb"[A-Za-z0-9+/_-]{12,}", text):
            for decoded in _decoded(run):
                found.update(_MARK.findall(decoded))
                if inner := re.findall(rb"[A-Za-z0-9+/_-]{12,}", decoded):
                    found.update(
                        mark for one in inner for two in _decoded(one) for mark in _MARK.findall(two)
                    )
    return found


def _decoded(run: bytes) -> Iterator[bytes]:
    normal = run.translate(bytes.maketrans(b"-_", b"+/"))
    for skip in range(4):
        part = normal[skip:]
        yield base64.b64decode(part[: len(part) // 4 * 4])
    if re.fullmatch(rb"[0-9a-fA-F]+", run):
        for skip in range(2):
            part = run[skip:]
            yield bytes.fromhex(part[: len(part) // 2 * 2].decode())


# --- kinds ----------------------------------------------------------------------------------------


def _random(source: random.Random, count: int) -> str:
    return "".join(source.choices(_ALPHABET, k=count))


def _password(n: int, mark: str, _: random.Random) -> Planted:
    value = f"pä$s/{mark}+=&<'\"é"
    return Planted(f"DB_PASSWORD_{n}", value, value)


def _token(n: int, mark: str, source: random.Random) -> Planted:
    value = _random(source, 14) + mark + _random(source, 14)
    return Planted(f"API_TOKEN_{n}", value, value)


def _unnamed(n: int, mark: str, source: random.Random) -> Planted:
    value = f"{mark}7g2K9x4Q1z8W3{_random(source, 12)}"
    return Planted(f"SETTING_{n}", value, value)


def _hex(n: int, mark: str, source: random.Random) -> Planted:
    value = mark.encode().hex() + source.randbytes(12).hex()
    return Planted(f"SIGNING_KEY_{n}", value, value)


def _base64(n: int, mark: str, source: random.Random) -> Planted:
    value = base64.b64encode(source.randbytes(7) + mark.encode() + source.randbytes(9)).decode()
    return Planted(f"MASTER_KEY_{n}", value, value)


def _jwt(n: int, mark: str, source: random.Random) -> Planted:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    value = ".".join((part({"alg": "HS256"}), part({"sub": mark, "n": n}), _random(source, 30)))
    return Planted(f"SESSION_TOKEN_{n}", value, value)


def _pem(n: int, mark: str, source: random.Random) -> Planted:
    body = base64.b64encode(b"".join(source.randbytes(20) + mark.encode() for _ in range(6))).decode()
    rows = [body[at : at + 64] for at in range(0, len(body), 64)]
    value = "\n".join(("-----BEGIN RSA PRIVATE KEY-----", *rows, "-----END RSA PRIVATE KEY-----", ""))
    return Planted(f"JWT_KEY_{n}", value, value, breakable=False)


def _database(n: int, mark: str, source: random.Random) -> Planted:
    password = mark + _random(source, 8)
    return Planted(f"DATABASE_URL_{n}", f"postgres://app:{password}@db.lab.example:5432/x", password)


def _webhook(n: int, mark: str, source: random.Random) -> Planted:
    path = f"{mark}5t{_random(source, 9)}7r2"
    return Planted(f"WEBHOOK_{n}", f"https://hooks.lab.example/services/{path}", path)


def _query(n: int, mark: str, source: random.Random) -> Planted:
    text = mark + _random(source, 10)
    return Planted(f"REPORT_URL_{n}", f"https://api.lab.example:8443/v1?token={text}&page=2", text)


def _document(n: int, mark: str, source: random.Random) -> Planted:
    text = mark + _random(source, 6)
    return Planted(f"OAUTH_{n}", json.dumps({"client_secret": text, "port": 8080}), text)


def _passphrase(n: int, mark: str, _: random.Random) -> Planted:
    value = f"correct horse {mark} battery"
    return Planted(f"PASSPHRASE_{n}", value, value, breakable=False)


def _short(n: int, mark: str, _: random.Random) -> Planted:
    return Planted(f"ADMIN_PASSWORD_{n}", mark, mark)


def _like_a_host(n: int, mark: str, _: random.Random) -> Planted:
    return Planted(f"MAIL_PASSWORD_{n}", f"{mark}.secret", f"{mark}.secret")


_KINDS: tuple[Callable[[int, str, random.Random], Planted], ...] = (
    _password, _token, _unnamed, _hex, _base64, _jwt, _pem, _database, _webhook, _query, _document,
    _passphrase, _short, _like_a_host,
)  # fmt: skip


# --- spellings ------------------------------------------------------------------------------------


def _wrapped(text: str, width: int, before: str) -> str:
    return "\n".join(before + text[at : at + width] for at in range(0, len(text), width))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda text: f"using {text} now",
    lambda text: json.dumps({"level": "info", "value": text}),
    lambda text: json.dumps({"log": json.dumps({"value": text})}),
    lambda text: f"GET /x?value={quote(text, safe='')}&page=2",
    lambda text: f"GET /x?next={quote('/y?v=' + quote(text, safe=''), safe='')}",
    lambda text: _encoded(text),
    lambda text: f"Authorization: Basic {_encoded('deployer:' + text)}",
    lambda text: "data: " + base64.urlsafe_b64encode(b"{'a':" + text.encode() + b"}").decode(),
    lambda text: _wrapped(_encoded("x" * 70 + text + "y" * 30), 76, ""),
    lambda text: _wrapped(_encoded("ab" * 31 + text + "y" * 30), 64, "    "),
    lambda text: text.encode().hex(),
    lambda text: "0x" + text.encode().hex().upper(),
    lambda text: repr({"value": text}),
    lambda text: "export VALUE='" + text.replace("'", "'\\''") + "'",
    lambda text: f"<td>{text.replace('&', '&amp;').replace('<', '&lt;')}</td>",
    lambda text: text + text,
    # From here on the text itself is broken.
    lambda text: _wrapped(text, 7, "  "),
    lambda text: '"' + _wrapped(text, 9, "").replace("\n", '"\n  "') + '"',
    lambda text: _wrapped(text, 8, "").replace("\n", "\\\n"),
    lambda text: f"match: {text[:6]}\x1b[01;31m\x1b[K{text[6:11]}\x1b[m\x1b[K{text[11:]}",
    lambda text: _wrapped(text, 10, "   2026-03-03T14:59:04.12+0000 [APP/PROC/WEB/0] OUT "),
)
_WHOLE = 16
