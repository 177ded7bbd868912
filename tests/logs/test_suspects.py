"""The line that most likely says why, by the form of the complaint and its place."""

from __future__ import annotations

import pytest

from runback.logs.suspects import last_words, suspect

NOISE = ["Collecting frob", "WARNING: error-prone", "0 errors, 2 warnings", "  at frob (a.js:1:2)"]


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("src/main.c:12:3: error: 'x' undeclared", "place"),
        ("src\\a.ts(3,7): error TS2304: Cannot find name 'x'.", "place"),
        ("#12 3.201 error[E0382]: borrow of moved value", "place"),
        ("  Compilation failed for testPath=/a/b_test.dart: lib/b.dart:42:33: Error: no flux", "place"),
        ("  error • The getter 'x' isn't defined • lib/a.dart:52:7 • undefined_getter", "place"),
        ("00:29 +594 ~3 -2: /a/b_test.dart: has no flux [E]", "test"),
        ("ValueError: no flux", "exception"),
        ("** (CompileError) a.exs:2: undefined function y/0 (expected S to define it)", "exception"),
        ("Errno::ENOENT: No such file or directory @ rb_sysopen - data/flux.csv", "exception"),
        ('Exception in thread "main" java.lang.IllegalStateException: no flux', "exception"),
        ("thread 'main' panicked at src/main.rs:2:5:", "exception"),
        ("/app/a.rb:3:in `<main>': no flux (RuntimeError)", "exception"),
        ("PHP Fatal error:  Call to undefined function flux()", "exception"),
        ("error: no flux", "said"),
        ("frobnicator: fatal: no flux", "said"),
        ("2026-03-03T14:00:00.1Z [ERROR] no flux", "said"),
        ("E: Unable to locate package flux", "said"),
        ("cp: cannot stat 'flux': No such file or directory", "shell"),
        ('exec: "flux": executable file not found in $PATH', "shell"),
        ("      error: invalid command 'flux'", "said"),
        ("Parsing error: no flux", "said"),
        ("gizmo: Unable to find flux", "refusal"),
        ("   × keeps flux", "test"),
        ("FAIL: test_flux", "test"),
        ("not ok 3 - flux", "test"),
        ("✖ flux is kept", "test"),
        ("./run.sh: line 3:   88 Killed", "killed"),
        ('time="now" level=fatal msg="no flux"', "level"),
        ("README.md:21 Line is too long (92 of 80)", "complaint"),
        ("Error in flux(1) : object 'flux' not found", "said"),
        ("Vim(call):E117: Unknown function: Flux", "said"),
        ("  TypeError: flux is no function", "exception"),
        ("    (1/2) [EXECUTE] (X) flux should be kept", "test"),
        ("Your flux is out of date", "words"),
        ("Error: An unexpected error has occurred.", "said"),
        ('** (throw) "Twice flux"', "exception"),
        ("  Test Failed: keeps flux", "test"),
        ("[info] - keeps flux *** FAILED ***", "test"),
        ("Tests run: 1, Failures: 1, Errors: 0, Time elapsed: 0.1 sec <<< FAILURE!", "test"),
        ("dpkg: error processing flux (--configure):", "said"),
        ("[ERROR] Failed to execute goal on project flux: Could not resolve gizmo", "refusal"),
        ("Use flux in place of gizmo at line 69, column 28.  (Severity: 5)", "complaint"),
        ("(./es/flux.md): a character that cannot start a token at line 8 column 1", "complaint"),
        ("  /srv/app/flux.js:0:0: /srv/app/node_modules/espree/index.js:3 Unexpected token", "complaint"),
    ],
)
def test_each_form_is_found_among_noise_and_before_the_verdict(line: str, form: str) -> None:
    found = suspect([*NOISE, line, "make: *** [all] Error 2", "Exited with code exit status 2"])
    assert found is not None
    assert (found.at, found.form, found.sure) == (len(NOISE), form, True)


def test_lines_that_only_say_that_it_failed_are_none() -> None:
    assert suspect([*NOISE, "BUILD FAILED", "3 tests failed", "npm ERR! code ELIFECYCLE", "Error"]) is None


@pytest.mark.parametrize(
    "line",
    [
        "[error] Total time: 36 s, completed Jul 19, 2019",
        "TOTAL: 1 FAILED, 42 SUCCESS",
        "ERROR:   py35: commands failed",
        "FAILED (errors=1)",
        "Aborted due to warnings.",
        "npm error aliases: clean-install, ic",
        "erlang.mk:6494: recipe for target 'ct' failed",
        "Unable to find image 'flux:latest' locally",
        "  \u25cf Console",
    ],
)
def test_sums_and_notes_are_none(line: str) -> None:
    assert suspect([*NOISE, line]) is None


def test_a_heading_of_pytest_is_sure_far_from_the_end() -> None:
    found = suspect(["_____________ test_flux _____________", *["line"] * 400, "==== 1 failed in 2s ===="])
    assert found is not None
    assert (found.at, found.sure) == (0, True)


def test_a_clearer_form_wins_over_a_later_one() -> None:
    found = suspect(["a.c:1:2: error: no flux", "could not build the gizmo", "the hook is missing"])
    assert found is not None
    assert found.at == 0


def test_the_first_of_a_block_is_named() -> None:
    found = suspect(["error: no flux", "error: no gizmo without flux"])
    assert found is not None
    assert found.at == 0


def test_of_numbered_tests_the_list_at_the_end_is_named() -> None:
    lines = ["  1) keeps flux", "  2) keeps gizmo", "", "  2 failing", "", "  1) keeps flux:", "     1 != 2"]
    found = suspect(lines)
    assert found is not None
    assert found.at == 5


def test_words_far_from_the_end_of_a_long_section_are_not_sure() -> None:
    found = suspect(["the gizmo is missing", *["line"] * 400])
    assert found is not None
    assert not found.sure


def test_quotations_are_none() -> None:
    diff = ["diff --git a/x b/x", "--- a/x", "+++ b/x", "@@ -1 +1 @@", "+error: no flux"]
    group = ["##[group]Run ./build", "error: no flux", "##[endgroup]"]
    assert suspect([*diff, "", *group, "+ echo error: no flux", "src/a.py:3:   # error: no flux"]) is None
    assert suspect(["==> psql -c \"raise 'ERROR: no flux'\"", "==> ./frob --on-error: ignore"]) is None
    assert (
        suspect(["2: (INVOKE-DEBUGGER #<FLUX-ERROR no flux>)", "%Error: Exiting due to 2 warning(s)"]) is None
    )
    assert suspect(["not ok 3 - flux # TODO needs a gizmo", "not ok 4 flux # SKIP no gizmo"]) is None


def test_a_list_of_what_failed_names_the_first_best() -> None:
    lines = [
        "1 FAILED:",
        "flux errors",
        *NOISE * 100,
        "Failures:",
        "",
        "\tFrom flux.vim:",
        "\tno flux",
        *NOISE,
    ]
    found = suspect(lines)
    assert found is not None
    assert (found.text, found.form, found.sure) == ("From flux.vim:", "listed", True)


def test_a_ruler_under_the_heading_is_not_the_first_of_the_list() -> None:
    found = suspect(["=" * 40, "FAILED TEST SUMMARY", "-" * 40, "Flux is kept [tests/flux.phpt]", "=" * 40])
    assert found is not None
    assert found.at == 3


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (
            ["a.hs:1:2: Warning: old", "A.hs:3:4: Warning: no flux", "Failing due to -Werror.", "[2 of 3] B"],
            1,
        ),
        (["a.swift:1:2: warning: no flux", "b.swift:1:2: warning: x", "Found 2 violations, 0 serious"], 0),
    ],
)
def test_a_warning_is_the_cause_where_warnings_count(lines: list[str], at: int) -> None:
    found = suspect([*lines, "make: *** [all] Error 2"])
    assert found is not None
    assert (found.at, found.form, found.sure) == (at, "remark", True)


def test_a_warning_is_no_cause_elsewhere() -> None:
    assert suspect(["a.hs:1:2: Warning: old", "make: *** [all] Error 2"]) is None


def test_mere_words_are_believed_near_the_end_of_a_long_output() -> None:
    long = NOISE * 200
    near, far = suspect([*long, "flux is missing", *NOISE]), suspect(["flux is missing", *long])
    assert near is not None
    assert far is not None
    assert (near.sure, far.sure) == (True, False)


def test_of_a_compilers_errors_the_first_is_the_cause_however_many_follow() -> None:
    errors = [f"[error] /srv/Flux.scala:{n}:3: no gizmo" for n in range(1, 90)]
    lines = [line for error in errors for line in (error, *["[error]   x"] * 9)]
    found = suspect([*NOISE, *lines, "[error] Total time: 36 s", "[error] Failed: Total 16, Failed 1"])
    assert found is not None
    assert (found.at, found.form, found.sure) == (len(NOISE), "place", True)


def test_complaints_of_one_program_are_one_block_also_farther_apart() -> None:
    between = ["building the gizmo"] * 20
    found = suspect(["[error]  * flux has no counterpart", *between, "[error] the check was not passed"])
    assert found is not None
    assert found.at == 0
    found = suspect(["E: no flux", *between, "ERROR: no gizmo"])
    assert found is not None
    assert found.at == 21


def test_of_several_lists_of_what_failed_the_first_says_more() -> None:
    lines = [
        "failures:",
        "",
        "---- flux stdout ----",
        *NOISE,
        "failures:",
        "    flux",
        "test result: FAILED.",
    ]
    found = suspect(lines)
    assert found is not None
    assert (found.at, found.form) == (2, "listed")


def test_what_a_search_found_is_the_cause_where_it_is_all_that_a_run_says_at_its_end() -> None:
    finds = ["source/flux.tex:12:  two", "source/gizmo.tex:3:\\flux"]
    found = suspect([*NOISE, *finds, "", "make: *** [check] Error 1"])
    assert found is not None
    assert (found.at, found.form) == (len(NOISE), "find")
    assert suspect([*NOISE, *finds, "all is well", "make: *** [check] Error 1"]) is None
    assert suspect([*NOISE, finds[0], "make: *** [check] Error 1"]) is None


def test_a_failed_test_is_named_where_its_runner_says_what_was_wrong() -> None:
    lines = [
        "✗ keeps the flux when it rains, got 3",
        "✓ flies",
        "FluxTests",
        "keeps the flux when it rains, got 3",
        "flux.x:3",
    ]
    found = suspect([*lines, *NOISE])
    assert found is not None
    assert (found.at, found.form) == (3, "test")
    sums = [
        "FAIL: keeps the flux when it rains",
        "PASS: flies",
        "FAIL: keeps the flux when it rains",
        "1 tests failed",
    ]
    found = suspect(sums)
    assert found is not None
    assert found.at == 0


@pytest.mark.parametrize("last", ["Please commit what was generated", "man/flux.md"])
def test_where_nothing_complains_the_last_words_count(last: str) -> None:
    lines = [*NOISE, last, "error Command failed with exit code 1.", "info Visit https://a.b", "more"]
    assert suspect(lines) is None
    found = last_words(lines)
    assert found is not None
    assert (found.at, found.form, found.sure) == (len(NOISE), "last", True)


@pytest.mark.parametrize(
    "last",
    [
        "Done in 3 s",
        "BUILD FAILED",
        "Wrote the file flux.json",
        "Downloading the gizmo 2",
        "[INFO] no flux here",
        "strange",
        '-F "unit_tests for the gizmo" \\',
    ],
)
def test_last_words_that_sound_well_or_say_nothing_are_no_cause(last: str) -> None:
    assert last_words(["flux is a gizmo", last, "make: *** [all] Error 2"]) is None


def test_last_words_far_from_the_end_are_not_sure() -> None:
    found = last_words([*["line"] * 400, "flux is a gizmo", "npm ERR! code ELIFECYCLE", *[""] * 40])
    assert found is not None
    assert not found.sure


def test_what_stands_above_a_help_is_the_cause_and_the_help_is_none() -> None:
    help_ = ["Synopsis:", "    flux [options]", "", "Options:", "    -x   is written when a test fails", ""]
    found = suspect([*NOISE, "Illegal switch 'j' specified!", *help_])
    assert found is not None
    assert (found.at, found.form) == (len(NOISE), "refused")
    for margin in ("", "  "):
        helps = ["usage: flux [-h]", "            [-x X]", "error: unrecognized arguments: -j"]
        said = suspect([margin + line for line in ["no gizmo here", *helps]])
        assert said is not None
        assert (said.at, said.form) == (3, "said")


def test_what_a_test_of_php_printed_is_no_complaint_but_how_it_ended_is() -> None:
    compared = ["========DIFF========", "001+ Error: no flux", "========DONE========"]
    found = suspect([*compared, "XFAIL flux", *compared, "FAIL gizmo [a/gizmo.phpt]"])
    assert found is not None
    assert (found.at, found.form) == (7, "test")


def test_sums_of_sbt_rake_and_makeindex_are_none() -> None:
    lines = ["[error]  * flux has no counterpart", *NOISE, "[error] (flux / check) flux: check failed!"]
    found = suspect(lines)
    assert found is not None
    assert found.at == 0
    assert suspect(["Scanning input file a.glo....done (206 entries accepted, 0 rejected)."]) is None


def test_what_a_script_marks_as_an_error_says_why_in_its_own_words() -> None:
    lines = ["attempt 60/60: 127.0.0.1:5001", "##[error]Dify did not become ready in time."]
    found = suspect([*lines, "##[error]Process completed with exit code 1."])
    assert found is not None
    assert (found.at, found.form, found.text) == (1, "said", "Dify did not become ready in time.")


def best(*lines: str) -> str:
    found = suspect(lines)
    assert found is not None
    return found.text


@pytest.mark.parametrize("begun", ["+ ./verify.sh", "--- Running verify ...", "> shop@1.2.0 verify"])
def test_what_a_script_went_on_after_counts_less(begun: str) -> None:
    survived = "error: no cache, going on without"
    assert best(survived, begun, "verify: Unable to find flux") == survived
    assert best(survived, *[begun] * 4, "verify: Unable to find flux") == "verify: Unable to find flux"
    assert best(survived, begun, "error: no flux") == "error: no flux"


@pytest.mark.parametrize(
    ("head", "between", "reason"),
    [
        ("ERROR:  Error installing flux:", "", "  flux requires Ruby version >= 2.7."),
        ("Error: Error applying plan:", "1 error(s) occurred:", "* flux.main: no gizmo"),
        ("TypeError: fetch failed", "    at node:internal/deps/undici:1:2", "  [cause]: Error: no flux"),
    ],
)
def test_a_reason_that_is_announced_is_named(head: str, between: str, reason: str) -> None:
    assert best(head, between, reason, "Exited with code exit status 1") == reason.strip()


def test_the_heads_of_a_block_of_npm_say_nothing() -> None:
    block = ["npm ERR! Linux 4.8.12", 'npm ERR! argv "/usr/bin/node"', "npm ERR! npm  v3.10.10"]
    assert (
        best("/app/a.js:1:2: Missing space before flux.", *block)
        == "/app/a.js:1:2: Missing space before flux."
    )


@pytest.mark.parametrize(
    "line",
    [
        "/app/a.py:12: PytestDeprecationWarning: error is old",
        "./a.sh: failed with 1, as expected",
        " * [new branch]      flux -> error-page",
        "[main (root-commit) ffd6bd8] Fix error: no flux",
        "rsync error: some files were not transferred (see previous errors) (code 23) at main.c(1394)",
        "error: subprocess-exited-with-error",
        "❌ Unit tests failed.",
    ],
)
def test_what_sounds_like_a_complaint_and_says_nothing(line: str) -> None:
    assert suspect([line, "Exited with code exit status 1"]) is None


def test_a_file_that_a_tool_would_change_is_its_last_word() -> None:
    found = last_words(["checking", "flux.go", 'The command "gofmt -l ." exited with 1.'])
    assert found is not None
    assert found.text == "flux.go"
