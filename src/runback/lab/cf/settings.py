"""$CF_HOME/.cf/config.json: who is logged in where, in the real program's spelling."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EMPTY: dict[str, Any] = {
    "ConfigVersion": 4,
    "Target": "",
    "APIVersion": "",
    "AuthorizationEndpoint": "",
    "UaaEndpoint": "",
    "LogCacheEndPoint": "",
    "NetworkPolicyV1Endpoint": "",
    "RoutingEndpoint": "",
    "DopplerEndPoint": "",
    "AccessToken": "",
    "RefreshToken": "",
    "UAAGrantType": "",
    "UAAOAuthClient": "cf",
    "UAAOAuthClientSecret": "",
    "SSHOAuthClient": "ssh-proxy",
    "SSLDisabled": False,
    "OrganizationFields": {"GUID": "", "Name": ""},
    "SpaceFields": {"GUID": "", "Name": "", "AllowSSH": False},
    "AsyncTimeout": 0,
    "ColorEnabled": "",
    "Locale": "",
    "Trace": "",
}


class Settings:
    """The file's content; `save` writes it if it has changed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.path = Path(environ.get("CF_HOME") or environ.get("HOME") or ".") / ".cf" / "config.json"
        self._data: dict[str, Any] = json.loads(json.dumps(EMPTY))
        if self.path.is_file():
            self._data.update(json.loads(self.path.read_text(encoding="utf-8") or "{}"))
        self._before = json.dumps(self._data)

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._data[key] = value

    @property
    def org(self) -> str:
        return str(self._data["OrganizationFields"].get("Name", ""))

    @property
    def org_guid(self) -> str:
        return str(self._data["OrganizationFields"].get("GUID", ""))

    @property
    def space(self) -> str:
        return str(self._data["SpaceFields"].get("Name", ""))

    @property
    def space_guid(self) -> str:
        return str(self._data["SpaceFields"].get("GUID", ""))

    def target_org(self, guid: str, name: str) -> None:
        self["OrganizationFields"] = {"GUID": guid, "Name": name}
        self.target_space("", "")

    def target_space(self, guid: str, name: str) -> None:
        self["SpaceFields"] = {"GUID": guid, "Name": name, "AllowSSH": bool(guid)}

    def forget_session(self) -> None:
        self["AccessToken"] = self["RefreshToken"] = self["UAAGrantType"] = ""
        self["UAAOAuthClient"], self["UAAOAuthClientSecret"] = "cf", ""
        self.target_org("", "")

    @property
    def user(self) -> str:
        """Who the access token speaks for; '' when nobody is logged in."""
        parts = str(self["AccessToken"]).split(".")
        if len(parts) != 3:
            return ""
        try:
            padded = parts[1] + "=" * (-len(parts[1]) % 4)
            claims = json.loads(base64.urlsafe_b64decode(padded))
        except (binascii.Error, ValueError):
            return ""
        return str(claims.get("user_name") or claims.get("client_id") or claims.get("sub") or "")

    def save(self) -> None:
        if json.dumps(self._data) == self._before and self.path.exists():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.path.with_name(f"temp-config{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._data, file, indent=2)
        part.replace(self.path)
