"""Where everything is: `/`, `/v3`, `/v3/info`, feature flags, jobs, variable groups, limits."""

from __future__ import annotations

from runback.lab.platform.api.call import Call, Json, base, stamp
from runback.lab.platform.api.paging import paged
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Job, LastOperation
from runback.lab.server import Response, Route, route

API_VERSION = "3.228.0"
_RESOURCES = (
    "app_usage_events",
    "apps",
    "audit_events",
    "buildpacks",
    "builds",
    "deployments",
    "domains",
    "droplets",
    "environment_variable_groups",
    "feature_flags",
    "info",
    "isolation_segments",
    "organizations",
    "organization_quotas",
    "packages",
    "processes",
    "resource_matches",
    "roles",
    "routes",
    "security_groups",
    "service_brokers",
    "service_instances",
    "service_credential_bindings",
    "service_offerings",
    "service_plans",
    "service_route_bindings",
    "service_usage_events",
    "spaces",
    "space_quotas",
    "stacks",
    "tasks",
    "users",
)


class Endpoints:
    """The addresses of the other listeners, known once they have started."""

    def __init__(self) -> None:
        self.uaa = ""
        self.log_cache = ""
        self.app_ssh = "ssh.lab.example:2222"  # outside the lab: nothing answers there


def root_routes(endpoints: Endpoints) -> tuple[Route, ...]:
    """Discovery needs no token."""

    return (
        route("GET", "/", lambda request: Response.json(_root(request.base_url, endpoints))),
        route("GET", "/v3", lambda request: Response.json(_v3(request.base_url))),
        route("GET", "/v3/info", lambda request: Response.json(_info(request.base_url))),
    )


def _root(api: str, endpoints: Endpoints) -> Json:
    def href(url: str) -> Json:
        return {"href": url}

    return {
        "links": {
            "self": href(api),
            "cloud_controller_v3": {"href": f"{api}/v3", "meta": {"version": API_VERSION}},
            "network_policy_v0": href(f"{api}/networking/v0/external"),
            "network_policy_v1": href(f"{api}/networking/v1/external"),
            "login": href(endpoints.uaa),
            "uaa": href(endpoints.uaa),
            "credhub": None,
            "routing": href(f"{api}/routing"),
            # outside the lab: nothing answers at these two
            "logging": href("wss://doppler.lab.example:443"),
            "log_cache": href(endpoints.log_cache),
            "log_stream": href("https://log-stream.lab.example"),
            "app_ssh": {
                "href": endpoints.app_ssh,
                "meta": {
                    "host_key_fingerprint": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                    "oauth_client": "ssh-proxy",
                },
            },
        }
    }


def _v3(api: str) -> Json:
    links: Json = {"self": {"href": f"{api}/v3"}}
    links.update({name: {"href": f"{api}/v3/{name}"} for name in _RESOURCES})
    links["service_instances"]["experimental"] = True
    return {"links": links}


def _info(api: str) -> Json:
    return {
        "build": "",
        "cli_version": {"minimum": "", "recommended": ""},
        "custom": {},
        "description": "A world of Runback's lab",
        "name": "runback-lab",
        "version": 0,
        "osbapi_version": "2.15",
        "rate_limits": {"enabled": True, "general_limit": 20000, "reset_interval_in_minutes": 60},
        "links": {"self": {"href": f"{api}/v3/info"}, "support": {"href": ""}},
    }


def job_body(call: Call, job: Job) -> Json:
    state, errors = _ended(job)
    return {
        **base(job),
        "operation": job.operation,
        "state": state,
        "errors": errors,
        "warnings": [],
        "links": {"self": call.link(f"/v3/jobs/{job.guid}")},
    }


def _ended(job: Job) -> tuple[str, list[dict[str, object]]]:
    """The state and the errors of a job, by the broker's work that it watches."""
    if job.watched is None:
        return job.state, job.errors
    if job.watched.state == "failed":
        # errors/v2.yml and jobs/v3/create_service_instance_job.rb, create_binding_async_job.rb
        detail = f"{job.word} could not be completed: {job.watched.description}"
        return "FAILED", [Refusal(detail, "CF-UnableToPerform").error()]
    return ("POLLING" if job.watched.state == "in progress" else "COMPLETE"), []


def watched(call: Call, operation: str, work: LastOperation, word: str) -> Response:
    """202 with a job that lasts as long as the broker's work."""
    response = accepted(call, operation)
    job = call.state.jobs[next(reversed(call.state.jobs))]
    job.watched, job.word = work, word
    return response


def accepted(call: Call, operation: str, refused: Refusal | None = None) -> Response:
    """202 with the job that did the work: the lab does it at once, so the job is over when it is seen."""
    now = call.world.clock.now()
    job = Job(guid=call.world.guid(), created_at=now, updated_at=now, operation=operation)
    if refused is not None:
        job.state = "FAILED"
        job.errors = [refused.error()]
    call.state.jobs[job.guid] = job
    location = f"{call.request.base_url}/v3/jobs/{job.guid}"
    return Response(202, b"", headers=(("Location", location),))


def show_job(call: Call) -> Response:
    return Response.json(job_body(call, call.found(call.state.jobs, "Job", lambda job: True)))


def _flag(call: Call, name: str, enabled: bool) -> Json:
    return {
        "name": name,
        "enabled": enabled,
        "updated_at": None,
        "custom_error_message": None,
        "links": {"self": call.link(f"/v3/feature_flags/{name}")},
    }


def list_flags(call: Call) -> Response:
    flags = [_flag(call, name, enabled) for name, enabled in sorted(call.state.feature_flags.items())]
    return paged(call, flags)


def show_flag(call: Call) -> Response:
    name = call.param("name")
    if name not in call.state.feature_flags:
        raise Refusal("Feature flag not found", "CF-ResourceNotFound")
    return Response.json(_flag(call, name, call.state.feature_flags[name]))


def show_variable_group(call: Call) -> Response:
    name = call.param("name")
    if name not in ("running", "staging"):
        raise Refusal("Environment variable group not found", "CF-ResourceNotFound")
    return Response.json(
        {
            "updated_at": stamp(call.world.clock.now()),
            "name": name,
            "var": {},
            "links": {"self": call.link(f"/v3/environment_variable_groups/{name}")},
        }
    )


ENDPOINTS = (
    ("GET", "/v3/jobs/{guid}", show_job),
    ("GET", "/v3/feature_flags", list_flags),
    ("GET", "/v3/feature_flags/{name}", show_flag),
    ("GET", "/v3/environment_variable_groups/{name}", show_variable_group),
)
