"""Lines that are JSON objects say the same as the lines that they carry."""

from __future__ import annotations

import pytest

from runback.logs.json_lines import as_text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        # Expo's build worker, by bunyan
        (
            '{"phase":"INSTALL","level":30,"msg":"npm error code \\"EUSAGE\\"","time":"2026-03-03","v":0}',
            'npm error code "EUSAGE"',
        ),
        (
            '{"level":50,"err":{"message":"npm ci exited with non-zero code: 1"},"time":"t"}',
            "ERROR npm ci exited with non-zero code: 1",
        ),
        # pino
        (
            '{"level":50,"time":1,"err":{"message":"connect ECONNREFUSED"},"msg":"no database"}',
            "ERROR no database: connect ECONNREFUSED",
        ),
        # structlog, with blanks; the exception is the last line of its traceback
        (
            '{"event": "a job", "level": "error", "exception": "Traceback (…):\\n  File\\nKeyError: 1"}',
            "ERROR a job: KeyError: 1",
        ),
        # zap
        ('{"level":"info","ts":1.5,"msg":"listening"}', "INFO listening"),
        # docker's json-file
        ('{"log":"Killed\\n","stream":"stderr","time":"2026-03-03T15:00:00Z"}', "Killed"),
    ],
)
def test_a_line_of_json_says_what_it_carries(line: str, words: str) -> None:
    assert as_text(f"before\n{line}\nafter\n".encode()) == f"before\n{words}\nafter\n".encode()


@pytest.mark.parametrize(
    "line",
    [
        '{"message":"Not Found","documentation_url":"https://docs.example"}',  # an answer, no log
        '{"level":"error","msg":"broken off',
        '{"level":"error","count":3,"data":{"msg":"inner"}}',
        'data: {"level":"error","msg":"x"} and more',
    ],
)
def test_other_json_stays_as_it_is(line: str) -> None:
    assert as_text(f"{line}\n".encode()) == f"{line}\n".encode()


def test_components_of_cloud_foundry_count_their_levels_otherwise_and_keep_the_error_within() -> None:
    failed = (
        b'{"timestamp":"1476379410.6","source":"vcap.gorouter","message":"backend-endpoint-failed","log_level":2,'
        b'"data":{"Host":"web.example.gov","error":"dial tcp 10.0.1.2:61002: i/o timeout"}}'
    )
    assert as_text(failed) == b"ERROR backend-endpoint-failed: dial tcp 10.0.1.2:61002: i/o timeout"
    told = b'{"timestamp":"1","source":"vcap.gorouter","message":"route-registered","log_level":1,"data":{}}'
    assert as_text(told) == b"route-registered"
