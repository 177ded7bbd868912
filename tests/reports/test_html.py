from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from reports.samples import AT, COMMAND, DIAGNOSIS, HOSTILE, POLICY, finding
from runback.model import (
    Cause,
    Compared,
    Comparison,
    Diagnosis,
    Edge,
    Excerpt,
    Gap,
    LogRate,
    Moment,
    Node,
    Page,
    Plan,
    PlanStep,
    Timeline,
    Views,
    Where,
)
from runback.reports import html

VIEWS = Views(
    excerpts=(
        Excerpt(
            log="app:nginx",
            source="tdp-clamav-nginx-dev APP/PROC/WEB/0",
            first=9,
            lines=("GET /", "POST /scan", "before", "connect() failed (111)", "after"),
            hits=(12,),
        ),
    ),
    timeline=Timeline(
        since=AT,
        until=AT + timedelta(minutes=30),
        moments=(
            Moment(
                lane="CI",
                kind="job",
                title="deploy-dev",
                health="good",
                at=AT,
                until=AT + timedelta(minutes=4),
            ),
            Moment(
                lane="backend",
                kind="revision",
                title="revision 5: new droplet",
                health="good",
                at=AT + timedelta(minutes=5),
            ),
            Moment(
                lane="backend",
                kind="crash",
                title="Exited with status 3",
                health="bad",
                at=AT + timedelta(minutes=6),
            ),
            Moment(
                lane="backend",
                kind="crash",
                title="Exited with status 3",
                health="bad",
                at=AT + timedelta(minutes=8),
            ),
        ),
        rates=(LogRate(app="backend", first=AT, seconds=60, counts=(0, 3, 9)),),
    ),
    nodes=(
        Node(name="nginx", kind="app", health="good"),
        Node(name="clamav-rest", kind="app", health="bad", says="stopped"),
    ),
    edges=(
        Edge(
            source="nginx",
            destination="clamav-rest",
            label="tcp 9000",
            health="bad",
            says="no network policy",
        ),
    ),
    comparisons=(
        Comparison(
            app="backend",
            peers=("backend-a", "backend-b"),
            rows=(
                Compared(
                    subject="variable",
                    name="JWT_KEY",
                    expected="deploy.sh:42",
                    wanted="set",
                    actual="missing",
                    peers=("set", Gap(what="environment of backend-b", reason="403")),
                    remark="1 of 2 peers have it",
                ),
                Compared(subject="service", name="db-*", actual="bound", peers=("bound", "bound")),
            ),
        ),
    ),
    collected_at=AT + timedelta(minutes=30),
)
LINE = Where(kind="log", source="nginx", line=12, text="connect() failed (111)", log="app:nginx")
SEEN: Diagnosis = replace(DIAGNOSIS, views=VIEWS)
PAGE = Page(
    id="policy-missing",
    title="No policy from {source}",
    stage="connect",
    severity="error",
    confidence="high",
    since="0.1.0",
    meaning="Apps are **closed** to each other. <script>alert(1)</script> [x](javascript:alert(1))",
    mitigation="Add one.",
)


class Reader(HTMLParser):
    """Tags, attributes and visible text, as a browser would build them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    def attributes(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def hostile() -> Diagnosis:
    """A hostile text wherever text from outside can stand, in findings, plans and views."""
    place = Where(kind="log", source=HOSTILE, line=1, text=HOSTILE, url="javascript:alert(1)", log="x")
    step = PlanStep(sentence=HOSTILE, command=HOSTILE, changes=HOSTILE, needs=HOSTILE, undo=HOSTILE)
    cause = Cause(
        finding=replace(POLICY, title=HOSTILE, where=(place,)),
        rank=1,
        chain=(finding("x", HOSTILE, HOSTILE),),
        plans=(Plan(remedy="r", sentence=HOSTILE, safe=False, blocked=HOSTILE, steps=(step,)),),
    )
    moments = tuple(
        Moment(lane=HOSTILE, kind=kind, title=HOSTILE, health="bad", at=AT, url='https://x/"><script>')
        for kind in ("pipeline", "job", "build", "deployment", "revision", "crash")
    )
    views = Views(
        excerpts=(Excerpt(log="x", source=HOSTILE, first=1, lines=(HOSTILE,), hits=(1,)),),
        timeline=Timeline(
            since=AT,
            until=AT,
            moments=moments,
            rates=(LogRate(app=HOSTILE, first=AT, seconds=1, counts=(1,)),),
        ),
        nodes=(
            Node(name=HOSTILE, kind="app", health="bad", says=HOSTILE),
            Node(name="b", kind="service", health="bad"),
        ),
        edges=(Edge(source=HOSTILE, destination="b", label=HOSTILE, health="bad", says=HOSTILE),),
        comparisons=(
            Comparison(
                app=HOSTILE,
                peers=(HOSTILE,),
                rows=(
                    Compared(
                        subject="route",
                        name=HOSTILE,
                        expected=HOSTILE,
                        actual=HOSTILE,
                        peers=(HOSTILE,),
                        remark=HOSTILE,
                    ),
                ),
                unknown=(Gap(what=HOSTILE, reason=HOSTILE),),
            ),
        ),
    )
    changed: Diagnosis = replace(
        DIAGNOSIS, sentence=HOSTILE, causes=(cause,), notices=(finding("y", HOSTILE, HOSTILE),), views=views
    )
    return changed


def test_the_report_says_all_that_was_found() -> None:
    said = Reader(html.render_diagnosis(SEEN)).text
    for part in (
        SEEN.sentence,
        POLICY.title,
        COMMAND,
        "Virus scans of tdp-backend-raft fail",
        "app-stopped",
        "all 5 apps are started",
        "the token may not read the environment",
        "A setting is deprecated",
    ):
        assert part in said


def test_a_proof_stands_among_its_neighbours_with_line_numbers() -> None:
    cause = replace(SEEN.causes[0], finding=replace(POLICY, where=(LINE,)))
    text = html.render_diagnosis(replace(SEEN, causes=(cause,)))
    assert re.search(r'line hit"><span class="number">12</span><mark>connect\(\) failed', text)
    assert re.search(r'"line"><span class="number">13</span><span>after', text)


def test_map_and_timeline_show_the_break_in_shape_and_words() -> None:
    text = html.render_diagnosis(SEEN)
    assert 'class="way bad"' in text
    assert 'aria-label="Map of 2 places. Broken: nginx to clamav-rest: no network policy"' in text
    assert text.count('class="crash bad"') == 2
    assert "Exited with status 3 (2 times, last 14:10:00)" in text


def test_an_app_stands_beside_its_peers() -> None:
    said = Reader(html.render_diagnosis(SEEN)).text
    row = "JWT_KEY missing set 1 set, 1 unknown 1 of 2 peers have it deploy.sh:42"
    assert row in " ".join(said.split())
    assert "1 as they should be" in said
    assert "db-* bound all bound" in " ".join(said.split())


def test_a_healthy_report_has_no_empty_parts() -> None:
    healthy = Diagnosis(target=DIAGNOSIS.target, verdict="healthy", sentence="All is well.")
    said = Reader(html.render_diagnosis(healthy)).text
    assert "All is well." in said
    assert "Where it breaks" not in said
    assert "None" not in said


@pytest.mark.parametrize("diagnosis", [SEEN, hostile()])
def test_the_file_is_whole_and_asks_for_nothing(diagnosis: Diagnosis) -> None:
    read = Reader(html.render_diagnosis(diagnosis, [PAGE]))
    assert read.unbalanced == []
    assert [tag for tag, _ in read.tags if tag in ("link", "img", "iframe", "object", "base", "form")] == []
    assert read.attributes("src") == []
    assert read.attributes("style") == []
    names = {name for _, attributes in read.tags for name in attributes}
    assert [name for name in names if name.startswith("on")] == []
    assert all(re.match(r"#|https://", link) for link in read.attributes("href"))


def test_the_policy_allows_the_style_and_the_script_that_are_in_the_file_alone() -> None:
    text = html.render_diagnosis(hostile(), [PAGE])
    policy = next(a for a in Reader(text).attributes("content") if a.startswith("default-src"))
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_hostile_text_can_only_be_read() -> None:
    text = html.render_diagnosis(hostile(), [PAGE])
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "<script>alert" not in text
    assert "javascript:" not in re.sub(r"\[x\]\(javascript", "", "".join(Reader(text).attributes("href")))
    assert "<script>alert(1)</script>" in Reader(text).text  # it is there to be read


def test_a_line_of_ten_megabytes_does_not_make_a_file_of_ten_megabytes() -> None:
    long = finding("x", "A" * 10_000_000, "B" * 10_000_000)
    assert len(html.render_diagnosis(replace(SEEN, causes=(Cause(finding=long, rank=1),)))) < 200_000


def test_a_command_is_whole_and_keeps_its_lines() -> None:
    command = "cf curl /v3/apps -d '" + "x" * 5_000 + "'\ncf restart app"
    plan = Plan(remedy="r", sentence="s", safe=True, steps=(PlanStep(sentence="s", command=command),))
    text = html.render_diagnosis(replace(SEEN, causes=(replace(SEEN.causes[0], plans=(plan,)),)))
    assert command in Reader(text).text


def test_each_link_inside_the_report_leads_somewhere() -> None:
    read = Reader(html.render_diagnosis(SEEN, [PAGE]))
    targets = {link[1:] for link in read.attributes("href") if link.startswith("#")}
    assert "page-policy-missing" in targets
    assert targets <= set(read.attributes("id"))
    assert len(read.attributes("id")) == len(set(read.attributes("id")))


def test_a_page_is_explained_in_its_own_words() -> None:
    text = html.render_diagnosis(SEEN, [PAGE])
    assert "<strong>closed</strong>" in text
    assert "No policy from ‹source›" in text
    assert "runback explain policy-missing" in text


def test_the_same_diagnosis_gives_the_same_file() -> None:
    assert html.render_diagnosis(SEEN, [PAGE]) == html.render_diagnosis(SEEN, [PAGE])
