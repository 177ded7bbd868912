"""All apps that a login can see, at a glance."""

from __future__ import annotations

from runback.app.place import Place
from runback.model import Fleet


def fleet(place: Place, org: str | None = None, space: str | None = None) -> Fleet:
    """What lists tell of every app; no environment and no log is read.

    Raises AccessError where there is no login, and UsageError where nothing is in the space.
    """
    from runback import config
    from runback.collect.fleet import sweep
    from runback.errors import UsageError
    from runback.http import Client

    access = config.access(place.environ)
    with Client(place.environ) as client:
        found = sweep(access.cloudfoundry, client, place.now, org=org, space=space)
    if not found.apps and (org or space):
        raise UsageError(
            f"no app is visible in {'/'.join(filter(None, (org, space)))}", "`cf spaces` lists the spaces."
        )
    return found
