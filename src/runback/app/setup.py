"""Before the first diagnosis: what is configured, and does it work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runback.app.request import Now, utc_now
from runback.errors import AccessError, FetchError
from runback.model import Gap, Target

if TYPE_CHECKING:
    from runback.checks import Check


def check(start: Path, environ: Mapping[str, str], now: Now = utc_now) -> tuple[Check, ...]:
    """What `runback check` tried, in the order in which a person mends it. Asks with GET alone."""
    from runback import checks, config
    from runback.http import Client
    from runback.redact import outgoing

    configuration = config.load(start, environ)
    with Client(environ) as client:
        found = checks.check(configuration, config.access(environ), client, now)
    # What a server says of a refused login may repeat the login.
    return tuple(
        replace(one, says=outgoing(one.says), next_step=outgoing(one.next_step)) if not one.ok else one
        for one in found
    )


@dataclass(frozen=True)
class Written:
    """The runback.toml that was written, and what a person should look at in it."""

    path: Path
    notes: tuple[str, ...]


def initialise(
    start: Path, environ: Mapping[str, str], *, force: bool = False, now: Now = utc_now
) -> Written:
    """Write runback.toml from the checkout, and from what the cf login shows where there is one.

    Raises UsageError where there is one already.
    """
    from runback import config, initialise
    from runback.collect.repository import collect_repository
    from runback.collect.session import open_session
    from runback.http import Client

    configuration = config.load(start, environ)
    notes: list[str] = []
    apps: tuple[initialise.SeenApp, ...] = ()
    with Client(environ) as client:
        try:
            session = open_session(config.access(environ).cloudfoundry, client, now)
            apps = initialise.seen_apps(session, client)
        except (AccessError, FetchError) as error:
            notes.append(f"The platform was not asked: {error}")
    part = collect_repository(configuration.checkout, Target()).part
    repository = None if isinstance(part, Gap) else part
    proposal = initialise.propose(configuration.project, repository, apps)
    path = initialise.write(configuration.checkout or start, proposal, force=force)
    return Written(path, (*notes, *proposal.notes))
