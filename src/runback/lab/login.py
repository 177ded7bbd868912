"""What `cf login` leaves behind: `.cf/config.json`, spelt as cf 8 spells it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from runback.lab.platform.api import Servers
from runback.lab.platform.api.root import API_VERSION
from runback.lab.platform.state import Organization, Space, User


def write_login(home: Path, servers: Servers, user: User, organization: Organization, space: Space) -> None:
    """Logs the user in below `home`, targeting the space; nobody else may read the file."""
    folder = home / ".cf"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    path = folder / "config.json"
    path.touch(mode=0o600)
    api = servers.api.url
    session = {
        "ConfigVersion": 4,
        "Target": api,
        "APIVersion": API_VERSION,
        "AuthorizationEndpoint": servers.uaa.url,
        "UaaEndpoint": servers.uaa.url,
        "LogCacheEndPoint": servers.log_cache.url,
        "NetworkPolicyV1Endpoint": f"{api}/networking/v1/external",
        "AccessToken": f"bearer {servers.tokens.token(user)}",
        "RefreshToken": servers.tokens.refresh_token(user),
        "UAAOAuthClient": "cf",
        "UAAOAuthClientSecret": "",
        "UAAGrantType": "",
        "SSLDisabled": False,
        "AsyncTimeout": 0,
        "Trace": "",
        "Locale": "",
        "OrganizationFields": {"GUID": organization.guid, "Name": organization.name},
        "SpaceFields": {"GUID": space.guid, "Name": space.name, "AllowSSH": space.ssh_enabled},
    }
    path.write_text(json.dumps(session, indent=2))


def write_protection(home: Path, organization: Organization, spaces: Iterable[Space]) -> None:
    """The person's own configuration of runback below `home`: the lab's spaces are there to be changed."""
    folder = home / ".config" / "runback"
    folder.mkdir(parents=True)
    names = ", ".join(json.dumps(f"{organization.name}/{space.name}") for space in spaces)
    (folder / "config.toml").write_text(f"[protection]\nopen_spaces = [{names}]\n")
