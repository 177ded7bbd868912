"""A plan that is older than the world: what somebody else did meanwhile is not undone by it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from runback import app, lab
from runback.collect.session import open_session
from runback.config import access
from runback.http import Client
from runback.lab import cf
from runback.lab.running import RunningLab
from runback.remedies import snapshot
from runback.remedies.free_memory import apps_named
from runback.remedies.reach import Reach


def said(running: RunningLab, *words: str) -> str:
    out = io.StringIO()
    cf.main(list(words), running.environ, running.checkout, out, out)
    return out.getvalue()


def asked(running: RunningLab, path: str, *more: str) -> Any:
    return json.loads(said(running, "curl", path, *more))


def guid(running: RunningLab, name: str) -> str:
    return str(asked(running, f"/v3/apps?names={name}")["resources"][0]["guid"])


def request(running: RunningLab) -> app.Request:
    return app.Request(app=running.app, environment=running.environment)


def refused(running: RunningLab, proposal: app.Proposal, values: dict[str, str] | None = None) -> str:
    (one, *_) = app.carry_out(proposal, app.Place.in_lab(running), "runback fix", values or {}).remedies
    assert one.result == "failed"
    assert app.unfinished(app.Place.in_lab(running)) is None
    return one.because[0]


def test_a_rollback_leaves_a_release_alone_that_came_after_the_plan() -> None:
    with lab.start("new-revision-crashes") as running:
        proposal = app.propose_rollback(request(running), app.Place.in_lab(running))
        path = f"/v3/apps/{guid(running, running.app)}/revisions"
        second = next(one for one in asked(running, path)["resources"] if one["version"] == 2)
        body = {
            "revision": {"guid": second["guid"]},
            "relationships": {"app": {"data": {"guid": guid(running, running.app)}}},
        }
        said(running, "curl", "/v3/deployments", "-X", "POST", "-d", json.dumps(body))
        running.wait(600)
        stands = asked(running, f"{path}/deployed")["resources"][0]["version"]
        assert "does not run any more what ran when this was planned" in refused(running, proposal)
        assert [one["version"] for one in asked(running, f"{path}/deployed")["resources"]] == [stands]


def test_an_older_droplet_is_not_given_to_an_app_that_has_another_one_by_now() -> None:
    with lab.start("new-revision-crashes") as running:
        own = f"/v3/apps/{guid(running, running.app)}"
        off = json.dumps({"enabled": False})
        said(running, "curl", f"{own}/features/revisions", "-X", "PATCH", "-d", off)
        proposal = app.propose_rollback(request(running), app.Place.in_lab(running))
        assert "its droplet" in proposal.remedies[0].plan.sentence or "their droplets" in (  # type: ignore[union-attr]
            proposal.remedies[0].plan.sentence  # type: ignore[union-attr]
        )
        droplets = asked(running, f"{own}/droplets?states=STAGED&order_by=created_at")["resources"]
        body = json.dumps({"data": {"guid": droplets[0]["guid"]}})
        said(running, "curl", f"{own}/relationships/current_droplet", "-X", "PATCH", "-d", body)
        assert "does not run any more what ran" in refused(running, proposal)
        assert asked(running, f"{own}/droplets/current")["guid"] == droplets[0]["guid"]


def test_a_size_that_somebody_changed_meanwhile_stays() -> None:
    with lab.start("scaled-to-zero") as running:
        proposal = app.propose(request(running), app.Place.in_lab(running))
        step = next(one for one in proposal.chosen[0].plan.steps if "scale" in one.action)  # type: ignore[union-attr]
        path = f"/v3/apps/{step.parameters['guid']}/processes/web"
        said(running, "curl", f"{path}/actions/scale", "-X", "POST", "-d", json.dumps({"instances": 3}))
        assert "its instances was 0, and is 3 by now" in refused(running, proposal)
        assert asked(running, path)["instances"] == 3


def test_a_value_that_somebody_set_meanwhile_stays() -> None:
    with lab.start("variable-emptied") as running:
        proposal = app.propose(request(running), app.Place.in_lab(running))
        step = next(one for one in proposal.chosen[0].plan.steps if one.action)  # type: ignore[union-attr]
        path = f"/v3/apps/{step.parameters['guid']}/environment_variables"
        body = json.dumps({"var": {"JWT_KEY": "of-a-colleague"}})
        said(running, "curl", path, "-X", "PATCH", "-d", body)
        assert "it has another value by now" in refused(running, proposal, {"JWT_KEY": "of-mine"})
        assert asked(running, path)["var"]["JWT_KEY"] == "of-a-colleague"


@pytest.mark.parametrize("name", ["a b", "a&b", "a#b", "a+b", "a%b", "$(id) 'x\" `y`"])
def test_an_app_is_found_by_its_whole_name(name: str) -> None:
    with lab.start("healthy") as running:
        old = guid(running, running.app)
        said(running, "curl", f"/v3/apps/{old}", "-X", "PATCH", "-d", json.dumps({"name": name}))
        known = access(running.environ)
        with Client(running.environ) as client:
            session = open_session(known.cloudfoundry, client, running.now)
            reach = Reach(client, session, known.circleci)
            (there,) = apps_named(reach, [name])
            assert there.guid == old
            space = asked(running, f"/v3/apps/{old}")["relationships"]["space"]["data"]["guid"]
            found = snapshot.find(reach, name, space)
            assert found is not None
            assert found.guid == old
