from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import msgspec
import pytest

from reports.samples import COMMAND, DIAGNOSIS, HOSTILE, POLICY, SCAN, finding
from runback.app import Remedied
from runback.model import Cause, Diagnosis, Symptom, Where
from runback.reports import json as json_report
from runback.reports import markdown, notices, terminal
from runback.reports.chain import ends, same_before
from runback.reports.remedies import document

TERMINAL = """\
! Virus scans fail: no network policy lets tdp-clamav-nginx-dev reach clamav-rest.
  tdp-backend-raft · environment raft · branch feature/scan · commit aaaaaaa

Cause: No network policy lets tdp-clamav-nginx-dev reach clamav-rest on tcp 9000
  policy-missing · connect · confidence high
    network policies of tdp-clamav-nginx-dev
      none to clamav-rest

  It led to
    → Connections to clamav-rest are refused (14 times)
    ⇒ Virus scans of tdp-backend-raft fail

  To mend it
  Let tdp-clamav-nginx-dev reach clamav-rest on tcp 9000.
    1. Add the network policy.
       $ cf add-network-policy tdp-clamav-nginx-dev clamav-rest -s tanf-prod --protocol tcp --port 9000

Also noticed (not the cause)
  deprecated-setting: A setting is deprecated

Ruled out
  app-stopped (all 5 apps are started)

Unknown
  403: the token may not read the environment (variable-missing)

61 requests in 0.5 s · runback explain PAGE says more of any page
"""


def hostile() -> Diagnosis:
    """The sample with a hostile text wherever text from outside can stand."""
    cause = msgspec.structs.replace(
        POLICY,
        title=HOSTILE,
        where=(Where(kind="log", source=HOSTILE, line=1, text=HOSTILE, url="https://ci.example/1"),),
    )
    changed: Diagnosis = msgspec.structs.replace(
        DIAGNOSIS,
        sentence=HOSTILE,
        causes=(Cause(finding=cause, rank=1, chain=(finding("x", HOSTILE, HOSTILE),)),),
        notices=(finding("y", HOSTILE),),
    )
    return changed


def schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files("runback") / "schemas" / f"{name}.schema.json").read_text())
    return document


def test_the_terminal_report_answers_in_its_order() -> None:
    assert terminal.render_diagnosis(DIAGNOSIS) == TERMINAL


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_command_is_never_broken_over_lines(width: int) -> None:
    assert COMMAND in terminal.render_diagnosis(DIAGNOSIS, width=width)


def test_no_line_but_a_command_is_wider_than_the_terminal() -> None:
    lines = terminal.render_diagnosis(DIAGNOSIS, width=60).splitlines()
    assert all(len(line) <= 60 for line in lines if "$" not in line)


def test_colour_only_where_it_is_asked_for() -> None:
    assert "\x1b" not in terminal.render_diagnosis(DIAGNOSIS)
    assert "\x1b[" in terminal.render_diagnosis(DIAGNOSIS, colour=True)


@pytest.mark.parametrize("render", [terminal.render_diagnosis, markdown.render_diagnosis])
def test_hostile_text_can_only_be_read(render: Any) -> None:
    text = render(hostile())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert max(map(len, text.splitlines())) < 5_000


def test_markdown_lets_no_markup_of_a_log_through() -> None:
    text = markdown.render_diagnosis(hostile())
    outside = re.sub(r"(?s)^  (`{3,})\w*\n.*?^  \1$", "", text, flags=re.M)
    assert "<script>" not in outside
    assert not re.search(r"(?<!\\)\[a(?<!\\)\]\(", outside)


def test_markdown_carries_cause_proof_and_command() -> None:
    text = markdown.render_diagnosis(DIAGNOSIS)
    assert text.startswith("### ⚠️ Virus scans fail: no network policy")
    assert COMMAND in text
    assert "Ruled out (1)" in text
    assert "Unknown (1)" in text


@pytest.mark.parametrize("diagnosis", [DIAGNOSIS, hostile()])
def test_the_diagnosis_document_is_valid(diagnosis: Diagnosis) -> None:
    document = json.loads(json_report.render_diagnosis(diagnosis))
    jsonschema.validate(document, schema("diagnosis-1"), cls=jsonschema.Draft202012Validator)


def test_the_diagnosis_document_says_what_the_contract_promises() -> None:
    document = json.loads(json_report.render_diagnosis(DIAGNOSIS))
    cause = document["causes"][0]
    assert cause["values"]["port"] == 9000
    assert cause["explains"] == ["connection-refused", "request-failed"]
    assert cause["remedies"][0]["commands"] == [COMMAND]
    assert document["timings"] == {"collect_ms": 480, "diagnose_ms": 12, "requests": 61}


def test_a_plan_is_told_alike_by_diagnose_and_by_fix() -> None:
    told = json.loads(json_report.render_diagnosis(DIAGNOSIS))["causes"][0]
    one = Remedied(cause=DIAGNOSIS.causes[0], plan=DIAGNOSIS.causes[0].plans[0], result="planned", because=())
    fixed = document(DIAGNOSIS.target, [one], applied=False, verdict=None)
    assert fixed["remedies"][0]["plan"] == told["remedies"][0]
    assert [step["by_hand"] for step in told["remedies"][0]["steps"]] == [
        not step.action for step in DIAGNOSIS.causes[0].plans[0].steps
    ]


def test_the_schema_refuses_what_the_contract_does_not_know() -> None:
    document = json.loads(json_report.render_diagnosis(DIAGNOSIS))
    document["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema("diagnosis-1"))


def test_a_scan_shows_the_novel_block_where_nothing_is_known() -> None:
    document = json.loads(json_report.render_scan(SCAN))
    jsonschema.validate(document, schema("scan-1"), cls=jsonschema.Draft202012Validator)
    text = terminal.render_scan(SCAN)
    assert "lines 30–31" in text
    assert "frobnication failed" in text


def test_symptoms_that_are_said_in_the_same_words_are_one() -> None:
    refused = Symptom(name="request-failed", title="web cannot reach api", app="web")
    later = Symptom(name="request-failed", title="web cannot reach api", app="web", destination="api")
    down = Symptom(name="app-down", title="api is down", app="api")
    cause = Cause(finding=finding("x", "api crashed", "exit 1"), rank=1, symptoms=(refused, down, later))
    assert ends(cause) == [refused, down]


def test_what_two_causes_led_to_alike_is_said_once() -> None:
    down = Symptom(name="app-down", title="api is down", app="api")
    other = Symptom(name="app-down", title="worker is down", app="worker")
    loop = finding("crash-loop", "api keeps crashing", "exit 1")
    titles = ("no database", "no cache", "no mail")
    causes = tuple(
        Cause(finding=finding("x", title, title), rank=rank, chain=(loop,), symptoms=(seen,))
        for rank, (title, seen) in enumerate(zip(titles, (down, other, down), strict=True), 1)
    )
    assert same_before(causes) == {3: 1}
    diagnosis = msgspec.structs.replace(DIAGNOSIS, causes=causes)
    for report, said in (
        (terminal.render_diagnosis(diagnosis), "It led to the same as cause 1"),
        (markdown.render_diagnosis(diagnosis), "It led to the same as: no database"),
    ):
        assert said in report
        assert report.count("api keeps crashing") == 2


def test_a_line_that_is_its_own_symptom_is_said_once() -> None:
    """In a log the line that fails is all that people see of it."""
    line = Symptom(name="step-failed", title="tool: it broke")
    cause = Cause(finding=finding("x", "It broke", "tool: it broke"), rank=1, symptoms=(line,))
    assert ends(cause) == []


def test_where_nothing_can_be_planned_the_page_says_what_to_do() -> None:
    known = Cause(
        finding=finding("npm-failed", "npm stopped", "npm ERR!"), rank=1, advice="Run `npm ci` at home."
    )
    for cause, said in (
        (known, True),
        (msgspec.structs.replace(known, plans=DIAGNOSIS.causes[0].plans), False),
    ):
        diagnosis = msgspec.structs.replace(DIAGNOSIS, causes=(cause,))
        for report in (terminal.render_diagnosis(diagnosis), markdown.render_diagnosis(diagnosis)):
            assert ("What to do" in report) is said
            assert ("Run `npm ci` at home." in report) is said


def test_where_the_first_plan_cannot_be_made_the_page_says_what_to_do_and_other_ways_are_named() -> None:
    (ready,) = DIAGNOSIS.causes[0].plans[:1]
    blocked = msgspec.structs.replace(ready, safe=False, blocked="nobody says which", steps=())
    cause = Cause(
        finding=finding("x", "It broke", "broke"), rank=1, advice="Listen there.", plans=(blocked, ready)
    )
    diagnosis = msgspec.structs.replace(DIAGNOSIS, causes=(cause,))
    for report in (terminal.render_diagnosis(diagnosis), markdown.render_diagnosis(diagnosis)):
        assert "annot be planned: nobody says which" in report
        assert "Listen there." in report
        assert "unsafe" not in report
    assert f"other ways: {ready.remedy} (--show all)" in terminal.render_diagnosis(diagnosis)


def test_what_a_log_told_is_noticed_with_the_time_when_it_was_last_seen() -> None:
    in_log = finding("connection-refused", "Connection refused", "refused")
    in_platform = finding("route-shared", "Two apps answer")
    assert re.fullmatch(r"Connection refused \(last seen \d\d-\d\d \d\d:\d\d UTC\)", notices.sentence(in_log))
    assert notices.sentence(in_platform) == "Two apps answer"
