"""Stack traces: what real interpreters print (tests/logs/traces), within the noise of a log.

The recordings are of CPython 3.11, Node 20, Ruby 3.1, PHP 8.2 and OpenJDK 17; Go's follows its runtime.
"""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from runback.lab import recordings
from runback.logs.traces import Trace, traces
from runback.model import LogText

RECORDED = Path(__file__).parent / "traces"
# Language → innermost cause, the team's own innermost frame, and with what the program ended.
EXPECTED = {
    "python": ("json.decoder.JSONDecodeError", ("p.py", 3, "load"), "RuntimeError: settings are broken"),
    "node": ("Error", ("a.js", 2, "load"), "Error: settings are missing"),
    "ruby": ("JSON::ParserError", ("a.rb", 3, "load_it"), "ArgumentError: settings are broken"),
    "php": ("RuntimeException", ("a.php", 2, ""), "LogicException: cannot start"),
    "java": (
        "java.lang.IllegalStateException",
        ("A.java", 3, "A.load"),
        "java.lang.RuntimeException: cannot start",
    ),
    "go": ("panic", ("cmd/reports/quarter.go", 11, "main.quarter"), ""),
}


def recorded(name: str) -> list[str]:
    return (RECORDED / f"{name}.txt").read_text("utf-8").splitlines()


def read(lines: list[str]) -> list[Trace]:
    return list(traces(LogText("\n".join(lines).encode())))


def only(lines: list[str]) -> Trace:
    (found,) = read(lines)
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_the_innermost_cause_and_the_first_own_frame(name: str) -> None:
    lines = ["GET /healthz/ 200", *recorded(name), "GET /healthz/ 200"]
    found = only(lines)
    exception, place, outer = EXPECTED[name]
    assert found.exception == exception
    assert found.own is not None
    assert (found.own.shown, found.own.line, found.own.function) == place
    assert found.outer == outer
    assert found.exception in lines[found.line - 1]
    assert 1 < found.first <= found.line <= found.last < len(lines)


EXPORTERS = {
    "java": ("java.lang.NumberFormatException", "Settings.java", 13),
    "ruby": ("ArgumentError", "settings.rb", 14),
    "php": ("InvalidArgumentException", "settings.php", 25),
    "node": ("SyntaxError", "settings.js", 4),
    "go": ("panic", "exporter/settings/settings.go", 31),
}


@pytest.mark.parametrize("name", EXPORTERS)
def test_what_the_exporters_of_the_lab_print(name: str) -> None:
    text = recordings.read(f"exporter-{name}-failed")
    found = only(["exporter: nothing to export", *text.splitlines(), "Exit status 1"])
    assert found.own is not None
    assert (found.exception, found.own.shown, found.own.line) == EXPORTERS[name]


def test_a_library_without_own_code_on_the_way_names_its_own_place() -> None:
    lines = [
        "Error: connect ECONNREFUSED 127.0.0.1:5432",
        "    at TCPConnectWrap.afterConnect (node:net:1607:16)",
    ]
    found = only(lines)
    assert found.own is None
    assert found.place is not None
    assert found.place.file == "node:net"


def test_traces_that_follow_each_other_are_two() -> None:
    found = read(recorded("python") + recorded("python") + recorded("java"))
    assert [trace.language for trace in found] == ["python", "python", "java"]
    assert found[0].key == found[1].key != found[2].key


def test_numbers_in_a_message_do_not_make_another_trace() -> None:
    one, other = (
        only([f"Error: user {n} not found", "    at find (/home/vcap/app/users.js:4:9)"]) for n in (17, 2345)
    )
    assert one.key == other.key


def test_a_trace_that_a_logger_wrote_into_one_line() -> None:
    for name in ("python", "node", "java"):
        line = json.dumps({"level": "error", "message": "\n".join(recorded(name))})
        assert only(["up", line]).exception == EXPECTED[name][0]
        assert only(["up", line]).line == 2


def test_what_frameworks_print() -> None:
    rails = ["NoMethodError (undefined method `id' for nil):", "", "app/models/report.rb:12:in `due'"]
    laravel = [
        'production.ERROR: no {"exception":"[object] (App\\\\Gone(code: 0): no at /home/vcap/app/a.php:7)',
        "[stacktrace]",
        "#0 /home/vcap/app/vendor/x.php(3): call()",
    ]
    served = [
        "2026/03/03 14:00:00 http: panic serving 10.0.0.1:80: boom",
        "goroutine 7 [running]:",
        "main.handle({0x1, 0x2})",
        "\t/home/vcap/app/main.go:9 +0x1",
    ]
    assert [(only(lines).exception, only(lines).own.line) for lines in (rails, laravel, served)] == [  # type: ignore[union-attr]
        ("NoMethodError", 12),
        ("App\\\\Gone", 7),
        ("panic", 9),
    ]


def test_what_is_no_trace() -> None:
    prose = [
        "at (/home/vcap) we meet",
        "panic: keep calm",
        "Error: no",
        "Traceback (most recent call last):",
        "",
        "x",
    ]
    assert read(prose) == []


def test_hostile_lines_are_no_work() -> None:
    hostile = [
        "   at " + "(/" * 200_000,
        ":1:in `" + "a' :1:in `" * 50_000,
        "PHP Fatal error:  Uncaught " + "\\" * 200_000,
        "Traceback (most recent call last):\\n" + '\\n  File "' * 60_000,
        "panic: " + "panic: " * 50_000,
        *["\tat a.b.C(" for _ in range(1000)],
    ]
    assert read(hostile) == []


def test_a_long_log_is_flat_in_memory(tmp_path: Path) -> None:
    spool = tmp_path / "log"
    with spool.open("w", encoding="utf-8") as file:
        file.writelines(f"GET /{number} 200\n" for number in range(200_000))
        file.writelines(f"{line}\n" for line in recorded("python"))
    tracemalloc.start()
    found = list(traces(LogText(spool)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [trace.first for trace in found] == [200_001]
    assert peak < 4 << 20
