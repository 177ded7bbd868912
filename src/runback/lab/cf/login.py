"""api, auth, login, logout, target: where the commands go and as whom."""

from __future__ import annotations

import json

from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import CfError, IncorrectUsage
from runback.lab.cf.session import Session

INSECURE = "Warning: Insecure http API endpoint detected: secure https API endpoints are recommended"


def api(session: Session, given: Given) -> None:
    url = given.word("URL")
    if given.has("unset"):
        session.screen.say("Unsetting API endpoint...")
        session.settings["Target"] = ""
        session.settings.forget_session()
        session.screen.ok()
        return
    if not url:
        if not session.settings["Target"]:
            session.screen.say("No API endpoint set. Use 'cf api' to set an endpoint")
            return
    else:
        session.screen.say(f"Setting API endpoint to {url}...")
        _discover(session, url)
        if url.startswith("http:"):
            session.screen.say(INSECURE)
        session.screen.ok()
    _endpoint(session)
    if not session.user:
        session.screen.say()
        session.screen.say("Not logged in. Use 'cf login' or 'cf login --sso' to log in.")


def auth(session: Session, given: Given) -> None:
    settings, screen = session.settings, session.screen
    if not settings["Target"]:
        raise CfError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.")
    name = given.word("USERNAME") or session.environ.get("CF_USERNAME", "")
    secret = given.word("PASSWORD") or session.environ.get("CF_PASSWORD", "")
    if not name or not secret:
        missing = [word for word, value in (("Username", name), ("Password", secret)) if not value]
        raise IncorrectUsage(f"{' and '.join(missing)} not provided.")
    screen.say(f"API endpoint: {settings['Target']}")
    screen.say()
    screen.say("Authenticating...")
    _authenticate(session, name, secret, client=given.has("client-credentials"))
    screen.ok()
    screen.say("Use 'cf target' to view or set your target org and space.")


def login(session: Session, given: Given) -> None:
    settings, screen = session.settings, session.screen
    if settings["UAAGrantType"] == "client_credentials" and settings["AccessToken"]:
        raise CfError(
            "Service account currently logged in. Use 'cf logout' to log out service account and try again."
        )
    url = given.value("a") or str(settings["Target"])
    if not url:
        raise CfError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.")
    screen.say(f"API endpoint: {url}")
    _discover(session, url)
    if url.startswith("http:"):
        screen.warn(INSECURE)
    screen.say()
    name = given.value("u") or session.environ.get("CF_USERNAME", "")
    secret = given.value("p") or session.environ.get("CF_PASSWORD", "")
    if not name or not secret:
        raise CfError("Unable to authenticate.")  # nobody is there to answer a prompt
    screen.say("Authenticating...")
    try:
        _authenticate(session, name, secret, client=False)
    except CfError as error:
        screen.warn(str(error))
        screen.say()
        raise CfError("Unable to authenticate.") from error
    screen.ok()
    _choose_org(session, given.value("o"))
    if settings.org_guid:
        _choose_space(session, given.value("s"))
    _where(session)


def logout(session: Session, given: Given) -> None:
    session.screen.say(f"Logging out {session.user}...")
    session.settings.forget_session()
    session.screen.ok()


def target(session: Session, given: Given) -> None:
    session.need(org=False, space=False)
    settings = session.settings
    if given.value("o"):
        settings.target_org("", "")  # a name that is not found leaves nothing targeted
        org = session.org(given.value("o"))
        settings.target_org(org["guid"], org["name"])
        if not given.value("s"):
            spaces = list(session.api.every("/v3/spaces", organization_guids=org["guid"]))
            if len(spaces) == 1:
                settings.target_space(spaces[0]["guid"], spaces[0]["name"])
    if given.value("s"):
        if not settings.org_guid:
            raise CfError("No org targeted, use 'cf target -o ORG' to target an org.")
        space = session.space(given.value("s"), settings.org_guid)
        settings.target_space(space["guid"], space["name"])
    _where(session)
    if not settings.org_guid:
        session.screen.say("No org or space targeted, use 'cf target -o ORG -s SPACE'")
    elif not settings.space_guid:
        session.screen.say("No space targeted, use 'cf target -s SPACE'")


def _discover(session: Session, url: str) -> None:
    """Read the root of the API and keep where everything is; a new target forgets the session."""
    settings = session.settings
    url = (url if url.startswith("http") else f"https://{url}").rstrip("/")
    status, _, data = session.api.send("GET", f"{url}/")
    try:
        links: Json = json.loads(data)["links"]
        version = links["cloud_controller_v3"]["meta"]["version"]
    except (ValueError, KeyError, TypeError):
        raise CfError(
            f"API endpoint not found at '{url}'"
            if status == 404
            else f"Unexpected Response\nResponse Code: {status}"
        ) from None

    def link(name: str) -> str:
        return str((links.get(name) or {}).get("href", ""))

    settings.forget_session()
    settings["Target"] = url
    settings["APIVersion"] = version
    settings["AuthorizationEndpoint"] = link("login")
    settings["UaaEndpoint"] = link("uaa")
    settings["LogCacheEndPoint"] = link("log_cache")
    settings["NetworkPolicyV1Endpoint"] = link("network_policy_v1")
    settings["RoutingEndpoint"] = link("routing")
    settings["DopplerEndPoint"] = link("logging")


def _authenticate(session: Session, name: str, secret: str, *, client: bool) -> None:
    settings = session.settings
    settings.target_org("", "")
    if client:
        settings["UAAGrantType"] = "client_credentials"
        settings["UAAOAuthClient"], settings["UAAOAuthClientSecret"] = name, ""
        session.api.grant({"grant_type": "client_credentials", "client_id": name, "client_secret": secret})
        return
    settings["UAAGrantType"] = ""
    settings["UAAOAuthClient"], settings["UAAOAuthClientSecret"] = "cf", ""
    session.api.grant({"grant_type": "password", "username": name, "password": secret})


def _choose_org(session: Session, name: str) -> None:
    if name:
        org: Json | None = session.org(name)
    else:
        orgs = list(session.api.every("/v3/organizations"))
        org = orgs[0] if len(orgs) == 1 else None
    if org:
        session.settings.target_org(org["guid"], org["name"])
        session.screen.say(f"Targeted org {org['name']}.")
        session.screen.say()


def _choose_space(session: Session, name: str) -> None:
    if name:
        space: Json | None = session.space(name, session.settings.org_guid)
    else:
        spaces = list(session.api.every("/v3/spaces", organization_guids=session.settings.org_guid))
        space = spaces[0] if len(spaces) == 1 else None
    if space:
        session.settings.target_space(space["guid"], space["name"])
        session.screen.say(f"Targeted space {space['name']}.")
        session.screen.say()


def _endpoint(session: Session) -> None:
    session.screen.pairs(
        [
            ("API endpoint:", str(session.settings["Target"])),
            ("API version:", str(session.settings["APIVersion"])),
        ]
    )


def _where(session: Session) -> None:
    settings = session.settings
    rows = [
        ("API endpoint:", str(settings["Target"])),
        ("API version:", str(settings["APIVersion"])),
        ("user:", session.user),
    ]
    if settings.org:
        rows.append(("org:", settings.org))
    if settings.space:
        rows.append(("space:", settings.space))
    session.screen.pairs(rows)
