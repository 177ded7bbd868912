"""bind-service, unbind-service, service-keys, service-key."""

from __future__ import annotations

import json
from typing import Any

from runback.lab.cf.arguments import Given
from runback.lab.cf.errors import ApiError, CfError, IncorrectUsage
from runback.lab.cf.services import last_operation, wait
from runback.lab.cf.session import Session

BINDINGS = "/v3/service_credential_bindings"


def bind_service(session: Session, given: Given) -> None:
    session.need()
    app_name, name, screen = given.word("APP_NAME"), given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Binding service instance {name} to app {app_name} in {session.place}")
    body: dict[str, Any] = {
        "type": "app",
        "relationships": {
            "service_instance": {"data": {"guid": session.service(name)["guid"]}},
            "app": {"data": {"guid": session.app(app_name)["guid"]}},
        },
    }
    if given.value("c"):
        body["parameters"] = _parameters(session, given.value("c"))
    if given.value("binding-name"):
        body["name"] = given.value("binding-name")
    try:
        _, headers = session.api.call("POST", BINDINGS, body)
    except ApiError as error:
        if "already bound" not in str(error):
            raise
        screen.say(f"App {app_name} is already bound to service instance {name}.")
        screen.ok()
        return
    completed = wait(session, headers.get("location", ""), patiently=given.has("wait"))
    screen.ok()
    if not completed:
        screen.say(f"Binding in progress. Use 'cf service {name}' to check operation status.")
        screen.say()
        screen.say(
            f"TIP: Once this operation succeeds, use 'cf restage {app_name}' to ensure your env variable"
            " changes take effect"
        )
        return
    screen.say(f"TIP: Use 'cf restage {app_name}' to ensure your env variable changes take effect")


def unbind_service(session: Session, given: Given) -> None:
    session.need()
    app_name, name, screen = given.word("APP_NAME"), given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Unbinding app {app_name} from service {name} in {session.place}")
    service, app = session.service(name), session.app(app_name)
    found = list(
        session.api.every(BINDINGS, service_instance_guids=service["guid"], app_guids=app["guid"], type="app")
    )
    if not found:
        screen.say(f"Binding between {name} and {app_name} does not exist")
        screen.ok()
        return
    for one in found:
        screen.say(f"Deleting service binding {one['guid']}...")
        _, headers = session.api.call("DELETE", f"{BINDINGS}/{one['guid']}")
        completed = wait(session, headers.get("location", ""), patiently=given.has("wait"))
        screen.ok()
        if not completed:
            screen.say(f"Unbinding in progress. Use 'cf service {name}' to check operation status.")


def service_keys(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("SERVICE_INSTANCE"), session.screen
    screen.say(f"Getting keys for service instance {name} as {session.user}...")
    screen.say()
    service = session.service(name)
    keys = list(session.api.every(BINDINGS, service_instance_guids=service["guid"], type="key"))
    if not keys:
        screen.say(f"No service keys for service instance {name}")
        return
    rows = [("name", "last operation", "message")]
    rows += [
        (one["name"], last_operation(one), (one.get("last_operation") or {}).get("description") or "")
        for one in keys
    ]
    screen.table(rows)


def service_key(session: Session, given: Given) -> None:
    session.need()
    name, key, screen = given.word("SERVICE_INSTANCE"), given.word("SERVICE_KEY"), session.screen
    if not given.has("guid"):
        screen.say(f"Getting key {key} for service instance {name} as {session.user}...")
    service = session.service(name)
    found = session.api.first(BINDINGS, service_instance_guids=service["guid"], names=key, type="key")
    if found is None:
        raise CfError(f"No service key {key} found for service instance {name}")
    if given.has("guid"):
        screen.say(found["guid"])
        return
    screen.say()
    details = session.api.get(f"{BINDINGS}/{found['guid']}/details")
    screen.say(json.dumps({"credentials": details["credentials"]}, indent=2, sort_keys=True) + "\n")


def _parameters(session: Session, text: str) -> object:
    path = session.cwd / text
    raw = path.read_text(encoding="utf-8") if not text.lstrip().startswith("{") and path.is_file() else text
    try:
        return json.loads(raw)
    except ValueError:
        raise IncorrectUsage(
            "Invalid configuration provided for -c flag. Please provide a valid JSON object or path to a file"
            " containing a valid JSON object."
        ) from None
