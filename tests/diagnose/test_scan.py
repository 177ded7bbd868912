"""scan: a plain log in, its cause line out."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from runback.diagnose.scan import scan, scan_files
from runback.errors import InputError
from runback.facts import SCHEMAS
from runback.model import Scan
from runback.rules import load

RUNBOOK = load(SCHEMAS)
TRACEBACK = """Traceback (most recent call last):
  File "/home/vcap/app/portal/settings.py", line 10, in <module>
    JWT_KEY = os.environ["JWT_KEY"]
KeyError: 'JWT_KEY'
"""
REFUSED = "requests: HTTPConnectionPool(host='scanner', port=9000): Connection refused\n"
GREEN = "collecting 12 packages in 3.4s\ninstalling abc1234\nall good\n"


def of(text: str, *green: str) -> Scan:
    against = [(f"green{number}", BytesIO(one.encode())) for number, one in enumerate(green)]
    return scan([("red", BytesIO(text.encode()))], RUNBOOK, against)


def causes(result: Scan) -> list[tuple[str, int | None]]:
    return [(cause.finding.page, cause.finding.where[0].line) for cause in result.causes]


def test_the_cause_comes_before_what_it_led_to() -> None:
    result = of("ok\n" + REFUSED * 3 + "ERROR Virus scan failed for file a: HTTP 502\n" + "FAILED\n")
    assert causes(result) == [("connection-refused", 2)]
    (cause,) = result.causes
    assert cause.finding.count == 3
    assert [finding.page for finding in cause.chain] == ["virus-scan-failed"]
    assert cause.explains == ("virus-scan-failed", "failure")
    assert (result.verdict, result.lines) == ("failed", 6)
    assert [(symptom.name, symptom.where[0].line) for symptom in result.symptoms] == [("failure", 6)]


def test_later_never_explains_earlier() -> None:
    result = of("ERROR Virus scan failed for file a: HTTP 502\n" + REFUSED + "FAILED\n")
    assert all("virus-scan-failed" not in cause.explains for cause in result.causes)
    assert result.causes[0].finding.page == "virus-scan-failed"


def test_the_verdict_of_a_platform_is_a_symptom_and_no_cause() -> None:
    end = "Exited with code exit status 1\nCircleCI received exit code 1\n"
    result = of("doing\n" + end)
    assert (result.verdict, result.causes) == ("unknown", ())
    assert result.symptoms[0].where[0].line == 3
    assert causes(of(TRACEBACK + end)) == [("python-exception", 4)]


TRAVIS = """$ ./prepare
{prepare}
$ make test
{test}
The command "make test" exited with {status}.
$ make lint
{lint}
The command "make lint" exited with 0.

Done. Your build exited with {status}.
"""
GITHUB = """2026-03-03T15:00:00.1000000Z ##[group]Run make prepare
2026-03-03T15:00:00.1000000Z make prepare || echo "Connection refused by {echo}"
2026-03-03T15:00:00.1000000Z ##[endgroup]
2026-03-03T15:00:01.1000000Z {prepare}
2026-03-03T15:00:02.1000000Z ##[group]Run make test
2026-03-03T15:00:02.1000000Z ##[endgroup]
2026-03-03T15:00:03.1000000Z {test}
2026-03-03T15:00:04.1000000Z {end}
2026-03-03T15:00:05.1000000Z Post job cleanup.
"""
OTHER = "No space left on device"


def test_only_the_command_that_failed_has_a_cause() -> None:
    noise = REFUSED.strip()
    failed = TRAVIS.format(prepare=noise, test=f"write x: {OTHER}", lint=noise, status=1)
    assert causes(of(failed)) == [("disk-full", 4)]
    passed = TRAVIS.format(prepare=noise, test=f"write x: {OTHER}", lint=noise, status=0)
    assert of(passed).verdict == "healthy"


def test_a_command_that_passed_when_tried_again_is_no_cause() -> None:
    text = (
        f'$ npm ci\n{REFUSED}The command "eval npm ci" failed. Retrying, 2 of 3.\nadded 3 packages in 2s\n'
        f'$ make\nwrite x: {OTHER}\nThe command "make" exited with 2.\nDone. Your build exited with 1.\n'
    )
    assert causes(of(text)) == [("disk-full", 6)]


def test_steps_of_github() -> None:
    noise = REFUSED.strip()
    end = "##[error]Process completed with exit code 2."
    failed = GITHUB.format(prepare=noise, echo="x:1", test=f"write x: {OTHER}", end=end)
    assert causes(of(failed)) == [("disk-full", 7)]
    passed = GITHUB.format(prepare=noise, echo="x:1", test=f"write x: {OTHER}", end="")
    assert of(passed).verdict == "healthy"
    echoed = GITHUB.format(prepare="ok", echo="x:1", test="strange", end=end)
    assert (of(echoed).verdict, of(echoed).causes) == ("unknown", ())


def test_a_traceback_among_the_lines_of_another_instance() -> None:
    own, other = TRACEBACK.splitlines(), ["GET / 200", "GET /a 200", "GET /b 200", "GET /c 200"]
    mixed = "".join(
        f"   2026-03-03T15:00:0{at}.00+0000 [APP/PROC/WEB/{instance}] ERR {line}\n"
        for at, pair in enumerate(zip(own, other, strict=True))
        for instance, line in enumerate(pair)
    )
    assert causes(of(mixed)) == [("python-exception", 7)]


def test_what_a_passing_test_prints_is_no_cause() -> None:
    tests = f"test_scan (tests.Scan) ... {REFUSED}ok\n{TRACEBACK}Ran 9 tests in 0.2s\n\nOK\n"
    end = "write x: No space left on device\nExited with code exit status 1\n"
    assert causes(of(tests + end)) == [("disk-full", 10)]
    assert of(tests).verdict == "healthy"


def test_one_attempt_of_several_is_no_cause() -> None:
    text = "attempt 1 failed: connect ECONNREFUSED 127.0.0.1:5432\nconnected\n"
    assert causes(of(text + "write x: No space left on device\nExited with code exit status 1\n")) == [
        ("disk-full", 3)
    ]


def test_several_secrets_of_one_run_are_one_cause() -> None:
    text = (
        "a/settings.py:3:KEY = 'AKIA…'\nb/deploy.sh:7:KEY='AKIA…'\n\n"
        "[ERROR] Matched one or more prohibited patterns\nExited with code exit status 1\n"
    )
    (cause,) = of(text).causes
    assert (cause.finding.page, cause.finding.count) == ("git-secrets-hit", 2)
    assert [where.line for where in cause.finding.where] == [1, 2]


def test_more_different_findings_than_are_kept_is_said() -> None:
    text = "".join(f"HTTPConnectionPool(host='h{n}', port=1): Connection refused\n" for n in range(205))
    result = of(text + "Exited with code exit status 1\n")
    assert sum(cause.finding.count for cause in result.causes) == 205
    assert "Of connection-refused only 200 different findings are listed" in result.sentence


@pytest.mark.parametrize(
    "quotation",
    [
        "+ grep -r 'x: No space left on device' logs",
        "$ echo write x: No space left on device",
        "#12 [4/7] RUN grep 'No space left on device' log",
        "ERROR [2/8] RUN grep 'write x: No space left on device' log",
        "src/retry.py:14:    # write x: No space left on device",
        "  ✓ says 'write x: No space left on device' to the user (12 ms)",
        "tests/test_disk.py::test_write[x: No space left on device] PASSED [ 50%]",
        "test_write (x: No space left on device) ... ok",
        "test_write (x: No space left on device) ... expected failure",
        "ok 12 - write x: No space left on device",
        "--- PASS: TestWrite (write x: No space left on device)",
        "HEAD is now at 1a2b3c4 write x: No space left on device",
        "1a2b3c4 Retry on write x: No space left on device",
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-write x: No space left on device\n+ok",
        "(expected) write x: No space left on device",
    ],
)
def test_what_is_quoted_is_not_said(quotation: str) -> None:
    result = of(f"{quotation}\nstrange\nExited with code exit status 1\n")
    assert (result.verdict, result.causes, result.notices) == ("unknown", (), ())


def test_what_a_failed_test_prints_is_no_second_cause() -> None:
    text = (
        "============================= test session starts ==============================\n"
        "=================================== FAILURES ===================================\n"
        "_________________________________ test_start ___________________________________\n"
        "E   AssertionError: assert 1 == 2\n\n"
        "tests/test_start.py:4: AssertionError\n"
        "------------------------------ Captured log call -------------------------------\n"
        f"{TRACEBACK}"
        "=========================== short test summary info ============================\n"
        "FAILED tests/test_start.py::test_start - AssertionError: assert 1 == 2\n"
        "========================= 1 failed, 2 passed in 0.18s ==========================\n"
    )
    assert causes(of(text)) == [("test-failed", 4)]


@pytest.mark.parametrize(
    "text",
    [
        GREEN,
        "=== 9 passed in 0.15s ===\n",
        "0 errors, 3 warnings\nerrors: 0\n" + GREEN,
        "ERROR: pip's dependency resolver …\n" + "line\n" * 100 + "CircleCI received exit code 0\n",
        REFUSED
        + 'retrying\nconnected\nThe command "make" exited with 0.\n\nDone. Your build exited with 0.\n',
        "╷\n│ Error: deleting Listener (arn:1): ResourceInUse\n│ \n╵\n"
        "aws_lb.alb: Destroying... [id=1]\nDestroy complete! Resources: 9 destroyed.\n",
    ],
)
def test_a_healthy_log_is_healthy(text: str) -> None:
    result = of(text)
    assert (result.verdict, result.causes, result.symptoms) == ("healthy", (), ())


def test_an_unknown_failure_is_said_to_be_unknown() -> None:
    result = of("building\nfrobnicator: the gizmo has no flux\nmake: *** [Makefile:3: all] Error 2\n")
    assert (result.verdict, result.causes) == ("unknown", ())
    assert result.symptoms[0].where[0].line == 3
    assert "no page of the runbook knows why" in result.sentence


def test_lines_that_successful_logs_never_print_are_told_apart() -> None:
    red = "collecting 15 packages in 9.1s\nfrobnicator: error: no flux\ninstalling ffe9999\nBUILD FAILED\n"
    result = of(red, GREEN)
    assert causes(result) == [("unexplained-error", 2)]
    (block,) = result.novel
    assert (block.first, block.last) == (2, 4)
    assert "frobnicator: error: no flux" in block.text
    assert "collecting" not in block.text


def test_a_failure_that_no_page_knows_names_its_likeliest_line_at_low_confidence() -> None:
    red = "building\nfrobnicator: error: no flux\nmake: *** [Makefile:3: all] Error 2\n"
    (cause,) = of(red).causes
    assert (cause.finding.page, cause.finding.title) == ("unexplained-error", "frobnicator: error: no flux")
    assert (cause.finding.confidence, cause.finding.where[0].line) == ("low", 2)
    assert of(red, "frobnicator: error: no flux\nall good\n").causes == ()


def test_a_section_begins_with_the_command_that_failed() -> None:
    travis = (
        "$ apt-get update\nE: Failed to fetch http://a/b\n"
        "$ ./build\n./build: line 3: frob: bad flux setting\n"
        'The command "./build" exited with 1.\n'
    )
    assert causes(of(travis)) == [("unexplained-error", 4)]
    github = (
        "##[group]Run ./lint\n./lint\n##[endgroup]\nerror: flux is old\n"
        "##[group]Run ./build\n./build\n##[endgroup]\nerror: no flux\n"
        "##[error]Process completed with exit code 2.\n"
    )
    assert causes(of(github)) == [("unexplained-error", 8)]


def test_a_pasted_excerpt_needs_no_verdict() -> None:
    result = of("gizmo: error: no flux\nwhat shall I do?\n" + "I use version 3.\n" * 20)
    assert (result.verdict, causes(result)) == ("failed", [("unexplained-error", 1)])
    assert of("gizmo: error: no flux\nsecond try: success\n" + "more\n" * 20).verdict == "healthy"


def test_what_successful_logs_print_too_is_no_cause() -> None:
    text = REFUSED + "frobnicator: no flux\nBUILD FAILED\n"
    assert causes(of(text)) == [("connection-refused", 1)]
    result = of(text, REFUSED + GREEN)
    assert (result.verdict, result.causes) == ("unknown", ())
    assert [finding.page for finding in result.notices] == ["connection-refused"]


def test_paths_numbers_and_times_are_no_news() -> None:
    green = "12:00:01 wrote /home/ci/a1/report.txt in 3.4s\n"
    red = "13:07:59 wrote /builds/x/report.txt in 11.2s\nfrobnicator: error: no flux\nBUILD FAILED\n"
    (block,) = of(red, green).novel
    assert (block.first, block.last) == (2, 3)


def test_the_rare_and_near_novel_block_comes_first() -> None:
    common = "".join(f"warn: error-prone call {n}\nok\nok\nok\n" for n in range(50))
    red = common + "error: the gizmo has no flux\nok\nok\nok\n" + "ok\n" * 20 + "BUILD FAILED\n"
    blocks = of(red, "ok\n").novel
    assert "gizmo" in blocks[0].text


def test_what_successful_logs_never_print_is_surer() -> None:
    text = REFUSED + "BUILD FAILED\n"
    page = RUNBOOK.page("connection-refused")
    surer = {"low": "medium", "medium": "high", "high": "high"}[page.confidence]
    assert of(text, GREEN).causes[0].finding.confidence == surer
    assert of(text).causes[0].finding.confidence == page.confidence


def test_the_most_telling_line_stands_beside_an_unknown_failure() -> None:
    result = of("building\nfrobnicator: error: no flux\ncleaning up\nExited with code exit status 3\n")
    assert [where.line for where in result.symptoms[0].where] == [4, 2]


def test_several_inputs_are_one_scan() -> None:
    inputs = [("a.log", BytesIO(GREEN.encode())), ("b.log", BytesIO(TRACEBACK.encode()))]
    result = scan(inputs, RUNBOOK)
    assert (result.inputs, result.lines) == (("a.log", "b.log"), 7)
    assert result.causes[0].finding.where[0].source == "b.log"


def test_an_endless_line_is_said() -> None:
    result = of("x" * 9_000_000 + "\n" + TRACEBACK)
    assert causes(result) == [("python-exception", 5)]
    assert "read in pieces: red, line 1" in result.sentence


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path, "cannot be read: No such file or directory"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(bytes(5000)), "is not text"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "x.log"
    assert callable(make)
    make(path)
    with pytest.raises(InputError, match=message) as refused:
        scan_files([str(path)], RUNBOOK)
    assert refused.value.advice


@pytest.mark.parametrize(
    "end",
    [
        "ERROR: Job failed: exit code 1\n",
        "Build step 'Execute shell' marked build as failure\nFinished: FAILURE\n",
        "##[error]Process completed with exit code 2.\n",
        "CircleCI received exit code 1\n",
        "🚨 Error: The command exited with status 1\n",
        "Process exited with code 1 (Step: Tests (Command Line))\n",
        "Command exited with code 1\n",
        "[Container] 2026/03/03 15:00:00 Phase complete: BUILD State: FAILED\n",
        'ERROR: build step 2 "gcr.io/cloud-builders/npm" failed: step exited with non-zero status: 1\n',
        "[Zuul] Job complete, result: FAILURE\n",
        "Unsuccessful task run with exit code: 1 completed in 40.3 seconds\n",
        "Failing task since return code of [/bin/sh build.sh] was 1 while expected 0\n",
    ],
)
def test_the_word_of_each_platform_ends_what_failed(end: str) -> None:
    assert causes(of("building\nfrobnicator: error: no flux\n" + end)) == [("unexplained-error", 2)]


def test_an_excerpt_whose_shell_goes_on_is_no_failure() -> None:
    text = (
        "curl: (7) Failed to connect to 127.0.0.1 port 9\n+ echo 'no cache, going on'\nno cache, going on\n"
    )
    assert of(text + "+ diff a b\n" * 20).verdict == "healthy"


def test_what_a_fallback_says_comes_of_the_earlier_line_that_says_why() -> None:
    text = (
        "#7 [4/5] RUN ./build\n#7 3.214 frobnicator: error: no flux\n#7 3.215 going home\n#7 3.216 bye\n"
        '#7 ERROR: process "/bin/sh -c ./build" did not complete successfully: exit code: 1\n'
        "CircleCI received exit code 1\n"
    )
    result = of(text)
    assert causes(result) == [("unexplained-error", 2)]
    assert "docker-build-failed" in {finding.page for finding in result.consequences}


def test_a_command_that_failed_in_all_its_attempts_fails_for_what_it_said_each_time() -> None:
    said = f"npm start\nwrite x: {OTHER}\n"
    text = (
        f'$ npm ci\n{said}The command "eval npm ci" failed. Retrying, 2 of 3.\n'
        f'{said}The command "eval npm ci" failed. Retrying, 3 of 3.\n'
        f'{said}The command "eval npm ci" failed 3 times.\n\n\n'
        'The command "npm ci" failed and exited with 1 during .\n\nYour build has been stopped.\n'
    )
    result = of(text)
    assert causes(result) == [("disk-full", 3)]
    unknown = of(text.replace(f"write x: {OTHER}", "pom.xml: fatal: what nobody knows"))
    assert [page for page, _ in causes(unknown)] == ["unexplained-error"]


def test_a_log_that_was_cut_after_what_passed_may_still_have_failed() -> None:
    passed = 'The command "make lint" exited with 0.\n'
    failed = "=========== 1 failed, 3 passed in 0.31s ===========\n"
    assert of(passed + "collected 4 items\n" + failed).verdict == "unknown"
    assert of("collected 4 items\n" + failed + passed).verdict == "healthy"


def test_what_passing_tests_of_maven_print_is_no_cause() -> None:
    tests = "Running org.example.ATest\n{noise}Tests run: 3, Failures: 0, Errors: 0, Skipped: 0\n"
    end = f"write x: {OTHER}\n[INFO] BUILD FAILURE\n"
    assert causes(of(tests.format(noise=REFUSED) + end)) == [("disk-full", 4)]


def test_what_a_command_says_in_a_build_of_docker_is_read_like_any_output() -> None:
    text = (
        "#9 [deps 5/5] RUN npm ci\n#9 2.204 npm error code EUSAGE\n#9 2.204 npm error\n"
        "#9 2.204 npm error `npm ci` can only install packages when your package.json and package-lock.json"
        " or npm-shrinkwrap.json are in sync.\n#9 2.204 npm error Missing: glob@13.0.6 from lock file\n"
        '#9 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1\n------\n'
        " > [deps 5/5] RUN npm ci:\n2.206 npm error A complete log of this run: /x.log\n------\n"
    )
    assert causes(of(text))[0][0] == "js-lockfile-outdated"
    known = text.replace("npm error", "frobnicate: error: no flux in")
    assert causes(of(known)) == [("unexplained-error", 2)]


def test_the_last_words_of_a_log_may_stand_above_a_long_stack() -> None:
    trace = "".join(f"    at build (/app/node_modules/tool/{number}.js:1:1)\n" for number in range(40))
    said = "copying\n" * 200 + "Error:\n  cannot use the edge runtime.\n"
    assert of(said + trace).verdict != "healthy"
    assert of(said + trace + "ok\n" * 200).verdict == "healthy"


def test_a_refusal_of_cf_is_named_in_its_own_words_with_what_cf_was_doing() -> None:
    text = (
        "Binding service db to app web in org sandbox / space dev as me@example.gov...\n{said}\nFAILED\n\n"
        "Exited with code exit status 1\n"
    )
    result = of(text.format(said="The service instance doesn't support binding."))
    assert causes(result) == [("cf-command-failed", 2)]
    assert "Binding service db to app web" in result.causes[0].finding.title
    other = of("frobnicating\nno flux\nFAILED\n\nExited with code exit status 1\n")
    assert "cf-command-failed" not in [page for page, _ in causes(other)]


def test_the_line_right_above_what_only_says_that_it_failed_says_why() -> None:
    text = (
        "   2026-03-03T15:00:01.00+0000 [APP/PROC/WEB/0] ERR frobnicator: error: no flux\n"
        "   2026-03-03T15:00:02.00+0000 [APP/PROC/WEB/0] OUT Exit status 1\n"
    )
    assert causes(of(text)) == [("unexplained-error", 1)]


@pytest.mark.parametrize(
    "later", ["Successfully destroyed container", "Removing network web_default ... done"]
)
def test_that_what_ran_is_cleared_away_well_says_nothing_for_it(later: str) -> None:
    text = f"Successfully created container\nFailed to compile droplet\nDestroying container\n{later}\n"
    assert causes(of(text)) == [("buildpack-error", 2)]


def test_what_ants_task_printed_says_why_the_program_that_it_ran_ended_badly() -> None:
    text = (
        "setup:\n     [exec] Backing up server\n     [exec] Download of server.jar failed hash check\n\n"
        "BUILD FAILED\n/build/build.xml:579: The following error occurred while executing this line:\n"
        "/build/build.xml:187: exec returned: 1\n"
    )
    assert causes(of(text)) == [("unexplained-error", 3)]
