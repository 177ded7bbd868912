"""Opens what carrying out a plan has in its hands: the platform, CircleCI, snapshots, scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runback.app.place import Place
from runback.errors import AccessError

if TYPE_CHECKING:
    from runback.collect.session import Session
    from runback.redact import Redactor
    from runback.remedies.reach import Reach
    from runback.remedies.vault import Vault
    from runback.remedies.workshop import Workshop
    from runback.state import ProjectState


@contextmanager
def reaching(
    place: Place, values: Mapping[str, str] | None = None, project: ProjectState | None = None
) -> Iterator[Reach]:
    """The platform and CircleCI with the person's login, asked anew each time; what is secret is learned.

    With `project` snapshots can be kept and scripts be run.
    """
    from runback import config
    from runback.collect.session import open_session
    from runback.http import Client
    from runback.redact import Redactor, guard
    from runback.remedies.reach import Reach

    access = config.access(place.environ)
    redactor = Redactor(b"changes")
    for name, value in (values or {}).items():
        redactor.learn(name, value)
    guard(redactor)
    with Client(place.environ) as client:
        session: Session | AccessError
        try:
            session = open_session(access.cloudfoundry, client, place.now)
        except AccessError as error:
            session = error
        else:
            for secret in session.secrets():
                redactor.learn_token(secret.name, secret.value)
        shop = _workshop(place, project, redactor) if project is not None else None
        yield Reach(client, session, access.circleci, values or {}, place.sleep, place.progress, shop)


def _workshop(place: Place, project: ProjectState, redactor: Redactor) -> Workshop | None:
    """What a rebuild needs; None outside a checkout."""
    from runback import config
    from runback.remedies.workshop import Workshop

    checkout = config.load(place.start, place.environ).checkout
    if checkout is None:
        return None
    return Workshop(
        checkout=checkout,
        environ={**place.environ, **place.programs()},
        vault=vault(place, project),
        lock=project.folder / "script.lock",
        say=place.say,
        learn=redactor.learn,
    )


def vault(place: Place, project: ProjectState) -> Vault:
    """Where a project's snapshots are kept; only a place of the person's own may use their keyring."""
    from runback.remedies.vault import Vault, ring_key

    return Vault(project, place.passphrase, ring_key if place.own_keyring else lambda: None)
