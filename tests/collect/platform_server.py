"""A Cloud Foundry of a few answers, for tests that need one answer to be wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loopback import Answer, Loopback, Seen, serve
from runback.config import CloudFoundryAccess

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
AT = "2026-03-03T10:00:00Z"
PASSWORD = "zq8-Hidden-77x1"


def jwt(seconds: int, user: str = "me") -> str:
    claims = {"exp": NOW.timestamp() + seconds, "user_id": user, "scope": ["cloud_controller.read"]}
    return (
        "eyJhbGciOiJub25lIn0."
        + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        + ".s"
    )


def to(name: str, guid: str) -> dict[str, Any]:
    return {"relationships": {name: {"data": {"guid": guid}}}}


def envelope(time: int, text: str, source: str = "APP/PROC/WEB", instance: str = "0") -> dict[str, Any]:
    return {
        "timestamp": str(time),
        "instance_id": instance,
        "tags": {"source_type": source},
        "log": {"payload": base64.b64encode(text.encode()).decode(), "type": "OUT"},
    }


def app(guid: str, name: str, space: str = "s1") -> dict[str, Any]:
    return {"guid": guid, "name": name, "state": "STARTED", "created_at": AT, **to("space", space)}


def answers(base: str) -> dict[str, Any]:
    """Path (with the query where it matters) → body. One target app, one behind its address."""
    found: dict[str, Any] = {
        "/v3/apps": {
            "resources": [app("g1", "backend"), app("g2", "scanner", "s2"), app("g3", "unrelated")],
            "included": {
                "spaces": [
                    {"guid": "s1", "name": "dev", **to("organization", "o1")},
                    {"guid": "s2", "name": "prod", **to("organization", "o1")},
                ],
                "organizations": [{"guid": "o1", "name": "org"}],
            },
        },
        "/v3/routes": {
            "resources": [
                {
                    "guid": "r1",
                    "url": "backend.example.org",
                    "destinations": [{"app": {"guid": "g1"}, "port": 8080}],
                },
                {
                    "guid": "r2",
                    "url": "prod-scan.apps.internal",
                    "destinations": [{"app": {"guid": "g2", "process": {"type": "web"}}, "port": 9000}],
                    **to("space", "s2"),
                },
            ]
        },
        "/v3/domains": {"resources": [{"guid": "d", "name": "apps.internal", "internal": True}]},
        "/v3/roles": {"resources": [{"type": "space_developer", **to("space", "s1")}]},
        "/v3/service_instances": {
            "resources": [
                {
                    "guid": "i1",
                    "name": "db",
                    "last_operation": {"type": "create", "state": "succeeded"},
                    "relationships": {
                        "space": {"data": {"guid": "s1"}},
                        "service_plan": {"data": {"guid": "p1"}},
                    },
                }
            ],
            "included": {
                "service_plans": [{"guid": "p1", "name": "micro", **to("service_offering", "f1")}],
                "service_offerings": [{"guid": "f1", "name": "aws-rds"}],
            },
        },
        "/networking/v1/external/policies": {
            "policies": [
                {
                    "source": {"id": "g1"},
                    "destination": {"id": "g2", "protocol": "tcp", "ports": {"start": 9000, "end": 9000}},
                }
            ]
        },
        "/oauth/token": {"access_token": jwt(600), "token_type": "bearer", "refresh_token": "refresh-2"},
    }
    for guid in ("g1", "g2", "g3"):
        found |= _details(guid)
    found["/v3/apps/g1/env"] = {
        "environment_variables": {
            "AV_SCAN_URL": "http://prod-scan.apps.internal:9000/scan",
            "DB_PASSWORD": PASSWORD,
            "PORT_TO_USE": 8080,
            "EMPTY": "",
        },
        "system_env_json": {
            "VCAP_SERVICES": {"aws-rds": [{"name": "db", "credentials": {"password": "pw-91-Xy22"}}]}
        },
    }
    return found


def _details(guid: str) -> dict[str, Any]:
    base = f"/v3/apps/{guid}"
    process = {
        "guid": f"{guid}-web",
        "type": "web",
        "instances": 2,
        "memory_in_mb": 512,
        "disk_in_mb": 1024,
        "command": "[PRIVATE DATA HIDDEN IN LISTS]",
        "health_check": {"type": "http", "data": {"timeout": 60, "endpoint": "/health"}},
    }
    revision = {"created_at": AT, "description": "New droplet deployed.", "droplet": {"guid": "dr"}}
    return {
        f"{base}/env": {"environment_variables": {}},
        f"{base}/processes": {"resources": [process]},
        f"/v3/processes/{guid}-web": {**process, "command": "gunicorn app"},
        f"/v3/processes/{guid}-web/stats": {
            "resources": [
                {"index": 0, "state": "RUNNING", "usage": {"mem": 7}},
                {"index": 1, "state": "DOWN"},
            ]
        },
        f"{base}/droplets/current": {
            "guid": "dr",
            "state": "STAGED",
            "created_at": AT,
            "metadata": {"annotations": {"commit": "0123456789abcdef0123456789abcdef01234567"}},
            "buildpacks": [{"name": "python_buildpack", "buildpack_name": "python", "version": "1.8.30"}],
        },
        f"{base}/builds": {
            "resources": [{"guid": "b", "state": "FAILED", "created_at": AT, "error": "StagingError - no"}]
        },
        "/v3/deployments": {
            "resources": [
                {
                    "guid": "dep",
                    "status": {"value": "FINALIZED", "reason": "DEPLOYED"},
                    "created_at": AT,
                    "droplet": {},
                    "revision": {"guid": "rev2"},
                }
            ]
        },
        f"{base}/revisions": {
            "resources": [
                {"guid": "rev1", "version": 1, **revision},
                {"guid": "rev2", "version": 2, **revision},
            ]
        },
        f"{base}/revisions/deployed": {"resources": [{"guid": "rev2", "version": 2, **revision}]},
        "/v3/revisions/rev1/environment_variables": {"var": {"DB_PASSWORD": "the-one-before-5"}},
        f"{base}/features/revisions": {"name": "revisions", "enabled": True},
        "/v3/audit_events": {
            "resources": [
                {
                    "guid": "e",
                    "type": "audit.app.process.crash",
                    "created_at": AT,
                    "data": {
                        "index": 0,
                        "exit_status": 1,
                        "exit_description": "out of memory",
                        "secret": "no",
                    },
                }
            ]
        },
        "/v3/service_credential_bindings": {
            "resources": [{"type": "app", **to("service_instance", "i1")}],
            "included": {"service_instances": [{"guid": "i1", "name": "db"}]},
        },
        f"/api/v1/read/{guid}": {
            "envelopes": {
                "batch": [
                    envelope(3, f"login with {PASSWORD}"),
                    envelope(2, "two", instance="1"),
                    envelope(1, "one\ntwo"),
                    envelope(1, "GET /", "RTR", "3"),
                ]
            }
        },
    }


@contextmanager
def platform(changed: dict[str, Any] | None = None) -> Iterator[Loopback]:
    """The platform, with some answers changed: a body, an int (a bare status) or a (status, body)."""

    def handler(answer: Answer, seen: Seen) -> None:
        path = urlsplit(seen.path).path
        body = {**answers(""), **(changed or {})}.get(path, 404)
        if callable(body):
            body(answer, seen)
        elif isinstance(body, int):
            answer.reply({"errors": [{"detail": f"no {path}"}]}, body)
        else:
            answer.reply(body)

    with serve(handler) as server:
        yield server


def log_in(home: Path, url: str, seconds: int = 600, **more: object) -> CloudFoundryAccess:
    """What `cf login` leaves behind."""
    folder = home / ".cf"
    folder.mkdir(exist_ok=True)
    settings = {
        "Target": url,
        "AccessToken": f"bearer {jwt(seconds)}",
        "RefreshToken": "refresh-1",
        "UaaEndpoint": url,
        "LogCacheEndPoint": url,
        "NetworkPolicyV1Endpoint": f"{url}/networking/v1/external",
        "UAAOAuthClient": "cf",
    }
    (folder / "config.json").write_text(json.dumps({**settings, **more}))
    return CloudFoundryAccess(home=home)
