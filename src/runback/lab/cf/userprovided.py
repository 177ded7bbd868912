"""create-user-provided-service, update-user-provided-service."""

from __future__ import annotations

import json

from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import ApiError, IncorrectUsage
from runback.lab.cf.session import Session


def create(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Creating user provided service {name} in {session.place}")
    body: Json = {
        "type": "user-provided",
        "name": name,
        "relationships": {"space": {"data": {"guid": session.settings.space_guid}}},
    }
    if given.has("p"):
        body["credentials"] = _credentials(session, given.value("p"))
    try:
        session.api.call("POST", "/v3/service_instances", body)
    except ApiError as error:
        if "taken" not in str(error):
            raise
        screen.say(f"Service instance {name} already exists")
    screen.ok()


def update(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Updating user provided service {name} in {session.place}")
    if not given.has("p"):
        screen.say("No flags specified. No changes were made.")
        screen.ok()
        return
    guid = session.service(name)["guid"]
    body = {"credentials": _credentials(session, given.value("p"))}
    session.api.call("PATCH", f"/v3/service_instances/{guid}", body)
    screen.ok()
    screen.say("TIP: Use 'cf restage' for any bound apps to ensure your env variable changes take effect")


def _credentials(session: Session, text: str) -> Json:
    path = session.cwd / text
    inline = text.lstrip().startswith("{")
    try:
        value = json.loads(text if inline else path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise IncorrectUsage("The credentials for -p must be a JSON object or a file that holds one.")
    return value
