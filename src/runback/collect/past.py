"""The past of one app: its revisions, and of those that a running one is compared with, what they held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeVar

from runback.collect import capi, environment, records
from runback.collect.interface import Secret, had
from runback.errors import FetchError
from runback.http import Later, gather, later
from runback.model import Droplet, Gap, Revision, Sidecar
from runback.redact import Redactor

LASTED = 600  # seconds after which a revision may have been one that ran well

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Past:
    """The revisions; the variables and droplets of those to compare with; the present one's sidecars."""

    revisions: tuple[Revision, ...]
    sidecars: tuple[Sidecar, ...] = ()
    droplets: tuple[Droplet, ...] = ()
    secrets: tuple[Secret, ...] = ()
    unlearned: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """What one revision held, as the API tells it."""

    variables: capi.RevisionVariables | Gap
    droplet: capi.Droplet | Gap | None


class PastReader:
    """`get` fetches a path of the API as a type."""

    def __init__(
        self,
        guid: str,
        name: str,
        get: Callable[[str, type[Value]], Value],
        redactor: Redactor,
        newest: str,
        asked: tuple[int, ...] | None = (),
    ) -> None:
        self._name = name
        self._base = f"/v3/apps/{guid}"
        self._get: Callable[[str, type], Value] = get
        self._redactor = redactor
        self._newest = newest
        self._asked = asked  # versions that a person wants compared; None: none is looked into

    def read(self) -> Past:
        """Raises FetchError where there is no list of revisions to be had."""
        deployed: Later[capi.Revisions | Gap] = later(
            had,
            f"running revisions of {self._name}",
            partial(self._fetch, f"{self._base}/revisions/deployed", capi.Revisions),
        )
        newest = self._fetch(f"{self._base}/revisions?{self._newest}", capi.Revisions).resources
        newest.sort(key=lambda one: one.version, reverse=True)
        running = deployed.result()
        live = set() if isinstance(running, Gap) else {one.guid for one in running.resources}
        compared = [] if self._asked is None else _compared(newest, live, self._asked)
        held = dict(
            zip(
                (one.guid for one in compared),
                gather(*[partial(self._held, one) for one in compared]),
                strict=True,
            )
        )
        revisions = tuple(self._revision(one, one.guid in live, held.get(one.guid)) for one in newest)
        present = next((one for one in newest if one.guid in live), newest[0] if newest else None)
        variables = [one.variables for one in held.values()]
        return Past(
            revisions,
            sidecars=tuple(records.sidecar(one) for one in present.sidecars) if present else (),
            droplets=tuple(
                records.droplet(one.droplet, environment.commit_of((one.droplet.metadata,), {}))
                for one in held.values()
                if isinstance(one.droplet, capi.Droplet)
            ),
            secrets=tuple(
                Secret(name, value)
                for one in variables
                if not isinstance(one, Gap)
                for name, value in environment.texts(one.var).items()
            ),
            unlearned=tuple(one for one in variables if isinstance(one, Gap)),
        )

    def _fetch(self, path: str, kind: type[Value]) -> Value:
        return self._get(path, kind)  # type: ignore[return-value]

    def _held(self, one: capi.Revision) -> _Held:
        name = f"revision {one.version} of {self._name}"
        path = f"/v3/revisions/{one.guid}/environment_variables"
        droplet = later(had, f"droplet of {name}", partial(self._droplet, records.guid_in(one.droplet)))
        variables = had(f"variables of {name}", partial(self._fetch, path, capi.RevisionVariables))
        return _Held(variables, droplet.result())

    def _droplet(self, guid: str | None) -> capi.Droplet | None:
        if guid is None:
            return None
        try:
            return self._fetch(f"/v3/droplets/{guid}", capi.Droplet)
        except FetchError as error:
            if error.status == 404:
                return None  # the platform keeps only some
            raise

    def _revision(self, one: capi.Revision, live: bool, held: _Held | None) -> Revision:
        variables = held.variables if held is not None else None
        return Revision(
            guid=one.guid,
            version=one.version,
            created_at=one.created_at,
            droplet=records.guid_in(one.droplet),
            description=one.description or "",
            deployable=one.deployable,
            deployed=live,
            commands={
                kind: process.command
                for kind, process in one.processes.items()
                if process.command is not None
            },
            sidecars=tuple(sorted(sidecar.name for sidecar in one.sidecars)),
            variables=environment.variables(environment.texts(variables.var), self._redactor)
            if isinstance(variables, capi.RevisionVariables)
            else variables,
        )


def _compared(newest: list[capi.Revision], live: set[str], asked: tuple[int, ...]) -> list[capi.Revision]:
    """The revision before those that run now, and the newest earlier one that lasted: two at most.

    Reading variables writes an audit event each time, so no more are read, but those that a person asks for.
    Where none runs, the last but one. Where a newer one than those that run was made, a deployment did not
    come through: what it left behind is seen beside what runs.
    """
    running = [one.version for one in newest if one.guid in live]
    oldest = min(running) if running else (newest[0].version if newest else 0)
    older = [(after, one) for after, one in pairwise(newest) if one.version < oldest]
    lasted = [one for after, one in older if (after.created_at - one.created_at).total_seconds() >= LASTED]
    chosen = [one for _, one in older[:1]] + lasted[:1] + [one for one in newest if one.version in asked]
    if running and newest[0].guid not in live:
        chosen += [one for one in newest if one.guid in live]
    return list({one.guid: one for one in chosen}.values())
