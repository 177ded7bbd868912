"""orgs, spaces."""

from __future__ import annotations

from runback.lab.cf.arguments import Given
from runback.lab.cf.session import Session


def orgs(session: Session, given: Given) -> None:
    session.need(org=False, space=False)
    session.screen.say(f"Getting orgs as {session.user}...")
    session.screen.say()
    names = sorted(one["name"] for one in session.api.every("/v3/organizations"))
    if not names:
        session.screen.say("No orgs found.")
        return
    session.screen.table([("name",), *((name,) for name in names)])


def spaces(session: Session, given: Given) -> None:
    session.need(space=False)
    session.screen.say(f"Getting spaces in org {session.settings.org} as {session.user}...")
    session.screen.say()
    found = session.api.every("/v3/spaces", organization_guids=session.settings.org_guid)
    names = sorted(one["name"] for one in found)
    if not names:
        session.screen.say("No spaces found.")
        return
    session.screen.table([("name",), *((name,) for name in names)])
