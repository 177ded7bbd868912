"""Chains of causes: properties that hold for any findings, and the rules of 'explains' one by one."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from runback.diagnose.chains import Chains
from runback.model import Finding, Stage, Symptom, Where
from runback.rules.leading import closure
from worlds import at

PAGES = ("a", "b", "c", "d", "e")
APPS = ("frontend", "backend", "scanner", None)
EDGES = {
    "frontend": frozenset({("backend", "backend.internal")}),
    "backend": frozenset({("scanner", "scanner.internal")}),
}


def finding(page: str, app: str | None = None, stage: Stage = "run", **changes: object) -> Finding:
    return Finding(
        page=page,
        title=f"{page} of {app}",
        stage=stage,
        severity="error",
        confidence="high",
        app=app,
        **changes,  # type: ignore[arg-type] # fields of a record, given by name
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Finding], list[Symptom], dict[str, list[str]]]:
    leads_to = {
        page: draw(st.lists(st.sampled_from([*PAGES[index + 1 :], "app-down"]), unique=True))
        for index, page in enumerate(PAGES)
    }
    times = st.none() | st.integers(0, 60).map(at)
    findings = draw(
        st.lists(
            st.builds(
                lambda page, app, time: finding(page, app, at=time),
                st.sampled_from(PAGES),
                st.sampled_from(APPS),
                times,
            ),
            max_size=8,
        )
    )
    symptoms = draw(
        st.lists(
            st.builds(
                lambda app, time: Symptom(name="app-down", title="down", app=app, at=time),
                st.sampled_from(APPS),
                times,
            ),
            max_size=3,
        )
    )
    return findings, symptoms, leads_to


@given(worlds())
def test_no_finding_explains_itself_and_every_chain_starts_unexplained(
    world: tuple[list[Finding], list[Symptom], dict[str, list[str]]],
) -> None:
    findings, symptoms, leads_to = world
    chains = Chains(findings, symptoms, closure(leads_to), EDGES)
    for index in range(len(chains.findings)):
        assert index not in chains.reached[index]
        assert chains.depth(index).keys() == chains.reached[index]
    unexplained = [i for i in range(len(chains.findings)) if i not in chains.explained]
    ends = frozenset[int]().union(*(chains.ends[index] for index in unexplained))
    assert ends == frozenset[int]().union(*chains.ends)


@given(worlds(), st.randoms())
def test_the_order_of_findings_does_not_matter(
    world: tuple[list[Finding], list[Symptom], dict[str, list[str]]], random: object
) -> None:
    findings, symptoms, leads_to = world
    one = Chains(findings, symptoms, closure(leads_to), EDGES)
    other = Chains(reversed(findings), symptoms, closure(leads_to), EDGES)
    assert one.findings == other.findings
    assert one.after == other.after
    assert one.ends == other.ends


def explains(one: Finding, other: Finding) -> bool:
    graph = closure({"a": ["b"], "b": ["c"], "c": []})
    return Chains([], [], graph, EDGES).explains(one, other)


def test_a_page_explains_over_other_pages() -> None:
    assert explains(finding("a", "backend"), finding("c", "backend"))
    assert not explains(finding("c", "backend"), finding("a", "backend"))


def test_a_failed_connection_is_explained_by_what_the_app_depends_on_and_not_the_other_way_round() -> None:
    assert explains(finding("a", "backend"), finding("b", "frontend", "serve"))
    assert not explains(finding("a", "frontend"), finding("b", "backend", "serve"))
    assert not explains(finding("a", "scanner"), finding("b", "frontend", "serve"))


def test_nobody_is_stopped_or_crashes_by_the_fault_of_another_app() -> None:
    assert not explains(finding("a", "backend"), finding("b", "frontend"))
    assert explains(finding("a", "backend"), finding("b", "backend"))
    chains = Chains(
        [finding("a", "backend")],
        [
            Symptom(name="app-down", title="down", app="frontend"),
            Symptom(name="app-down", title="down", app="backend"),
            Symptom(name="request-failed", title="502", app="frontend"),
            Symptom(name="request-failed", title="no scanner", app="frontend", destination="scanner"),
        ],
        closure({"a": ["app-down", "request-failed"]}),
        EDGES,
    )
    assert chains.ends == (frozenset({1, 2}),)


def test_a_named_host_must_be_the_one_that_leads_there() -> None:
    cause = finding("a", "backend")
    assert explains(cause, finding("b", "frontend", "connect", values={"host": "backend.internal"}))
    assert not explains(cause, finding("b", "frontend", "connect", values={"host": "db.example"}))
    assert explains(cause, finding("b", "frontend", "connect", values={"host": "10.255.1.8"}))


def test_a_finding_whose_host_is_empty_says_nothing_of_connections() -> None:
    cause = finding("a", "backend", values={"name": "JWT_KEY", "host": None})
    assert not explains(cause, finding("b", "backend", "connect", values={"host": "scanner.internal"}))
    assert explains(cause, finding("b", "backend"))


def test_what_an_app_says_reaches_a_job_only_by_the_command_that_failed_there() -> None:
    output = (Where(kind="log", source="step", line=1, log="step:118/1.0"),)
    assert not explains(finding("a", "backend"), finding("b", None, "ci", where=output))
    assert explains(finding("a", "backend", where=output), finding("b", None, "ci", where=output))
    failed = [Symptom(name="step-failed", title="red", where=output)]
    graph = closure({"a": ["step-failed"]})
    assert Chains([finding("a", "backend")], failed, graph, EDGES).ends == (frozenset(),)
    assert Chains([finding("a", "backend", where=output)], failed, graph, EDGES).ends == (frozenset({0}),)


def test_what_makes_a_step_fail_keeps_its_job_from_deploying() -> None:
    output = (Where(kind="log", source="step", line=1, log="step:118/1.0"),)
    graph = closure({"a": ["step-failed"], "commit-not-deployed": ["stale-commit"]})
    chains = Chains([], [], graph, EDGES)
    stale = finding("commit-not-deployed", "backend")
    assert chains.explains(finding("a", None, "ci", where=output), stale)
    assert not chains.explains(finding("a", "backend"), stale)


def test_what_is_later_explains_nothing_but_unknown_times_do_not_block() -> None:
    early, late = finding("a", "backend", at=at(1)), finding("a", "backend", at=at(9))
    effect = finding("b", "backend", at=at(5))
    assert explains(early, effect)
    assert not explains(late, effect)
    assert explains(finding("a", "backend"), effect)
    assert explains(late, finding("b", "backend", at=at(5), until=at(12)))


def test_within_one_log_the_lines_decide() -> None:
    def seen(page: str, line: int) -> Finding:
        where = (Where(kind="log", source="log", line=line, log="app:backend"),)
        return finding(page, "backend", where=where, at=at(5) - timedelta(hours=line))

    assert explains(seen("a", 3), seen("b", 7))
    assert not explains(seen("a", 7), seen("b", 3))


def test_the_output_of_one_job_says_nothing_of_another() -> None:
    def seen(page: str, log: str) -> Finding:
        return finding(page, where=(Where(kind="log", source="step", line=1, log=log),))

    assert explains(seen("a", "step:118/1.0"), seen("b", "step:118/2.0"))
    assert not explains(seen("a", "step:118/1.0"), seen("b", "step:119/1.0"))


def test_what_came_of_a_failed_connection_is_not_why_another_app_cannot_be_reached() -> None:
    graph = closure(
        {"policy-missing": ["connection-refused"], "connection-refused": ["scan-failed"]}
        | {"scan-failed": ["request-failed"]}
    )
    line = (Where(kind="log", source="nginx", text="refused", log="app:proxy", line=2),)
    found = [
        finding("policy-missing", "scanner", "connect", values={"source": "scanner"}),
        finding("connection-refused", "scanner", "connect", where=line),
        finding("scan-failed", "backend", "serve"),
    ]
    said = [
        Symptom(name="request-failed", title="answers with 502", app="backend"),
        Symptom(
            name="request-failed", title="cannot reach it", app="backend", destination="scanner", host="s"
        ),
    ]
    chains = Chains(found, said, graph, EDGES)
    roots = {one.page: chains.ends[index] for index, one in enumerate(chains.findings)}
    assert roots["policy-missing"] == frozenset({0})
