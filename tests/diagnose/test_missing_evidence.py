"""Whatever evidence is missing: a diagnosis becomes less sure, or says that it does not know; never wrong.

`RUNBACK_LACKING=30 pytest tests/diagnose/test_missing_evidence.py` takes that many parts away from each
scenario of the lab, which takes half an hour.
"""

from __future__ import annotations

import os
import random
import re
from functools import cache

import pytest

from lacking import lacking
from runback import app, lab
from runback.app.request import Request
from runback.model import Diagnosis, Evidence

MANY = int(os.environ.get("RUNBACK_LACKING", "0"))
NAMES = (
    "healthy",
    "policy-missing",
    "scanner-stopped",
    "service-not-bound",
    "variable-emptied",
)
# What once misled: a wrong cause, a healthy app called down, or a cause of which nothing was said.
MISLED = (
    ("healthy", "platform.apps[tdp-backend-raft].processes[0].instances"),
    ("policy-missing", "platform.routes"),
    ("policy-missing", "platform.apps[tdp-clamav-nginx-dev].variables"),
    ("scanner-stopped", "platform.routes"),
    ("scanner-stopped", "platform.apps[clamav-rest].processes"),
    ("sidecar-ends", "platform.apps[tdp-frontend-raft].events"),
    ("two-worker-and-scanner", "platform.apps[tdp-celery-raft].processes[0].instances"),
    ("variable-not-json", "platform.apps[tdp-backend-raft].processes[0].instances"),
    ("pipenv-lock-old", "ci.pipelines[0].workflows"),
    ("ci-pull-limit", "ci.pipelines[0].workflows[build-and-test].jobs"),
    ("ci-red-and-waiting", "ci.pipelines[0].workflows[build-and-test].jobs"),
    (
        "variable-emptied",
        "ci.pipelines[0].workflows[build-and-test].jobs[deploy-dev].steps[Deploy backend].log",
    ),
)
# Other words for the same fault, from other evidence.
ALIKE = {
    "stored-test-failed": "test-failed",
    "worker-killed": "out-of-memory",
}


@cache
def evidence_of(name: str) -> Evidence:
    with lab.start(name) as running:
        asked = Request(running.app, running.environment)
        return app.collect(asked, running.checkout, running.environ, now=running.now, browse=True)[0]


@cache
def in_full(name: str) -> Diagnosis:
    return app.judge(evidence_of(name))


def faults(name: str, diagnosis: Diagnosis) -> list[str]:
    """What a diagnosis of the scenario with less evidence says that is not so, and what it keeps silent."""
    truth = lab.truth(name)
    true = {cause.page for cause in truth.causes}
    on_the_way = {page for cause in in_full(name).causes for page in cause.explains} | set(truth.chain)
    named = [ALIKE.get(cause.finding.page, cause.finding.page) for cause in diagnosis.causes]
    found = [f"{page} is not the cause" for page in named if page not in true | on_the_way]
    if truth.causes and diagnosis.verdict == "healthy":
        found.append("it is not healthy")
    if truth.healthy and diagnosis.verdict not in ("healthy", "unknown"):
        found.append(f"nothing is wrong: {diagnosis.sentence}")
    untold = true - {*named} - {page.page for page in diagnosis.unknown}
    return found + [f"{page} is neither named nor unknown" for page in sorted(untold)]


def drawn(name: str, count: int) -> list[str]:
    """Places of the evidence, one of each kind at most; always the same ones."""
    kinds: dict[str, str] = {}
    chance = random.Random(name)
    places = [place for place, _ in lacking(evidence_of(name))]
    for place in chance.sample(places, len(places)):
        kinds.setdefault(re.sub(r"\[.*?\]", "", place), place)
    return list(kinds.values())[:count]


def judged(name: str, wanted: list[str]) -> dict[str, list[str]]:
    """Place → the faults of the diagnosis without what stands there."""
    return {
        place: wrong
        for place, less in lacking(evidence_of(name))
        if place in wanted and (wrong := faults(name, app.judge(less)))
    }


@pytest.mark.parametrize(("name", "place"), MISLED)
def test_what_once_misled_does_so_no_more(name: str, place: str) -> None:
    assert place in [found for found, _ in lacking(evidence_of(name))]
    assert judged(name, [place]) == {}


@pytest.mark.parametrize("name", [one.name for one in lab.scenarios()] if MANY else NAMES)
def test_without_a_part_of_the_evidence_nothing_false_is_said(name: str) -> None:
    if lab.truth(name).unknown:
        pytest.skip("its evidence lacks something already")
    assert judged(name, drawn(name, MANY or 8)) == {}
