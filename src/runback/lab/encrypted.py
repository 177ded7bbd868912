"""The router as one that speaks TLS and shows a certificate of its own."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runback.lab.certificates import issue
from runback.lab.platform.api.gorouter import router_routes
from runback.lab.server import Listener

if TYPE_CHECKING:
    from runback.lab.platform.world import World

BEGAN = timedelta(days=300)  # ago


def encrypted_router(
    world: World, folder: Path, given: Mapping[str, Any], listen: partial[Listener]
) -> tuple[Listener, Path | None]:
    """Listens with a certificate for `names` that ends in `days`, or ended so many days ago where that is
    below 0; and the certificate, if the tool under test is to trust it.
    """
    now = world.clock.now()
    ends = now + timedelta(days=int(given.get("days", 365)))
    today = datetime.now(UTC)  # whoever checks it looks at this clock
    if now < ends < today:
        ends = today + timedelta(days=90)
    certificate, key = issue(folder, [str(one) for one in given["names"]], now - BEGAN, ends)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = listen("router-tls", router_routes(world), tls=context)
    return listener, certificate if given.get("trusted", True) else None
