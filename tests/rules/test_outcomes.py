"""What pages with signatures say of logs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runback.facts import SCHEMAS
from runback.model import Finding, Log, LogKind, LogText, Outcome
from runback.rules import load
from runback.rules.signatures import DIFFERENT, PARSED_BLOCKS

RUNBOOK = load(SCHEMAS)
REFUSED = "urllib3: HTTPConnectionPool(host='clamav', port=9000): Connection refused\n"


def log(
    text: str,
    *,
    kind: LogKind = "app",
    app: str | None = "backend",
    id: str = "one",
    times: tuple[int, ...] = (),
) -> Log:
    return Log(
        id=id,
        kind=kind,
        name=f"log {id}",
        text=LogText(text.encode()),
        app=app,
        times=times,
        url="https://ci/1",
    )


def outcome(page: str, *logs: Log, missing: dict[LogKind, str] | None = None) -> Outcome:
    return next(one for one in RUNBOOK.outcomes({}, logs, missing) if one.page == page)


def only(page: str, *logs: Log) -> Finding:
    (finding,) = outcome(page, *logs).findings
    return finding


def test_a_finding_says_where_when_and_how_often() -> None:
    times = (1_772_550_000_000_000_000, 1_772_550_001_500_000_000, 1_772_550_002_000_000_000)
    finding = only("connection-refused", log("start\n" + REFUSED + REFUSED, times=times))
    assert finding.title == "Connection refused by clamav:9000"
    assert (finding.app, finding.count) == ("backend", 2)
    assert finding.at == datetime(2026, 3, 3, 15, 0, 1, 500_000, tzinfo=UTC)
    assert finding.until == datetime(2026, 3, 3, 15, 0, 2, tzinfo=UTC)
    assert finding.values == {"destination": "clamav:9000", "host": "clamav", "port": 9000}
    (where,) = finding.where
    assert (where.kind, where.source, where.line, where.text) == ("log", "log one", 2, REFUSED.rstrip("\n"))
    assert (where.log, where.url) == ("one", "https://ci/1")


def test_instances_of_one_app_are_one_finding_and_apps_are_not_mixed() -> None:
    late, early = 1_772_550_002_000_000_000, 1_772_550_001_000_000_000
    logs = [
        log(REFUSED, id="0", times=(late,)),
        log(REFUSED, id="1", times=(early,)),
        log(REFUSED, id="2", app="celery"),
    ]
    backend, celery = outcome("connection-refused", *logs).findings
    assert (backend.app, backend.count, [where.log for where in backend.where]) == ("backend", 2, ["1", "0"])
    assert celery.app == "celery"


def test_a_signature_looks_only_where_its_program_writes() -> None:
    assert not outcome("connection-refused", log(REFUSED, kind="router")).findings
    assert only("connection-refused", log(REFUSED, kind="input", app=None)).app is None


def test_silence_says_where_was_looked() -> None:
    assert (
        outcome("git-secrets-hit", log("fine\n", kind="step")).because == "no line in the step logs says so"
    )
    assert outcome("git-secrets-hit", log("fine\n", kind="cell")).because == "there is no log to look at"


def test_logs_that_could_not_be_read_are_not_silence() -> None:
    said = outcome("git-secrets-hit", missing={"step": "404: the output has expired"})
    assert said.unknown == ("404: the output has expired",)
    assert outcome("virus-scan-failed", missing={"step": "404"}).unknown == ()


@pytest.mark.parametrize("echo", ["+ ", "++ ", "+", "$ ", "> ", "# "])
def test_what_a_shell_echoes_is_no_message(echo: str) -> None:
    assert not outcome("connection-refused", log(echo + REFUSED)).findings


def test_colours_and_compose_prefixes_are_not_in_the_way() -> None:
    lines = (
        "\x1b[31mTraceback (most recent call last):\x1b[0m",
        '  File "/app/x.py", line 3, in f',
        "KeyError: 'A'",
    )
    text = "".join(f"web-1  | {line}\n" for line in lines)
    finding = only("python-exception", log(text, kind="step"))
    assert finding.title == "KeyError: 'A' (/app/x.py, line 3)"
    assert finding.where[0].line == 3


def test_a_traceback_that_ends_in_a_line_of_another_page_is_that_pages() -> None:
    frame = '  File "/app/x.py", line 3, in f'
    text = f"Traceback (most recent call last):\n{frame}\nrequests.ConnectionError: {REFUSED}"
    assert only("connection-refused", log(text)).where[0].line == 3
    assert not outcome("python-exception", log(text)).findings


def test_a_block_that_crosses_a_chunk_is_whole() -> None:
    frames = "".join(
        f'  File "/app/m{number}.py", line {number}, in f\n    call()\n' for number in range(1, 400)
    )
    traceback = f"Traceback (most recent call last):\n{frames}ValueError: deep\n"
    for shift in range(0, len(traceback), 3001):
        filler = "x" * 99 + "\n"
        before = filler * ((1024 * 1024 - shift) // 100)
        finding = only("python-exception", log(before + traceback + filler * 9000))
        assert finding.title == "ValueError: deep (/app/m399.py, line 399)"
        assert finding.where[0].line == before.count("\n") + traceback.count("\n")


def test_what_is_left_out_of_a_log_is_said() -> None:
    trace = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x()\nValueError: {}\n'
    )
    some = outcome("python-exception", log("".join(trace.format(number) for number in range(DIFFERENT))))
    assert (len(some.findings), some.unknown) == (DIFFERENT, ())
    many = outcome("python-exception", log("".join(trace.format(number) for number in range(DIFFERENT + 1))))
    assert many.unknown == ("log one: only 200 different findings are listed; the others are counted",)
    assert sum(finding.count for finding in many.findings) == DIFFERENT + 1
    too_many = outcome("python-exception", log(trace.format("same") * (PARSED_BLOCKS + 1)))
    assert too_many.findings[0].count == PARSED_BLOCKS
    assert too_many.unknown == ("log one: only the first 500 places that look like it were read",)
