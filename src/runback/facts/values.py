"""What may be said of a variable's value: its shape, an address's host and port, what is odd about it.

The table `environment.variables` and `runback compare` say the same because both ask here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from runback.facts.expected import Address as Wanted
from runback.facts.expected import Expectation, address_of
from runback.model import Address, App, Evidence, Variable

Kind: TypeAlias = Literal["localhost", "elsewhere", "malformed", "address", "differs"]
LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - looked for, not bound to
AGREE = 2  # peers that must say the same before one that differs is remarked
_ADDRESS_NAME = re.compile(r"(?i)(?:^|_)(?:url|uri)(?:_|$)")
_PEM_NAME = re.compile(r"(?i)(?:^|_)(?:pem|private_key)(?:_|$)")
_CALLED = {
    "scheme://host:port": "a URL",
    "pem": "a PEM",
    "integer": "a number",
    "boolean": "a boolean",
    "uuid": "a UUID",
    "json": "JSON",
    "host": "a host",
    "host:port": "a host with a port",
}


class Odd(NamedTuple):
    """What is odd about a value that is there, in words."""

    kind: Kind
    says: str


def told(app: App, variable: Variable | None) -> str:
    """'missing', 'empty', 'set (integer)', 'set (host:443)'."""
    if variable is None:
        return "missing"
    if variable.shape == "empty":
        return "empty"
    address = address_in(app, variable.name)
    if address is None:
        return f"set ({variable.shape})"
    return f"set ({address.host}{f':{address.port}' if address.port else ''})"


def wanted(expected: Expectation | None) -> str:
    """What the file says the variable should be, as far as it may be shown: 'set', or an address."""
    if expected is None:
        return ""
    address = address_of(expected.value)
    if address is None or address.host.likely is None:
        return "set"
    return f"{address.host.likely}{f':{address.port}' if address.port else ''}"


def address_in(app: App, variable: str) -> Address | None:
    """The address that the variable holds; the first where it holds several."""
    return next((one for one in app.addresses if one.variable == variable), None)


def odd(
    evidence: Evidence,
    app: App,
    variable: Variable,
    expected: Expectation | None = None,
    others: Sequence[Variable] = (),
    before: Variable | None = None,
) -> Odd | None:
    """What is odd about a variable that is set. `others`: the peers'; `before`: the last good revision's."""
    if variable.shape == "empty":
        return None
    address = address_in(app, variable.name)
    asked = address_of(expected.value) if expected is not None else None
    if address is not None and address.host in LOCAL:
        same = asked is not None and asked.host.known in LOCAL
        return None if same else Odd("localhost", f"still {address.host}")
    fits = address is not None and asked is not None and _fits(address, asked)
    # One peer that has the same may be the very environment that is meant.
    agreed = fits or sum(other.fingerprint == variable.fingerprint for other in others) >= AGREE
    if address is not None and not agreed and (end := _elsewhere(evidence, app, address)):
        return Odd("elsewhere", f"points to another environment ({end})")
    if address is not None and asked is not None and not fits:
        return Odd("address", f"the deployment sets {wanted(expected)}")
    if found := _malformed(variable, address, others, before):
        return Odd("malformed", found)
    prints = {other.fingerprint for other in others}
    if len(others) >= AGREE and len(prints) == 1 and variable.fingerprint not in prints:
        return Odd("differs", f"all {len(others)} peers agree on another value")
    return None


def _fits(address: Address, asked: Wanted) -> bool:
    likely = asked.host.likely
    fits = asked.host.matches(address.host) or likely == address.host
    return fits and (asked.port is None or address.port is None or asked.port == address.port)


def _elsewhere(evidence: Evidence, app: App, address: Address) -> str | None:
    """The other environment whose name is a word of the host."""
    ends = {end(peer) for peer in evidence.target.peers.get(app.name, ())} - {end(app.name), end(app.space)}
    words = re.split(r"[-.]", address.host)
    return next((word for word in words if word in ends), None)


def _malformed(
    variable: Variable, address: Address | None, others: Sequence[Variable], before: Variable | None
) -> str | None:
    """'not a PEM': its name, the revision before or all peers say what it should look like."""
    shapes = Counter(other.shape for other in others)
    usual = next(iter(shapes)) if len(shapes) == 1 and len(others) >= AGREE else None
    if usual in (None, "text") and before is not None and before.shape != variable.shape:
        usual = before.shape
    read = address is not None and address.scheme
    if (
        usual is None
        and not read
        and _ADDRESS_NAME.search(variable.name)
        and variable.shape in ("text", "integer")
    ):
        usual = "scheme://host:port"
    if usual is None and _PEM_NAME.search(variable.name) and variable.shape != "pem":
        usual = "pem"
    if usual in (None, variable.shape, "text", "empty"):
        return None
    return f"not {_CALLED.get(str(usual), usual)}"


def end(name: str) -> str:
    """The last word of an app's or a space's name: usually the environment."""
    return name.rpartition("-")[2]


def starred(name: str, app: App) -> str:
    """The name with '*' where it says its environment: the end of the app's or of its space's name."""
    ends = {end(app.name), end(app.space)}
    return "".join("*" if word in ends else word for word in re.split(r"([-.])", name))


def allowed(evidence: Evidence, subject: str, name: str) -> bool:
    """Whether runback.toml says that this may differ from the peers, or be missing."""
    from fnmatch import fnmatchcase

    return any(fnmatchcase(f"{subject} {name}", pattern) for pattern in evidence.target.may_differ)


def known(cells: Iterable[object]) -> list[Variable]:
    return [cell for cell in cells if isinstance(cell, Variable) and cell.shape != "empty"]
