"""Each action against the lab's platform: looked at, done, there, done again without harm, taken back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from runback import app, config, lab
from runback.collect.session import open_session
from runback.errors import FetchError
from runback.http import Client
from runback.lab import cf
from runback.lab.running import RunningLab
from runback.model import Scalar
from runback.remedies.actions.registry import ACTIONS
from runback.remedies.reach import NotDone, Reach

BACKEND = "tdp-backend-raft"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningLab]:
    with lab.start("healthy") as world:
        yield world


@pytest.fixture
def reach(running: RunningLab) -> Iterator[Reach]:
    access = config.access(running.environ)
    with Client(running.environ) as client:
        session = open_session(access.cloudfoundry, client, running.now)
        values = {"JWT_KEY": "another-value", "GREETING": "hello"}
        yield Reach(client, session, access.circleci, values, running.wait)


def cf_says(running: RunningLab, *words: str) -> str:
    out = io.StringIO()
    cf.main(list(words), running.environ, running.checkout, out, out)
    return out.getvalue()


def guid(running: RunningLab, name: str) -> str:
    return cf_says(running, "app", name, "--guid").strip()


SCALE = "POST /v3/apps/{guid}/processes/{type}/actions/scale"
VARIABLE = "PATCH /v3/apps/{guid}/environment_variables"
HEALTH = "PATCH /v3/apps/{guid}/processes/{type}"
# action, its parameters beside the app's guid, what cf says when it is done, and the command that asks.
CHANGES: list[tuple[str, dict[str, Scalar], str, list[str]]] = [
    (SCALE, {"type": "web", "instances": 2}, "#1", ["app", BACKEND]),
    (SCALE, {"type": "web", "memory_in_mb": 768}, "768M", ["app", BACKEND]),
    (VARIABLE, {"name": "GREETING"}, "hello", ["env", BACKEND]),
    (
        HEALTH,
        {"type": "web", "check_type": "process"},
        ',"health_check":{"type":"process"',
        ["curl", "/v3/apps/{guid}/processes/web"],
    ),
    (
        "POST /v3/routes/{guid}/destinations",
        {"host": "second-name", "domain": "apps.internal"},
        "second-name.apps.internal",
        ["app", BACKEND],
    ),
    (
        "POST /v3/routes/{guid}/destinations",
        {"host": "third-name", "domain": "app.cloud.gov", "path": "/api"},
        "third-name.app.cloud.gov/api",
        ["app", BACKEND],
    ),
    (
        SCALE,
        {"type": "web", "disk_in_mb": 3072},
        '"disk_in_mb":3072',
        ["curl", "/v3/apps/{guid}/processes/web"],
    ),
    (
        "PATCH /v3/apps/{guid}/features/{name}",
        {"name": "ssh", "enabled": False},
        '"enabled":false',
        ["curl", "/v3/apps/{guid}/features/ssh"],
    ),
    (
        "PATCH /v3/apps/{guid}",
        {"kind": "label", "name": "team", "value": "portal"},
        '"team":"portal"',
        ["curl", "/v3/apps/{guid}"],
    ),
    (
        "POST /networking/v1/external/policies",
        {"protocol": "udp", "port": 5000, "last_port": 5010},
        "5000-5010",
        ["network-policies", "--source", BACKEND],
    ),
]


@pytest.mark.parametrize(("action", "given", "shown", "command"), CHANGES)
def test_done_seen_and_taken_back(
    running: RunningLab,
    reach: Reach,
    action: str,
    given: dict[str, Scalar],
    shown: str,
    command: list[str],
) -> None:
    one = ACTIONS[action]
    own = guid(running, BACKEND)
    parameters = {**given, "guid": own, "app": own, "source": own}
    parameters["destination"] = guid(running, "tdp-celery-raft")
    words = [word.replace("{guid}", guid(running, BACKEND)) for word in command]
    assert shown not in cf_says(running, *words)
    look = one.look(reach, parameters)
    assert (look.done, look.moved) == (False, "")
    handle = one.do(reach, parameters, look)
    one.settle(reach, parameters, handle)
    running.wait(30)
    assert shown in cf_says(running, *words)
    assert one.look(reach, parameters).done
    one.undo(reach, parameters, look.before, handle)
    running.wait(30)
    assert not one.look(reach, parameters).done


# action, its parameters, commands that make what is to go, what cf says as long as it is there, who asks.
GONE: list[tuple[str, dict[str, Scalar], list[str], str, list[str]]] = [
    (
        VARIABLE,
        {"name": "LEFT_OVER", "unset": True},
        ["set-env", BACKEND, "LEFT_OVER", ""],
        "LEFT_OVER",
        ["env", BACKEND],
    ),
    (
        "DELETE /v3/routes/{guid}/destinations",
        {"host": "left-over", "domain": "apps.internal"},
        ["map-route", BACKEND, "apps.internal", "--hostname", "left-over"],
        "left-over.apps.internal",
        ["app", BACKEND],
    ),
    (
        "POST /networking/v1/external/policies/delete",
        {"protocol": "tcp", "port": 7001, "last_port": 7003},
        ["add-network-policy", BACKEND, "tdp-celery-raft", "--protocol", "tcp", "--port", "7001-7003"],
        "7001-7003",
        ["network-policies", "--source", BACKEND],
    ),
    (
        "POST /v3/apps/{guid}/actions/stop",
        {},
        ["start", BACKEND],
        "requested state:   started",
        ["app", BACKEND],
    ),
]


@pytest.mark.parametrize(("action", "given", "made_by", "shown", "command"), GONE)
def test_taken_away_seen_and_given_back(
    running: RunningLab,
    reach: Reach,
    action: str,
    given: dict[str, Scalar],
    made_by: list[str],
    shown: str,
    command: list[str],
) -> None:
    one, own = ACTIONS[action], guid(running, BACKEND)
    parameters = {**given, "guid": own, "app": own, "source": own}
    parameters["destination"] = guid(running, "tdp-celery-raft")
    cf_says(running, *made_by)
    assert shown in cf_says(running, *command)
    look = one.look(reach, parameters)
    assert (look.done, look.moved) == (False, "")
    handle = one.do(reach, parameters, look)
    one.settle(reach, parameters, handle)
    assert shown not in cf_says(running, *command)
    assert one.look(reach, parameters).done
    one.undo(reach, parameters, look.before, handle)
    running.wait(60)
    assert shown in cf_says(running, *command)


def test_a_stopped_app_is_started_and_a_running_one_restarted(running: RunningLab, reach: Reach) -> None:
    given: dict[str, Scalar] = {"guid": guid(running, BACKEND)}
    cf_says(running, "stop", BACKEND)
    since = []
    for verb in ("start", "restart"):
        one = ACTIONS[f"POST /v3/apps/{{guid}}/actions/{verb}"]
        one.settle(reach, given, one.do(reach, given, one.look(reach, given)))
        (line,) = [row for row in cf_says(running, "app", BACKEND).splitlines() if row.startswith("#0")]
        assert "running" in line
        since.append(line.split()[2])
    assert since[0] < since[1]


def test_a_deployment_that_is_cancelled_ends_so(running: RunningLab, reach: Reach) -> None:
    own = guid(running, "tdp-celery-raft")
    body = {"relationships": {"app": {"data": {"guid": own}}}, "strategy": "rolling"}
    made = cf_says(running, "curl", "/v3/deployments", "-X", "POST", "-d", json.dumps(body))
    given: dict[str, Scalar] = {"guid": json.loads(made)["guid"]}
    one = ACTIONS["POST /v3/deployments/{guid}/actions/cancel"]
    one.settle(reach, given, one.do(reach, given, one.look(reach, given)))
    assert '"reason":"CANCELED"' in cf_says(running, "curl", f"/v3/deployments/{given['guid']}")
    assert one.look(reach, given).done


def test_a_variable_of_a_context_is_set(running: RunningLab, reach: Reach) -> None:
    given: dict[str, Scalar] = {"context": "tdp-staging", "owner": "gh/runback-lab", "name": "JWT_KEY"}
    one = ACTIONS["PUT /context/{context}/environment-variable/{name}"]
    look = one.look(reach, given)
    assert look.moved == ""
    one.do(reach, given, look)
    assert running._project.contexts["tdp-staging"]["JWT_KEY"] == "another-value"
    with pytest.raises(NotDone, match="gives no value away"):
        one.undo(reach, given, look.before, {})
    assert "no context nowhere" in one.look(reach, {**given, "context": "nowhere"}).moved


def test_a_workflow_at_work_is_cancelled_and_run_again() -> None:
    with lab.start("healthy") as world:
        world.push(
            "raft", "Link the help pages", files={"docs/help.md": "Help.\n"}, parameters={}, seen_after=50
        )
        place = app.Place.in_lab(world)
        request = app.Request(app=world.app, environment=world.environment)
        proposal = app.propose_rerun(request, place, cancel=True)
        (one,) = app.carry_out(proposal, place, "runback rerun", {}).remedies
        assert (one.result, one.because) == ("verified", ())
        workflows = [flow.status for flow in world.pipelines()[-1].workflows]
        assert workflows == ["canceled", "success"]


def test_a_service_is_bound_and_unbound(running: RunningLab, reach: Reach) -> None:
    given: dict[str, Scalar] = {"app": guid(running, "tdp-frontend-raft"), "service": "tdp-redis-dev"}
    bind, unbind = (
        ACTIONS["POST /v3/service_credential_bindings"],
        ACTIONS["DELETE /v3/service_credential_bindings"],
    )
    bind.do(reach, given, bind.look(reach, given))
    bind.settle(reach, given, {})
    assert "tdp-redis-dev" in cf_says(running, "env", "tdp-frontend-raft")
    look = unbind.look(reach, given)
    assert not look.done
    unbind.do(reach, given, look)
    assert unbind.look(reach, given).done
    assert "tdp-redis-dev" not in cf_says(running, "env", "tdp-frontend-raft")


def test_a_restage_makes_a_new_droplet_and_rolls_it_out(running: RunningLab, reach: Reach) -> None:
    given: dict[str, Scalar] = {"app": guid(running, BACKEND)}
    before = cf_says(running, "curl", f"/v3/apps/{given['app']}/droplets/current")
    one = ACTIONS["POST /v3/builds"]
    handle = one.do(reach, given, one.look(reach, given))
    one.settle(reach, given, handle)
    assert cf_says(running, "curl", f"/v3/apps/{given['app']}/droplets/current") != before
    assert "running" in cf_says(running, "app", BACKEND)


def test_a_value_that_was_there_is_not_taken_back(running: RunningLab, reach: Reach) -> None:
    one, given = ACTIONS[VARIABLE], {"guid": guid(running, "tdp-celery-raft"), "name": "JWT_KEY"}
    look = one.look(reach, given)
    assert dict(look.before) == {"variable": "set"}
    one.do(reach, given, look)
    with pytest.raises(NotDone, match="had another value before, which nobody kept"):
        one.undo(reach, given, look.before, {})


def test_what_is_not_there_any_more_moves_no_hand(reach: Reach) -> None:
    gone: dict[str, Scalar] = {
        "guid": "no-such-app", "app": "no-such-app", "type": "web", "name": "X", "service": "s",
        "host": "h", "domain": "apps.internal", "source": "no-such-app", "destination": "d",
        "protocol": "tcp", "port": 1, "kind": "label", "value": "x",
    }  # fmt: skip
    for name, action in ACTIONS.items():
        if name in ("snapshot", "script", "compare"):  # of a rebuild, which has its own tests
            continue
        if (
            "workflow" in name
            or "context" in name
            or name.startswith("DELETE /v3/routes")
            or name.endswith("policies/delete")
        ):
            continue
        assert action.look(reach, gone).moved, name


def test_two_deployments_at_once_are_refused(running: RunningLab, reach: Reach) -> None:
    one = ACTIONS["POST /v3/deployments"]
    given: dict[str, Scalar] = {"app": guid(running, "tdp-frontend-raft"), "strategy": "rolling"}
    handle = one.do(reach, given, one.look(reach, given))
    assert "another deployment of tdp-frontend-raft is under way" in one.look(reach, given).moved
    one.settle(reach, given, handle)
    assert one.look(reach, given).moved == ""


def test_the_platforms_own_words_reach_the_person(running: RunningLab, reach: Reach) -> None:
    """422: more memory than the quota has."""
    given: dict[str, Scalar] = {"guid": guid(running, BACKEND), "type": "web", "memory_in_mb": 60000}
    one = ACTIONS[SCALE]
    with pytest.raises(FetchError, match="memory quota_exceeded"):
        one.do(reach, given, one.look(reach, given))
