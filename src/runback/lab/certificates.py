"""Certificates for the lab's router: X.509 version 3 (RFC 5280), signed with ECDSA on P-256 (SEC 1).

Written here because the standard library can read certificates and not make them. The keys are for servers
on loopback that live for a minute: nothing is done against an attacker who measures time.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

# FIPS 186-4, D.1.2.3
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_A = -3
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int] | None  # None: the point at infinity

_EC_KEY, _P256, _ECDSA_SHA256 = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7", "1.2.840.10045.4.3.2"
_COMMON_NAME, _SUBJECT_ALT_NAME, _BASIC_CONSTRAINTS = "2.5.4.3", "2.5.29.17", "2.5.29.19"


def issue(folder: Path, names: Sequence[str], begins: datetime, ends: datetime) -> tuple[Path, Path]:
    """A certificate for these names that vouches for itself, and its key: two files in PEM form."""
    key = secrets.randbelow(_N - 1) + 1
    public = _public(key)
    algorithm = _sequence(_oid(_ECDSA_SHA256))
    name = _sequence(_set(_sequence(_oid(_COMMON_NAME), _tagged(0x0C, names[0].encode()))))
    alternative = _sequence(*(_tagged(0x82, one.encode()) for one in names))
    extensions = _sequence(
        _sequence(_oid(_BASIC_CONSTRAINTS), _octets(_sequence(_tagged(0x01, b"\xff")))),
        _sequence(_oid(_SUBJECT_ALT_NAME), _octets(alternative)),
    )
    told = _sequence(
        _tagged(0xA0, _integer(2)),
        _integer(secrets.randbits(62) + 1),
        algorithm,
        name,
        _sequence(_time(begins), _time(ends)),
        name,
        _sequence(_sequence(_oid(_EC_KEY), _oid(_P256)), _bits(public)),
        _tagged(0xA3, extensions),
    )
    certificate = _sequence(told, algorithm, _bits(_signature(key, told)))
    private = _sequence(
        _integer(1),
        _octets(key.to_bytes(32, "big")),
        _tagged(0xA0, _oid(_P256)),
        _tagged(0xA1, _bits(public)),
    )
    return (
        _write(folder / "router.crt", "CERTIFICATE", certificate),
        _write(folder / "router.key", "EC PRIVATE KEY", private),
    )


# --- ECDSA ----------------------------------------------------------------------------------------


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return other if one is None else one
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = (3 * x1 * x1 + _A) * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x3 = (slope * slope - x1 - x2) % _P
    return x3, (slope * (x1 - x3) - y1) % _P


def _times(factor: int, point: _Point) -> tuple[int, int]:
    found: _Point = None
    while factor:
        if factor & 1:
            found = _add(found, point)
        point = _add(point, point)
        factor >>= 1
    if found is None:
        raise ValueError("a multiple of the group's order")
    return found


def _public(key: int) -> bytes:
    x, y = _times(key, _G)
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _signature(key: int, told: bytes) -> bytes:
    digest = int.from_bytes(hashlib.sha256(told).digest(), "big")
    once = secrets.randbelow(_N - 1) + 1
    r = _times(once, _G)[0] % _N
    s = pow(once, -1, _N) * (digest + r * key) % _N
    return _sequence(_integer(r), _integer(s))


# --- DER (X.690) ----------------------------------------------------------------------------------


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _set(*parts: bytes) -> bytes:
    return _tagged(0x31, b"".join(parts))


def _octets(content: bytes) -> bytes:
    return _tagged(0x04, content)


def _bits(content: bytes) -> bytes:
    return _tagged(0x03, b"\x00" + content)


def _integer(value: int) -> bytes:
    return _tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray((40 * first + second,))
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return _tagged(0x06, bytes(content))


def _time(moment: datetime) -> bytes:
    """UTCTime, as RFC 5280 wants it before the year 2050."""
    return _tagged(0x17, f"{moment:%y%m%d%H%M%SZ}".encode())


def _write(path: Path, what: str, content: bytes) -> Path:
    text = base64.encodebytes(content).decode()
    path.write_text(f"-----BEGIN {what}-----\n{text}-----END {what}-----\n")
    path.chmod(0o600)
    return path
