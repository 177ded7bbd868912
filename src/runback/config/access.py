"""Hosts and tokens, from the person's own configuration only.

Nothing here reads the checkout: a pull request must not be able to send a token elsewhere. A token found in a
file goes to the host that the same file names; when the person asks for another host, it stays at home.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runback.config.checked import Checked, parse_toml
from runback.errors import ConfigurationError
from runback.model import Record

CIRCLECI = "https://circleci.com"
# The order in which CircleCI's own tools look for them.
TOKEN_NAMES = ("CIRCLE_TOKEN", "CIRCLE_CLI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLECI_TOKEN")
HOST_NAMES = ("CIRCLE_HOST", "CIRCLECI_CLI_HOST", "CIRCLECI_BASE_URL")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class CircleAccess(Record, frozen=True, kw_only=True):
    """Where CircleCI is and with which token. `token` is '' where none was found: `missing` says why."""

    host: str = CIRCLECI  # an origin: scheme://host[:port]
    token: str = ""
    source: str = ""  # where the token was found: 'CIRCLE_TOKEN', '~/.circleci/cli.yml'
    missing: str = ""

    def __repr__(self) -> str:
        return f"CircleAccess(host={self.host!r}, source={self.source!r}, missing={self.missing!r})"


class CloudFoundryAccess(Record, frozen=True, kw_only=True):
    """A login of the cf CLI (`home`), or credentials from the environment, which come first where given."""

    home: Path  # the folder that holds .cf/config.json
    api: str = ""  # an origin; '' where the login's own target is meant
    username: str = ""
    password: str = ""
    client_id: str = ""
    client_secret: str = ""

    @property
    def login(self) -> Path:
        """The cf CLI's file, read and never written."""
        return self.home / ".cf" / "config.json"

    def __repr__(self) -> str:
        return f"CloudFoundryAccess(home={self.home!r}, api={self.api!r}, username={self.username!r})"


class Access(Record, frozen=True, kw_only=True):
    """All that a run may log in with."""

    circleci: CircleAccess
    cloudfoundry: CloudFoundryAccess
    open_spaces: tuple[str, ...] = ()  # 'org/space' in which changes need no typed confirmation


def access(environ: Mapping[str, str]) -> Access:
    """The hosts and tokens that `environ` and the person's own files name.

    Raises ConfigurationError for a malformed file or host, and for a host without TLS (loopback excepted).
    """
    own = _own(environ)
    return Access(
        circleci=_circleci(environ, own),
        cloudfoundry=_cloudfoundry(environ, own),
        open_spaces=own.open_spaces,
    )


def own_file(environ: Mapping[str, str]) -> Path:
    """Where the person's own configuration is looked for."""
    return _config_home(environ) / "runback" / "config.toml"


class _Own(Record, frozen=True, kw_only=True):
    """`~/.config/runback/config.toml`."""

    circleci_host: str = ""
    circleci_token: str = ""
    api: str = ""
    cf_home: str = ""
    open_spaces: tuple[str, ...] = ()


def _own(environ: Mapping[str, str]) -> _Own:
    path = own_file(environ)
    text = _text(path)
    if text is None:
        return _Own()
    root = parse_toml(path, text)
    circleci = root.table("circleci")
    platform = root.table("cloudfoundry")
    protection = root.table("protection")
    own = _Own(
        circleci_host=circleci.text("host"),
        circleci_token=circleci.text("token"),
        api=platform.text("api"),
        cf_home=platform.text("home"),
        open_spaces=protection.texts("open_spaces"),
    )
    for table in (circleci, platform, protection, root):
        table.finish()
    _check_spaces(protection, own.open_spaces)
    return own


def _check_spaces(protection: Checked, spaces: tuple[str, ...]) -> None:
    for space in spaces:
        if space.count("/") != 1 or space.startswith("/") or space.endswith("/"):
            protection.refuse("open_spaces", f"{space!r} is not of the form 'org/space'")


def _circleci(environ: Mapping[str, str], own: _Own) -> CircleAccess:
    named, host_source = _first(environ, HOST_NAMES)
    asked = origin(named or own.circleci_host, host_source or f"circleci.host in {own_file(environ)}")
    token, name = _first(environ, TOKEN_NAMES)
    if token:
        return CircleAccess(host=asked or CIRCLECI, token=token, source=name)
    if own.circleci_token:
        return _with_file_token(
            environ, own_file(environ), own.circleci_token, own.circleci_host or CIRCLECI, asked
        )
    for path in (_config_home(environ) / "circleci" / "config.yml", _home(environ) / ".circleci" / "cli.yml"):
        settings = _circleci_cli(path)
        if settings.get("token"):
            return _with_file_token(environ, path, settings["token"], settings.get("host") or CIRCLECI, asked)
    return CircleAccess(
        host=asked or CIRCLECI,
        missing="no CircleCI token: set CIRCLE_TOKEN to a personal API token, or run `circleci setup`",
    )


def _with_file_token(
    environ: Mapping[str, str], path: Path, token: str, issued_for: str, asked: str
) -> CircleAccess:
    """The token of a file, unless the person asked for another host than the one it was issued for."""
    shown = _short(path, environ)
    host = origin(issued_for, shown)
    if asked and asked != host:
        return CircleAccess(
            host=asked,
            missing=f"the CircleCI token in {shown} belongs to {host}, not to {asked}: "
            "set CIRCLE_TOKEN to a token of that host",
        )
    return CircleAccess(host=host, token=token, source=shown)


def _cloudfoundry(environ: Mapping[str, str], own: _Own) -> CloudFoundryAccess:
    api, api_source = _first(environ, ("CF_API", "CF_API_URL"))
    home = environ.get("CF_HOME") or own.cf_home
    return CloudFoundryAccess(
        home=Path(home).expanduser() if home else _home(environ),
        api=origin(api or own.api, api_source or f"cloudfoundry.api in {own_file(environ)}"),
        username=_first(environ, ("CF_USERNAME", "CF_USER"))[0],
        password=environ.get("CF_PASSWORD", ""),
        client_id=environ.get("CF_CLIENT_ID", ""),
        client_secret=environ.get("CF_CLIENT_SECRET", ""),
    )


def origin(value: str, source: str) -> str:
    """`scheme://host[:port]` of what a person wrote, '' for ''. A path such as /api/v2 is dropped.

    Raises ConfigurationError for something that is no host, and for http to a host that is not this machine:
    a token never goes over the wire in clear.
    """
    value = value.strip()
    if not value:
        return ""
    parts = urlsplit(value if "://" in value else f"https://{value}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https") or parts.username is not None:
        raise ConfigurationError(
            f"{source}: {value!r} is not the address of a host", "Write it as https://circleci.example.org."
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ConfigurationError(
            f"{source}: {value!r} would send a token unencrypted", "Use https; http is for this machine only."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _circleci_cli(path: Path) -> dict[str, str]:
    """`token` and `host` of a file that the circleci command wrote; {} where there is none."""
    text = _text(path)
    if text is None:
        return {}
    import yaml

    try:
        loaded: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        raise ConfigurationError(
            f"{path}{line}: this is not YAML", "Run `circleci setup` again, or set CIRCLE_TOKEN."
        ) from None
    if not isinstance(loaded, dict):
        return {}
    return {key: loaded[key] for key in ("token", "host") if isinstance(loaded.get(key), str)}


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read: {reason}", "Check the file.") from None


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    """The first non-empty value and its name; ('', '') where there is none."""
    return next(((environ[name].strip(), name) for name in names if environ.get(name, "").strip()), ("", ""))


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def _config_home(environ: Mapping[str, str]) -> Path:
    named = environ.get("XDG_CONFIG_HOME", "")
    return Path(named) if named.startswith("/") else _home(environ) / ".config"


def _short(path: Path, environ: Mapping[str, str]) -> str:
    home = _home(environ)
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
