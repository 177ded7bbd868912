"""The loader refuses what pages.md does not allow, and says where and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runback.errors import ConfigurationError, UsageError
from runback.model import Cell, Gap, Outcome, Page, Row, Table, TableSchema
from runback.rules import Runbook, examples, load
from runback.rules.loading import decode, encode, read_folder
from runback.rules.patterns import nests

SCHEMAS = {
    "things": TableSchema(
        name="things",
        about="Things.",
        columns={
            "name": ("text", "its name"),
            "count": ("integer", "how many"),
            "at": ("time", "when"),
            "active": ("boolean", "whether it is on"),
        },
    )
}
PAGE = """---
id: thing-broken
title: The thing {name} is broken
stage: run
severity: error
confidence: high
since: 0.1.0
select:
  table: things
  where: {count: {gt: 3}}
leads_to: [app-down]
---
## Meaning
It is.

## Mitigation
Mend it.

## Examples
### fires: too many
```yaml
- {name: pump, count: 4}
```
```text
The thing pump is broken
```
### silent: few
```yaml
- {name: pump, count: 3}
```
### unknown: not seen
```yaml
- {name: pump, count: unknown(nobody looked)}
```
"""
SIGNATURE = """---
id: thing-cried
title: The thing cried {word}
stage: run
severity: error
confidence: high
since: 0.1.0
signatures:
  - pattern: 'cried (?P<word>\\w+)'
    not: ['cried wolf']
    sources: [app]
    provenance: 'thing 1.0, voice.c'
leads_to: [app-down]
---
## Meaning
It did.

## Mitigation
Console it.

## Examples
### fires: twice
```log
it cried out
it cried out
```
```text
The thing cried out (line 1, 2 times)
```
### silent: the look-alike
```log
it cried wolf
```
"""


def write(folder: Path, text: str, name: str = "thing-broken.md") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder


def loaded(folder: Path) -> Runbook:
    return load(SCHEMAS | _built_in_schemas(), [folder])


def _built_in_schemas() -> dict[str, TableSchema]:
    from runback.facts import SCHEMAS as real

    return dict(real)


def test_a_page_is_read_whole(tmp_path: Path) -> None:
    page = loaded(write(tmp_path, PAGE)).page("thing-broken")
    assert (page.stage, page.severity, page.confidence, page.tier) == ("run", "error", "high", "specific")
    assert page.select is not None
    assert page.select.where == {"count": {"gt": 3}}
    assert (page.meaning, page.mitigation, page.impact) == ("It is.", "Mend it.", "")
    assert [(example.outcome, example.line) for example in page.examples] == [
        ("fires", 20),
        ("silent", 27),
        ("unknown", 31),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "allowed"),
    [
        ("id: thing-broken", "id: other", 2, "is not the file's name", "thing-broken"),
        ("stage: run", "stage: running", 4, "Invalid enum value 'running'", "connect"),
        ("since: 0.1.0", "since: 0.1.0\ncolour: red", 8, "unknown field `colour`", "severity"),
        ("{gt: 3}", "{above: 3}", 10, "'above'", "not_in"),
        ("## Mitigation\nMend it.\n", "", 33, "'## Mitigation' is missing", ""),
        (
            "## Meaning\nIt is.",
            "## Mitigation\nIt is.\n\n## Meaning\nx",
            16,
            "wrong place",
            "Meaning, Impact",
        ),
        ("### silent: few", "### fires: few", 35, "no example '### silent", ""),
        ("### silent: few", "### quiet: few", 27, "not an example", "silent"),
        ("```text\n", "```\n", 20, "not ['yaml', '']", ""),
        ("severity: error", "severity: [error", 6, "is not YAML", ""),
    ],
)
def test_a_malformed_page_is_refused(
    tmp_path: Path, old: str, new: str, line: int, message: str, allowed: str
) -> None:
    assert old in PAGE
    with pytest.raises(ConfigurationError) as refused:
        loaded(write(tmp_path, PAGE.replace(old, new)))
    assert f"thing-broken.md:{line}:" in str(refused.value)
    assert message in str(refused.value)
    assert allowed in refused.value.advice


def test_a_page_selects_rows_or_sees_lines_and_not_both(tmp_path: Path) -> None:
    select = "select:\n  table: things\n  where: {count: {gt: 3}}\n"
    signatures = "signatures:\n  - {pattern: 'it broke', provenance: 'thing 1.0'}\n"
    for instead in ("", select + signatures):
        with pytest.raises(ConfigurationError, match="either a select or signatures"):
            loaded(write(tmp_path, PAGE.replace(select, instead)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("table: things", "table: thing", "unknown table 'thing'"),
        ("{count: {gt: 3}}", "{size: {gt: 3}}", "unknown column 'size'"),
        ("{count: {gt: 3}}", "{count: {gt: many}}", "takes a integer"),
        ("{count: {gt: 3}}", "{count: {in: 3}}", "takes a list"),
        ("{count: {gt: 3}}", "{name: {lt: 3}}", "needs a column that has an order"),
        ("{count: {gt: 3}}", "{active: {in: ['yes']}}", "'yes' is no boolean"),
        ("{count: {gt: 3}}", "{name: {regex: '(?=a)'}}", "look-around"),
        ("{count: {gt: 3}}", "{name: {exists: 1}}", "takes true or false"),
        ("{name} is broken", "{colour} is broken", "{colour} is no column"),
        ("leads_to: [app-down]", "leads_to: [app-dawn]", "'app-dawn', which is no page and no symptom"),
        ("leads_to: [app-down]", "leads_to: [thing-broken]", "circle: thing-broken → thing-broken"),
        ("unknown(nobody looked)", "4", None),
        ("### unknown: not seen", "### silent: not seen", "'### unknown: …' is missing"),
        ("{name: pump, count: 3}", "{name: pump, size: 3}", "'size' in the example of line 27"),
    ],
)
def test_names_that_do_not_exist_are_refused(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    assert old in PAGE
    folder = write(tmp_path, PAGE.replace(old, new))
    if message is None:  # a promise that is not kept is no load error, but a failed example
        runbook = loaded(folder)
        results = examples.run(runbook, SCHEMAS, ["thing-broken"])
        assert [result.passed for result in results] == [True, True, False]
        return
    with pytest.raises(ConfigurationError) as refused:
        loaded(folder)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a(?=b)", "look-around"),
        (r"(a)\1", "back-references"),
        ("a++", "possessive"),
        (r"a\Z", "write ^ and $"),
        ("(a", "not a regular expression"),
        ("a*", "matches the empty line"),
    ],
)
def test_patterns_beyond_the_linear_subset_are_refused(tmp_path: Path, pattern: str, message: str) -> None:
    text = SIGNATURE.replace(r"cried (?P<word>\w+)", pattern)
    with pytest.raises(ConfigurationError, match=r"thing-cried\.md:9: .*" + re.escape(message)):
        loaded(write(tmp_path, text, "thing-cried.md"))


def test_a_title_names_only_what_every_signature_fills(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"md:3: the title's \{name\}") as refused:
        loaded(write(tmp_path, SIGNATURE.replace("{word}", "{name}"), "thing-cried.md"))
    assert refused.value.advice == "Allowed: word"


def test_a_pattern_that_only_the_engine_refuses_names_its_place(tmp_path: Path) -> None:
    from io import BytesIO

    runbook = loaded(
        write(tmp_path, SIGNATURE.replace("cried (?P<word>", r"a\ba(?P<word>"), "thing-cried.md")
    )
    with pytest.raises(ConfigurationError, match=r"thing-cried\.md:9: the engine refuses"):
        runbook.signatures.sightings(BytesIO(b"x"))


def test_a_teams_pattern_takes_linear_time(tmp_path: Path) -> None:
    from io import BytesIO

    text = SIGNATURE.replace("cried (?P<word>", r"(?:x+x+)+y|cried (?P<word>")
    runbook = loaded(write(tmp_path, text, "thing-cried.md"))
    line = b"x" * 5000 + b" cried help\n"  # `re` would try each way to cut the first word in pieces
    (seen,) = [one for one in runbook.signatures.sightings(BytesIO(line)) if one.page.id == "thing-cried"]
    assert seen.values == {"word": "help"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("(a+)+", True),
        ("(?:x+x+)+y", True),
        ("(?P<name>a|aa)*b", True),
        ("((a+)b)*", True),
        ("(a+){2,}", True),
        ("a+b*[+*]+", False),
        (r"(a\+)+", False),
        ("(ab)+(c+)", False),
        ("(?P<name>[^:]+): (?P<text>.+)", False),
        ("(a+)?", False),
    ],
)
def test_a_repeat_within_a_repeat_is_seen(pattern: str, expected: bool) -> None:
    assert nests(pattern) is expected


def test_a_teams_page_replaces_ours_and_that_is_said(tmp_path: Path) -> None:
    text = SIGNATURE.replace("thing-cried", "job-failed")
    runbook = loaded(write(tmp_path, text, "job-failed.md"))
    assert runbook.page("job-failed").title == "The thing cried {word}"
    assert runbook.shadowed == (
        f"{tmp_path}/job-failed.md replaces the page job-failed of runbook/ci/job-failed.md",
    )


def test_a_page_leads_to_what_the_pages_that_it_leads_to_lead_to(tmp_path: Path) -> None:
    cries = SIGNATURE.replace("leads_to: [app-down]", "leads_to: [thing-broken]")
    runbook = Runbook(read_folder(write(write(tmp_path, PAGE), cries, "thing-cried.md"), "team"))
    assert runbook.leads("thing-cried", "thing-broken")
    assert runbook.leads("thing-cried", "app-down")
    assert not runbook.leads("thing-broken", "thing-cried")
    assert not runbook.leads("thing-cried", "thing-cried")
    assert not runbook.leads("no-such-page", "app-down")


def test_an_unknown_page_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as unknown:
        loaded(write(tmp_path, PAGE)).page("thing-brokn")
    assert "thing-broken" in unknown.value.advice


def test_the_index_holds_the_pages_unchanged(tmp_path: Path) -> None:
    pages = read_folder(write(write(tmp_path, PAGE), SIGNATURE, "thing-cried.md"), "runbook")
    assert decode(encode(pages)) == pages


def test_one_command_rewrites_the_expected_texts(tmp_path: Path) -> None:
    folder = tmp_path / "team"
    wrong = PAGE.replace("The thing pump is broken\n", "something else\n")
    write(
        write(folder, wrong),
        SIGNATURE.replace("```text\nThe thing cried out (line 1, 2 times)\n```\n", ""),
        "thing-cried.md",
    )

    def results() -> tuple[examples.ExampleResult, ...]:
        return examples.run(Runbook(read_folder(folder, "team")), SCHEMAS)

    assert sum(not result.passed for result in results()) == 2
    assert len(examples.rewrite(results(), tmp_path)) == 2
    assert (folder / "thing-broken.md").read_text() == PAGE
    assert (folder / "thing-cried.md").read_text() == SIGNATURE
    assert all(result.passed for result in results())


# --- select: three-valued -------------------------------------------------------------------------


def outcome(page: Page, *rows: dict[str, Cell]) -> Outcome:
    blank: dict[str, Cell] = {"name": "pump", "count": 0, "at": None, "active": None}
    table = Table(name="things", rows=tuple(Row(cells=blank | row) for row in rows))
    return Runbook([page]).outcomes({"things": table})[0]


def page_where(tmp_path: Path, where: str) -> Page:
    return loaded(write(tmp_path, PAGE.replace("{count: {gt: 3}}", where))).page("thing-broken")


@pytest.mark.parametrize(
    ("where", "row", "fires"),
    [
        ("{count: {gt: 3}}", {"count": 4}, True),
        ("{count: {gt: 3}}", {"count": None}, False),
        ("{count: {lt: 3}}", {"count": 2}, True),
        ("{count: {gt: 1, lt: 3}}", {"count": 3}, False),
        ("{name: {in: [pump, tap]}}", {}, True),
        ("{name: {in: [null]}}", {"name": None}, True),
        ("{name: {not_in: [tap]}}", {"name": None}, True),
        ("{name: {regex: '^pu'}}", {}, True),
        ("{name: {regex: '^mp'}}", {}, False),
        ("{name: {exists: true}}", {"name": None}, False),
        ("{at: {lt: '2026-01-02T00:00:00Z'}}", {"at": "2026-01-01T23:00:00Z"}, True),
        ("{active: {in: [true]}}", {"active": True}, True),
        ("{count: {in: [1]}}", {"count": True}, False),
    ],
)
def test_operators(tmp_path: Path, where: str, row: dict[str, Cell], fires: bool) -> None:
    said = outcome(page_where(tmp_path, where), row)
    assert bool(said.findings) == fires
    assert not said.unknown
    assert fires or said.because == "1 row of things looked at"


def test_a_gap_makes_its_row_unknown_unless_another_column_settles_it(tmp_path: Path) -> None:
    page = page_where(tmp_path, "{count: {gt: 3}, name: {in: [pump]}}")
    gap = Gap(what="count", reason="403")
    assert outcome(page, {"count": gap}).unknown == ("count: 403",)
    assert outcome(page, {"count": gap, "name": "tap"}).unknown == ()
    both = outcome(page, {"count": gap}, {"count": 4})
    assert (len(both.findings), both.unknown) == (1, ("count: 403",))


def test_a_table_that_could_not_be_had_is_unknown(tmp_path: Path) -> None:
    page = page_where(tmp_path, "{count: {gt: 3}}")
    said = Runbook([page]).outcomes({"things": Gap(what="things", reason="the API is down")})[0]
    assert said.unknown == ("things: the API is down",)
