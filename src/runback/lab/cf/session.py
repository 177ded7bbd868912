"""What a command works with: settings, client and screen, and the look-ups that most commands need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from runback.lab.cf.client import Client, Json, Transport
from runback.lab.cf.errors import CfError
from runback.lab.cf.screen import Screen
from runback.lab.cf.settings import Settings


class Session:
    def __init__(
        self,
        environ: Mapping[str, str],
        cwd: Path,
        screen: Screen,
        sleep: Callable[[float], None],
        transport: Transport | None = None,
    ) -> None:
        self.environ = environ
        self.cwd = cwd
        self.screen = screen
        self.settings = Settings(environ)
        self.api = Client(self.settings, sleep, transport)
        self.sleep = sleep

    @property
    def user(self) -> str:
        return self.settings.user

    @property
    def place(self) -> str:
        """'org O / space S as U...', the end of most first lines."""
        return f"org {self.settings.org} / space {self.settings.space} as {self.user}..."

    def need(self, *, org: bool = True, space: bool = True) -> None:
        """Raises CfError where no API, login, org or space is set."""
        if not self.settings["Target"]:
            raise CfError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.")
        if not self.settings["AccessToken"]:
            raise CfError("Not logged in. Use 'cf login' or 'cf login --sso' to log in.")
        if org and not self.settings.org_guid:
            raise CfError("No org targeted, use 'cf target -o ORG' to target an org.")
        if space and not self.settings.space_guid:
            raise CfError("No space targeted, use 'cf target -s SPACE' to target a space.")

    def find_app(self, name: str, space_guid: str = "") -> Json | None:
        return self.api.first("/v3/apps", names=name, space_guids=space_guid or self.settings.space_guid)

    def app(self, name: str, space_guid: str = "") -> Json:
        found = self.find_app(name, space_guid)
        if found is None:
            raise CfError(f"App '{name}' not found.")
        return found

    def org(self, name: str) -> Json:
        found = self.api.first("/v3/organizations", names=name)
        if found is None:
            raise CfError(f"Organization '{name}' not found.")
        return found

    def space(self, name: str, org_guid: str) -> Json:
        found = self.api.first("/v3/spaces", names=name, organization_guids=org_guid)
        if found is None:
            raise CfError(f"Space '{name}' not found.")
        return found

    def domain(self, name: str) -> Json:
        found = self.api.first("/v3/domains", names=name)
        if found is None:
            raise CfError(f"Domain '{name}' not found.")
        return found

    def service(self, name: str) -> Json:
        found = self.api.first("/v3/service_instances", names=name, space_guids=self.settings.space_guid)
        if found is None:
            raise CfError(f"Service instance '{name}' not found")
        return found
