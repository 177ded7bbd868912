"""network-policies, add-network-policy, remove-network-policy."""

from __future__ import annotations

import json
import re
from typing import Any

from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import CfError, IncorrectUsage
from runback.lab.cf.session import Session

DEFAULT = ("tcp", 8080, 8080)  # without --protocol and --port


def network_policies(session: Session, given: Given) -> None:
    session.need()
    screen, api, source = session.screen, session.api, given.value("source")
    if source:
        screen.say(f"Listing network policies of app {source} in {session.place}")
        guid = session.app(source)["guid"]
        found = _request(session, f"policies?source_id={guid}")["policies"]
    else:
        screen.say(f"Listing network policies in {session.place}")
        found = _request(session, "policies")["policies"]
    screen.say()
    here = {one["guid"]: one for one in api.every("/v3/apps", space_guids=session.settings.space_guid)}
    found = [one for one in found if one["source"]["id"] in here]
    far = {one["destination"]["id"] for one in found}
    apps = {one["guid"]: one for one in api.every("/v3/apps", guids=",".join(sorted(far)))} if far else {}
    spaces = {one["guid"]: one for one in api.every("/v3/spaces")}
    orgs = {one["guid"]: one["name"] for one in api.every("/v3/organizations")}
    rows = [("source", "destination", "protocol", "ports", "destination space", "destination org")]
    for one in found:
        end = one["destination"]
        app = apps.get(end["id"])
        space = spaces.get(app["relationships"]["space"]["data"]["guid"]) if app else None
        org = orgs.get(space["relationships"]["organization"]["data"]["guid"], "") if space else ""
        if app and space:
            rows.append(
                (
                    here[one["source"]["id"]]["name"],
                    app["name"],
                    end["protocol"],
                    _ports(end),
                    space["name"],
                    org,
                )
            )
    screen.table(rows)


def add(session: Session, given: Given) -> None:
    protocol, first, last = _what(given, default=True)
    session.need()
    space = _far_space(session, given)
    session.screen.say(f"Adding network policy {_between(session, given)}")
    _change(session, given, "policies", space, protocol, first, last)
    session.screen.ok()


def remove(session: Session, given: Given) -> None:
    protocol, first, last = _what(given, default=False)
    session.need()
    space = _far_space(session, given)
    session.screen.say(f"Removing network policy {_between(session, given)}")
    source = session.app(given.word("SOURCE_APP"))
    destination = session.app(given.word("DESTINATION_APP"), space)
    wanted = _policy(source, destination, protocol, first, last)
    known = _request(session, f"policies?source_id={source['guid']}")["policies"]
    if not any(_same(one, wanted) for one in known):
        session.screen.say("Policy does not exist.")
        session.screen.ok()
        return
    _request(session, "policies/delete", {"policies": [wanted]})
    session.screen.ok()


def _change(
    session: Session, given: Given, path: str, space: str, protocol: str, first: int, last: int
) -> None:
    source = session.app(given.word("SOURCE_APP"))
    destination = session.app(given.word("DESTINATION_APP"), space)
    _request(session, path, {"policies": [_policy(source, destination, protocol, first, last)]})


def _policy(source: Json, destination: Json, protocol: str, first: int, last: int) -> Json:
    return {
        "source": {"id": source["guid"]},
        "destination": {
            "id": destination["guid"],
            "protocol": protocol,
            "ports": {"start": first, "end": last},
        },
    }


def _same(one: Json, other: Json) -> bool:
    keys = ("id", "protocol", "ports")
    return one["source"]["id"] == other["source"]["id"] and all(
        one["destination"][key] == other["destination"][key] for key in keys
    )


def _what(given: Given, *, default: bool) -> tuple[str, int, int]:
    """Protocol and ports; raises IncorrectUsage."""
    protocol, ports = given.value("protocol"), given.value("port")
    if given.value("o") and not given.value("s"):
        raise IncorrectUsage("A space must be provided when an org is provided, but the -s flag was not set.")
    if default and not protocol and not ports:
        return DEFAULT
    if not default and not (protocol and ports):
        missing = [name for name, value in (("--port", ports), ("--protocol", protocol)) if not value]
        flags = " and ".join(f"`{one}'" for one in missing)
        many = len(missing) > 1
        raise IncorrectUsage(
            f"the required flag{'s' if many else ''} {flags} {'were' if many else 'was'} not specified"
        )
    if not protocol or not ports:
        raise IncorrectUsage("--protocol and --port flags must be specified together")
    if protocol not in ("tcp", "udp"):
        raise IncorrectUsage('invalid argument for flag `--protocol\': PROTOCOL must be "tcp" or "udp"')
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", ports)
    if not found:
        raise IncorrectUsage("invalid argument for flag `--port' (expected int or range of ints)")
    return protocol, int(found[1]), int(found[2] or found[1])


def _far_space(session: Session, given: Given) -> str:
    """The destination's space: the targeted one unless -s (and -o) name another."""
    if not given.value("s"):
        return session.settings.space_guid
    org = session.org(given.value("o"))["guid"] if given.value("o") else session.settings.org_guid
    return str(session.space(given.value("s"), org)["guid"])


def _between(session: Session, given: Given) -> str:
    source, destination = given.word("SOURCE_APP"), given.word("DESTINATION_APP")
    settings = session.settings
    if not given.value("s"):
        return f"from app {source} to app {destination} in {session.place}"
    org = given.value("o") or settings.org
    return (
        f"from app {source} in org {settings.org} / space {settings.space} to app {destination}"
        f" in org {org} / space {given.value('s')} as {session.user}..."
    )


def _request(session: Session, path: str, body: Any = None) -> Json:
    url = f"{session.settings['NetworkPolicyV1Endpoint']}/{path}"
    status, _, data = session.api.authorised("POST" if body is not None else "GET", url, body)
    try:
        answer: Json = json.loads(data) if data.strip() else {}
    except ValueError:
        answer = {}
    if status >= 400:
        raise CfError(str(answer.get("error") or f"Unexpected Response\nResponse Code: {status}"))
    return answer


def _ports(end: Json) -> str:
    first, last = end["ports"]["start"], end["ports"]["end"]
    return str(first) if first == last else f"{first}-{last}"
