"""env, set-env, unset-env."""

from __future__ import annotations

import json
from typing import Any

from runback.lab.cf.arguments import Given
from runback.lab.cf.session import Session


def env(session: Session, given: Given) -> None:
    session.need()
    name, screen = given.word("APP_NAME"), session.screen
    screen.say(f"Getting env variables for app {name} in {session.place}")
    groups = session.api.get(f"/v3/apps/{session.app(name)['guid']}/env")
    system, application = groups.get("system_env_json") or {}, groups.get("application_env_json") or {}
    if system or application:
        screen.say("System-Provided:")
        _documents(session, system)
        if application:
            screen.say()
            _documents(session, application)
    else:
        screen.say("No system-provided env variables have been set")
    for title, none, group in (
        ("User-Provided:", "user-provided", groups.get("environment_variables")),
        ("Running Environment Variable Groups:", "running", groups.get("running_env_json")),
        ("Staging Environment Variable Groups:", "staging", groups.get("staging_env_json")),
    ):
        screen.say()
        if not group:
            screen.say(f"No {none} env variables have been set")
            continue
        screen.say(title)
        for key in sorted(group):
            screen.say(f"{key}: {_plain(group[key])}")
    screen.say()


def set_env(session: Session, given: Given) -> None:
    session.need()
    app, name = given.word("APP_NAME"), given.word("ENV_VAR_NAME")
    session.screen.say(f"Setting env variable {name} for app {app} in {session.place}")
    guid = session.app(app)["guid"]
    session.api.patch(f"/v3/apps/{guid}/environment_variables", {"var": {name: given.word("ENV_VAR_VALUE")}})
    session.screen.ok()
    session.screen.say(f"TIP: Use 'cf restage {app}' to ensure your env variable changes take effect.")


def unset_env(session: Session, given: Given) -> None:
    session.need()
    app, name = given.word("APP_NAME"), given.word("ENV_VAR_NAME")
    session.screen.say(f"Removing env variable {name} from app {app} in {session.place}")
    path = f"/v3/apps/{session.app(app)['guid']}/environment_variables"
    if name not in session.api.get(path)["var"]:
        session.screen.say(f"Env variable {name} was not set.")
        session.screen.ok()
        return
    session.api.patch(path, {"var": {name: None}})
    session.screen.ok()
    session.screen.say(f"TIP: Use 'cf restage {app}' to ensure your env variable changes take effect.")


def _documents(session: Session, group: dict[str, Any]) -> None:
    for key in sorted(group):
        session.screen.say(f"{key}: {json.dumps(group[key], indent=2, sort_keys=True, ensure_ascii=False)}\n")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
