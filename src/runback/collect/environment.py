"""What may be known of an app's variables: names, fingerprints, shapes, addresses; never a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from runback.collect.capi import Environment, Metadata
from runback.collect.interface import Secret
from runback.model import Address, Variable
from runback.redact import Redactor, shape

# Where teams write which commit they pushed: labels and annotations first, then variables.
_COMMIT_KEYS = frozenset(
    (
        "commit",
        "sha",
        "revision",
        "git-sha",
        "git-commit",
        "git-revision",
        "commit-sha",
        "commit-hash",
        "circle-sha1",
        "source-commit",
        "source-version",
        "git-rev",
        "vcs-ref",
        "github-sha",
    )
)
_SHA = re.compile(r"(?i)[0-9a-f]{7,40}")
_ADDRESS_NAME = re.compile(
    r"(?i)(?:^|[_.\-])(?:url|uri|host|hostname|addr|address|endpoint|server|origin|domain)"
)
# Only in these does a single word stand for a host, which a configuration file of the app completes.
_BARE_NAME = re.compile(r"(?i)(?:^|_)(?:host|hostname|addr|address|upstream)$")
_BARE = re.compile(r"(?P<host>(?=[0-9-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9-]{1,62})(?P<port>(?!))?")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})"
_HOST = re.compile(rf"(?P<host>localhost|{_LABEL}(?:\.{_LABEL})+)(?::(?P<port>\d{{1,5}}))?(?:/\S*)?")
_PORTED = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*):(?P<port>\d{{1,5}})(?:/\S*)?")
_HOST_KEYS = ("host", "hostname", "server", "endpoint", "uri", "url")  # of a service's credentials
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s,;\"']+")


def own_variables(environment: Environment) -> dict[str, str]:
    """The variables that a process of the app gets, the platform's own `VCAP_…` apart."""
    found = {**environment.running_env_json, **environment.environment_variables}
    return {name: _text(value) for name, value in sorted(found.items())}


def variables(values: Mapping[str, str], redactor: Redactor) -> tuple[Variable, ...]:
    """The variables without their values, sorted by name."""
    return tuple(
        Variable(name=name, fingerprint=redactor.fingerprint(value), shape=shape(value))
        for name, value in sorted(values.items())
    )


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as a process sees them: what is no text arrives there as JSON."""
    return {name: _text(value) for name, value in values.items()}


def secrets(app: str, environment: Environment) -> Iterator[Secret]:
    """All values of the environment, to learn: the redactor decides which of them are secret."""
    for group in (
        environment.environment_variables,
        environment.running_env_json,
        environment.staging_env_json,
    ):
        for name, value in group.items():
            yield Secret(name, _text(value))
    services = environment.system_env_json.get("VCAP_SERVICES")
    if isinstance(services, str):
        yield Secret("VCAP_SERVICES", services)
    elif isinstance(services, dict):
        for bindings in services.values():
            for binding in bindings if isinstance(bindings, list) else ():
                if isinstance(binding, dict):
                    name = str(binding.get("name") or app)
                    yield Secret(name, json.dumps(binding.get("credentials") or {}))


def service_hosts(environment: Environment) -> dict[str, tuple[str, ...]]:
    """Name of a bound service → the hosts that its credentials name."""
    services = environment.system_env_json.get("VCAP_SERVICES")
    found: dict[str, tuple[str, ...]] = {}
    for bindings in services.values() if isinstance(services, dict) else ():
        for binding in bindings if isinstance(bindings, list) else ():
            credentials = binding.get("credentials") if isinstance(binding, dict) else None
            if isinstance(credentials, dict):
                named = {key: text for key in _HOST_KEYS if isinstance(text := credentials.get(key), str)}
                name = str(binding.get("instance_name") or binding.get("name") or "")
                found[name] = tuple(dict.fromkeys(one.host for one in addresses(named)))
    return found


def addresses(values: Mapping[str, str]) -> tuple[Address, ...]:
    """Hosts and ports that the values name. A bare name counts only where the variable is called one.

    A host may be a single word, the first part of an internal route's name.
    """
    found: dict[tuple[str, str, int | None], Address] = {}
    for variable, value in sorted(values.items()):
        for host, port, scheme in _named(variable, value):
            found.setdefault(
                (variable, host, port), Address(variable=variable, host=host, port=port, scheme=scheme)
            )
    return tuple(found.values())


def commit_of(metadata: tuple[Metadata, ...], values: Mapping[str, str]) -> str | None:
    """The commit that labels, annotations or variables of usual names claim, whichever exist."""
    return claim_of(metadata, values)[0]


def claim_of(metadata: tuple[Metadata, ...], values: Mapping[str, str]) -> tuple[str | None, str]:
    """The claimed commit, and what claims it: 'label commit', 'variable GIT_SHA'; (None, '') without one."""
    named: list[tuple[str, str, str]] = []
    for one in metadata:
        for kind, group in (("label", one.labels), ("annotation", one.annotations)):
            named += [(kind, name, value or "") for name, value in group.items()]
    named += [("variable", name, value) for name, value in values.items()]
    for kind, name, value in named:
        short = name.rpartition("/")[2]
        if short.lower().replace("_", "-") in _COMMIT_KEYS and _SHA.fullmatch(value.strip()):
            return value.strip().lower(), f"{kind} {short}"
    return None, ""


def _named(variable: str, value: str) -> Iterator[tuple[str, int | None, str | None]]:
    if len(value) > 4096 or "-----BEGIN" in value:
        return
    urls = _URL.findall(value)
    for url in urls:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            continue
        if host and ("." in host or host == "localhost"):
            yield host, port or {"http": 80, "https": 443}.get(parts.scheme), parts.scheme
    if urls:
        return
    called = _ADDRESS_NAME.search(variable) is not None
    for word in re.split(r"[\s,;]+", value.strip()):
        match = _HOST.fullmatch(word) or (_PORTED.fullmatch(word) if called else None)
        if match is None and _BARE_NAME.search(variable) and shape(word) == "text":
            match = _BARE.fullmatch(word)
        if match and (called or match["host"].endswith(".internal")):
            yield match["host"].lower(), _port(match["port"]), None


def _port(text: str | None) -> int | None:
    return int(text) if text and 0 < int(text) < 65536 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
