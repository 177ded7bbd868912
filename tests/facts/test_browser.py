"""Public pages as a browser sees them, as facts and as causes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, tables
from runback.facts.contentpolicy import blocks, blocks_inline
from runback.model import Certificate, Diagnosis, Evidence, Fetched, Gap, Table
from runback.rules import Runbook, load
from worlds import NOW, healthy, with_platform

FRONTEND = "tdp-frontend-raft"
PAGE = "https://tdp-frontend-raft.app.cloud.gov/"


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def fetched(path: str = "", kind: str = "page", status: int | None = 200, **changes: Any) -> Fetched:
    types = {
        "page": "text/html",
        "script": "text/javascript",
        "style": "text/css",
        "call": "application/json",
    }
    url = path if "://" in path else PAGE + path
    return Fetched(
        app=FRONTEND,
        page=PAGE,
        url=url,
        kind=kind,  # type: ignore[arg-type]
        status=status,
        **{"type": types[kind], **changes},
    )


def seen(*found: Fetched) -> Evidence:
    return with_platform(healthy(), fetched=found)


def problems(evidence: Evidence) -> list[object]:
    table = tables(evidence)["browser.pages"]
    assert isinstance(table, Table)
    return [row.cells["problem"] for row in table.rows]


def pages_of(diagnosis: Diagnosis) -> list[str]:
    return [cause.finding.page for cause in diagnosis.causes]


def test_a_page_that_loads_is_well(runbook: Runbook) -> None:
    good = seen(fetched(), fetched("app.js", "script"), fetched("v1/x", "call", 401))
    assert problems(good) == [None, None, None]
    assert diagnose(good, runbook).verdict == "healthy"


@pytest.mark.parametrize(
    ("thing", "problem", "page"),
    [
        (fetched("app.js", "script", 404), "not_found", "page-asset-missing"),
        (fetched("app.js", "script", type="text/html"), "page_instead", "page-asset-missing"),
        (fetched("main.css", "style", 403), "not_found", "page-asset-missing"),
        (fetched("v1/x", "call", type="text/html"), "page_instead", "call-not-passed-on"),
        (fetched(redirects=(PAGE, PAGE), ended="circle"), "circle", "redirect-circle"),
        (
            fetched(status=None, error="x is not trusted: certificate has expired"),
            "certificate",
            "route-certificate-refused",
        ),
        (
            fetched("https://api.example.gov/", "call", origin=PAGE.rstrip("/")),
            "cross_origin",
            "cross-origin-refused",
        ),
    ],
    ids=["gone", "page instead", "style", "proxy", "circle", "certificate", "origin"],
)
def test_what_a_browser_cannot_use(runbook: Runbook, thing: Fetched, problem: str, page: str) -> None:
    evidence = seen(thing)
    assert problems(evidence) == [problem]
    diagnosis = diagnose(evidence, runbook)
    assert pages_of(diagnosis) == [page]
    assert [symptom.name for symptom in diagnosis.symptoms] == ["page-unusable"]


@pytest.mark.parametrize(
    "thing",
    [
        fetched(status=None, error="the name x cannot be resolved"),
        fetched(ended="elsewhere", redirects=("https://login.example.org/",)),
        fetched("https://cdn.example.org/x.js", "script", None, asked=False),
        fetched("v1/x", "call", 502),
        fetched(status=404, router_error="unknown_route"),
        fetched(status=401),
        fetched("https://api.example.gov/", "call", origin=PAGE.rstrip("/"), allow_origin="*"),
    ],
    ids=["from here", "login", "cdn", "logs tell", "no instance", "password", "allowed"],
)
def test_what_is_no_symptom_of_the_page(runbook: Runbook, thing: Fetched) -> None:
    assert diagnose(seen(thing), runbook).symptoms == ()


def test_the_log_of_the_same_request_stands_beside_it(runbook: Runbook) -> None:
    (cause,) = diagnose(seen(fetched("app.js", "script", 404, said=("GET /app.js 404",))), runbook).causes
    assert [where.text for where in cause.finding.where] == ["it is answered with 404", "GET /app.js 404"]


def test_the_pages_own_policy(runbook: Runbook) -> None:
    page = fetched(policy="default-src 'self'; script-src https://cdn.example.org", inline=True)
    evidence = seen(page, fetched("app.js", "script"), fetched("main.css", "style"))
    assert problems(evidence) == ["policy_inline", "policy", None]
    assert pages_of(diagnose(evidence, runbook)) == ["page-policy-blocks", "page-policy-blocks"]


def test_a_page_whose_script_may_not_run_calls_nobody(runbook: Runbook) -> None:
    page = fetched(policy="default-src 'none'")
    assert problems(seen(page, fetched("v1/x", "call"))) == [None, "policy"]
    both = seen(page, fetched("app.js", "script"), fetched("v1/x", "call"))
    assert problems(both) == [None, "policy", None]


def test_a_certificate_that_is_refused_is_said_once() -> None:
    error = "x is not trusted: self-signed certificate"
    evidence = seen(fetched(status=None, error=error), fetched("v1/x", "call", None, error=error))
    assert problems(evidence) == ["certificate", None]


def test_a_page_that_sends_elsewhere_is_one_that_nobody_saw(runbook: Runbook) -> None:
    gone = fetched(ended="elsewhere", redirects=("https://portal.example.org/x",))
    (problem,) = problems(seen(gone))
    assert isinstance(problem, Gap)
    assert problem.reason == "it sends browsers on to portal.example.org, which is not asked"
    diagnosis = diagnose(seen(gone), runbook)
    assert diagnosis.verdict == "healthy"
    assert any(problem.reason in one.reason for one in diagnosis.unknown)


@pytest.mark.parametrize(
    ("policy", "url", "allowed"),
    [
        ("", "https://x.org/a.js", True),
        ("script-src 'none'", PAGE + "a.js", False),
        ("script-src 'self'", PAGE + "a.js", True),
        ("script-src 'self'", "https://x.org/a.js", False),
        ("script-src *.x.org", "https://cdn.x.org/a.js", True),
        ("script-src *.x.org", "https://x.org/a.js", False),
        ("script-src https:", "https://x.org/a.js", True),
        ("script-src https://x.org/js/", "https://x.org/js/a.js", True),
        ("script-src https://x.org/js/", "https://x.org/a.js", False),
        ("script-src http://x.org", "https://x.org/a.js", True),
        ("default-src 'self', script-src x.org", "https://x.org/a.js", False),
        ("script-src 'strict-dynamic' 'nonce-a'", "https://x.org/a.js", True),
        ("script-src-elem x.org; script-src 'none'", "https://x.org/a.js", True),
        ("img-src 'none'", "https://x.org/a.js", True),
    ],
)
def test_content_policies(policy: str, url: str, allowed: bool) -> None:
    assert (blocks(policy, "script", url, PAGE) == "") is allowed


def test_inline_scripts_and_policies() -> None:
    assert blocks_inline("default-src 'self'") == "default-src 'self'"
    for policy in (
        "",
        "img-src x",
        "script-src 'unsafe-inline'",
        "script-src 'sha256-x'",
        "script-src 'nonce-a'",
    ):
        assert blocks_inline(policy) == ""
    assert blocks("script-src 'nonce-a'", "script", PAGE + "a.js", PAGE, nonce=True) == ""
    assert blocks("script-src 'nonce-a'", "script", PAGE + "a.js", PAGE) == "script-src 'nonce-a'"


def test_a_certificate_that_ends_soon_is_noticed(runbook: Runbook) -> None:
    shown = Certificate(
        host="portal.example.gov", names=("portal.example.gov",), expires=NOW + timedelta(days=5)
    )
    diagnosis = diagnose(with_platform(healthy(), certificates=(shown,)), runbook)
    assert [notice.title for notice in diagnosis.notices] == [
        "The certificate of portal.example.gov ends in 5 days"
    ]


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (fetched("app.js", "script", 404), f"A browser shows a white page at {PAGE}: "),
        (fetched("main.css", "style", 404), f"A browser shows the page without its style at {PAGE}: "),
        (
            fetched(status=None, error="x is not trusted: expired"),
            f"A browser does not open the page at {PAGE}: ",
        ),
        (fetched("v1/x", "call", type="text/html"), f"A browser cannot use /v1/x at {PAGE}: "),
    ],
)
def test_what_people_see_and_why_is_said_once(runbook: Runbook, thing: Fetched, said: str) -> None:
    found = diagnose(seen(thing), runbook)
    assert found.sentence.startswith(said)
    table = tables(seen(thing))["browser.pages"]
    assert isinstance(table, Table)
    (row,) = [row for row in table.rows if row.cells["problem"]]
    assert found.sentence.count(str(row.cells["because"])) <= 1  # some pages say it in their own words
