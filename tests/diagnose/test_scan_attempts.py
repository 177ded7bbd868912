"""scan: commands that were tried again, several that failed, and logs of macOS machines."""

from __future__ import annotations

from io import BytesIO

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.rules import load

RUNBOOK = load(SCHEMAS)


def first(text: str) -> tuple[str, int | None]:
    result = scan([("red", BytesIO(text.encode()))], RUNBOOK)
    return result.causes[0].finding.title, result.causes[0].finding.where[0].line


def test_of_a_command_that_failed_each_time_the_first_attempt_is_named() -> None:
    attempt = "frob: error: no flux\n"
    text = (
        f'$ travis_retry frob\n{attempt}The command "frob" failed. Retrying, 2 of 3.\n'
        f'{attempt}The command "frob" failed. Retrying, 3 of 3.\n'
        f'{attempt}The command "frob" failed 3 times.\n'
        'The command "travis_retry frob" exited with 1.\nDone. Your build exited with 1.\n'
    )
    assert first(text) == ("frob: error: no flux", 2)


def test_of_several_commands_that_failed_the_first_is_named() -> None:
    text = (
        '$ frob\nfrob: error: no flux\nThe command "frob" exited with 1.\n'
        '$ show\nshow: error: nothing was built\nThe command "show" exited with 1.\n'
        "Done. Your build exited with 1.\n"
    )
    assert first(text) == ("frob: error: no flux", 2)


def test_of_what_several_commands_said_the_place_in_the_one_that_failed_is_named() -> None:
    refused = "curl: (6) Could not resolve host: files.acme.example\n"
    text = (
        f'$ warm\n{refused}The command "warm" exited with 0.\n'
        f'$ fetch\n{refused}The command "fetch" exited with 6.\n'
        f'$ tidy\n{refused}The command "tidy" exited with 0.\nDone. Your build exited with 1.\n'
    )
    assert first(text)[1] == 5


def test_a_command_that_failed_and_says_nothing_leaves_the_word_to_the_next() -> None:
    text = (
        '$ frob\nall is quiet\nThe command "frob" exited with 1.\n'
        '$ show\nshow: error: no flux\nThe command "show" exited with 1.\n'
        "Done. Your build exited with 1.\n"
    )
    assert first(text) == ("show: error: no flux", 5)


def test_newlines_that_a_log_names() -> None:
    text = (
        "$ frob\nfrobbing\nnl\nnl\nnl\nnlfrob: error: no flux\nnl\nnl\nnl\nnl\n"
        'The command "frob" exited with 1.\nnl\nnl\nnlDone. Your build exited with 1.\n'
    )
    assert first(text) == ("frob: error: no flux", 6)
    assert first(text.replace("frobbing\nnl\nnl\nnl\nnl", "nl\nnl2: ")) == ("nl2: frob: error: no flux", 3)


def test_a_log_of_travis_that_ends_inside_a_command_may_have_failed_by_its_last_words() -> None:
    text = (
        "Worker information\n$ make deps\nall is there\n$ make\n"
        + "frobbing\n" * 50
        + "frob: error: no flux\n"
    )
    assert first(text) == ("frob: error: no flux", 55)
    closed = scan([("green", BytesIO(f'{text}The command "make" exited with 0.\n'.encode()))], RUNBOOK)
    assert closed.verdict == "healthy"
    stopped = text.replace("frob: error: no flux", "make: *** [all] Error 2")
    assert scan([("red", BytesIO(stopped.encode()))], RUNBOOK).symptoms[0].title == "make: *** [all] Error 2"


def test_of_a_log_that_was_cut_inside_a_command_only_the_end_is_believed() -> None:
    caught = "Caught:\njava.lang.IllegalStateException: no flux\n\tat com.example.Flux.get(Flux.java:7)\n"
    thread = 'Exception in thread "a" java.lang.NoClassDefFoundError: Flux\n\tat com.example.F.g(F.java:7)\n'
    text = (
        "Worker information\n$ mvn -q install\nOK\n$ mvn test\n"
        + caught
        + thread
        + "Running FluxTest\n" * 200
    )
    result = scan([("cut", BytesIO(text.encode()))], RUNBOOK)
    assert (result.verdict, result.causes) == ("unknown", ())
    assert result.sentence == (
        "The log ends in the middle of: $ mvn test. Nothing in it says that it failed, or how it ended."
    )
    assert scan([("red", BytesIO(f"{text}{thread}".encode()))], RUNBOOK).verdict == "failed"
    while_tests_ran = f"{text}java.io.IOException: no flux\n" + "Running FluxTest\n" * 20
    assert scan([("cut", BytesIO(while_tests_ran.encode()))], RUNBOOK).verdict == "unknown"
    killed = f"{text}collect2: fatal error: ld terminated with signal 9 [Killed]\nsh: 1: exit\nbye\n"
    assert scan([("red", BytesIO(killed.encode()))], RUNBOOK).verdict == "failed"


def test_what_passed_after_a_failed_run_of_the_same_command_is_left_out() -> None:
    runs = (
        "OK (3 tests)\n",
        "✗ keeps the flux\nmake[1]: *** [flux] Error 1\n",
        "error: of a test that passed\nOK (3 tests)\n",
    )
    text = f'$ make\n{"".join(runs)}\n\nThe command "make" exited with 2.\nDone. Your build exited with 1.\n'
    assert first(text) == ("✗ keeps the flux", 3)


def test_of_several_commands_the_first_is_named_though_a_later_one_is_surer() -> None:
    text = (
        '$ mypy .\na.py:3: error: Name "x" is not defined  [name-defined]\nFound 1 error in 1 file\n'
        'The command "mypy ." exited with 1.\n'
        '$ python b.py\nTraceback (most recent call last):\n  File "b.py", line 1, in <module>\n'
        "ModuleNotFoundError: No module named 'flux'\n"
        'The command "python b.py" exited with 1.\nDone. Your build exited with 1.\n'
    )
    assert first(text)[1] == 2


def test_a_job_of_github_that_fails_before_its_first_step_is_one_of_several() -> None:
    text = (
        "Current runner version: '2.334.0'\nGetting action download info\n"
        "##[error]Unable to resolve action `a/b@v9`, unable to find version `v9`\n"
        "Current runner version: '2.334.0'\nPrepare all required actions\n"
        "##[group]Run ruff check\n##[endgroup]\nModuleNotFoundError: No module named 'flux'\n"
        "##[error]Process completed with exit code 1.\nPost job cleanup.\n"
    )
    assert first(text) == ("GitHub finds no action a/b@v9: unable to find version `v9`", 3)


def test_what_a_page_says_of_the_first_command_that_failed_stands_before_the_words_of_a_later_one() -> None:
    text = (
        "$ npm install\nnpm error code EOVERRIDE\n"
        "npm error Override for body-parser@^1.20.2 conflicts with direct dependency\n"
        'The command "npm install" exited with 1.\n'
        "$ cp a b\ncp: cannot stat 'a': No such file or directory\n"
        'The command "cp a b" exited with 1.\nDone. Your build exited with 1.\n'
    )
    assert first(text)[1] == 3


def test_what_failed_long_before_the_command_hides_neither_its_complaint_nor_its_last_words() -> None:
    setup = "curl: (22) The requested URL returned error: 404 Not Found\n" + "setting up\n" * 50
    for said in ("app/flux.js: Flux is not defined here", "Please commit what was generated"):
        text = (
            f"{setup}npm install\nadded 12 packages in 3s\n{said}\nerror Command failed with exit code 1.\n"
            'The command "yarn test" exited with 1.\nDone. Your build exited with 1.\n'
        )
        assert first(text) == (said, 54)


def test_what_a_script_went_on_after_is_no_cause_where_a_later_command_complains() -> None:
    waits = "+ ./wait.sh\nconnect to db.acme.example port 5432 failed: Connection refused\n"
    fails = "+ ./verify.sh\ngizmo: error: no flux\n"
    end = "Exited with code exit status 1\n"
    assert first(waits + fails + end)[1] == 4
    assert first(fails + waits + end)[1] == 4
    assert first(waits + "+ ./verify.sh\nall is quiet\n" + end)[1] == 2
