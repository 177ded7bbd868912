"""The parsers of test runners: which test is named, what it said, and how far its block reaches."""

from __future__ import annotations

from runback.logs.parsers import PARSERS, Parsed, Window


def parsed(tool: str, text: str, hit: str) -> list[Parsed]:
    """What the parser says of the first line that holds `hit`."""
    lines = text.strip("\n").split("\n")
    at = next(index for index, line in enumerate(lines) if hit in line)
    return list(PARSERS[tool].parse(Window(lines, at)))


PYTEST = """
============================= test session starts ==============================
collected 3 items
=================================== FAILURES ===================================
__________________________________ test_due ____________________________________
    def test_due():
>       assert due("Q1") == 14
E       assert 15 == 14

tests/test_due.py:22: AssertionError
__________________________________ test_late ___________________________________
E       assert False
=========================== short test summary info ============================
FAILED tests/test_due.py::test_due - assert 15 == 14
FAILED tests/test_due.py::test_late - assert False
= 2 failed, 1 passed in 506.01 seconds =
"""


def test_pytest_is_read_from_the_heading_and_covers_the_summary() -> None:
    (found,) = parsed("pytest", PYTEST, "= FAILURES =")
    assert found.values == {
        "test": "tests/test_due.py::test_due",
        "error": "assert 15 == 14",
        "file": "tests/test_due.py",
        "number": 22,
        "failed": 2,
        "total": 3,
        "expected": "14",
        "actual": "15",
    }
    assert (found.at, found.first, found.last) == (6, 2, 14)


def test_pytest_without_tracebacks_is_read_from_its_summary() -> None:
    text = "FAILED tests/test_due.py::test_due - assert 15 == 14\n===== 1 failed in 0.10s ====="
    (found,) = parsed("pytest", text, "1 failed")
    assert (found.at, found.values["test"]) == (0, "tests/test_due.py::test_due")


def test_a_summary_of_pytest_that_names_nothing_is_nothing() -> None:
    assert parsed("pytest", "===== 1 failed in 0.10s =====", "1 failed") == []


UNITTEST = """
ERROR: test_list (export.TestExport)
Lists what is exported
----------------------------------------------------------------------
Traceback (most recent call last):
  File "export.py", line 564, in test_list
    self.client.get()
ConnectionRefusedError: [Errno 111] Connection refused

----------------------------------------------------------------------
Ran 47 tests in 20.273s

FAILED (errors=1)
"""


def test_unittest_is_read_from_the_heading_of_the_first_test_to_the_sum() -> None:
    rulers = "....E...\n" + "=" * 70
    (one,) = parsed("unittest", rulers + UNITTEST, "FAILED")
    assert (one.first, one.at, one.last) == (2, 8, 13)
    assert one.values["test"] == "test_list (export.TestExport)"


def test_an_excerpt_of_unittest_begins_with_the_name_of_the_test() -> None:
    (one,) = parsed("unittest", UNITTEST, "FAILED")
    assert (one.first, one.at) == (0, 6)


def test_the_sum_of_unittest_alone_names_nothing() -> None:
    assert parsed("unittest", "FAILED (failures=1)", "FAILED") == []


BUN = """
(pass) run > starts [1.00ms]
stderr: 14 | spawn()
error: expect(received).toContain(expected)

Expected to contain: "ok"
(fail) run > ends [320.00ms]

1 tests failed:
(fail) run > ends [320.00ms]
"""


def test_bun_names_a_test_by_the_complaint_above_it_and_not_again_in_the_list() -> None:
    (one,) = parsed("bun", BUN, "(fail)")
    assert (one.at, one.last) == (2, 5)
    assert one.values == {"test": "run > ends", "error": "expect(received).toContain(expected)"}
    again = BUN.replace("(fail) run > ends [320.00ms]\n\n1 tests", "\n1 tests").replace("error: ", "")
    assert parsed("bun", again, "(fail)") == []


def test_mocha_joins_the_suites_of_a_title_and_ends_with_the_list() -> None:
    text = """
  86 passing (1s)
  2 failing

  1)
         unittests:: Reuse program structure:: General
           fails if change affects tripleslash references:
     AssertionError: expected 1 to equal 2
      at Context.<anonymous> (node_modules/chai/lib/chai.js:259:20)
      at Context.<anonymous> (src/reuseProgramStructure.ts:259:20)

  2) Other
       second:
     Error: boom

npm ERR! Test failed.
"""
    (found,) = parsed("mocha", text, "failing")
    assert found.values["test"] == (
        "unittests:: Reuse program structure:: General › fails if change affects tripleslash references"
    )
    assert found.values["error"] == "AssertionError: expected 1 to equal 2"
    assert (found.values["file"], found.values["number"]) == ("src/reuseProgramStructure.ts", 259)
    assert (found.values["failed"], found.values["total"]) == (2, 88)
    assert (found.first, found.last) == (1, 12)


def test_a_count_of_failing_things_without_a_list_is_nothing() -> None:
    assert parsed("mocha", "  3 failing hosts\n  they were skipped\n", "failing") == []


def test_go_names_the_subtest_below_passing_ones_and_counts_outer_tests() -> None:
    text = """
--- FAIL: TestAlpha (0.02s)
    --- PASS: TestAlpha/Books (0.00s)
    --- FAIL: TestAlpha/Meetups (0.00s)
        repo_test.go:131: expected 'b' but actual is 'a'
--- FAIL: TestBeta (0.00s)
    repo_test.go:7: beta
FAIL
FAIL\texample.org/list\t0.1s
ok  \texample.org/other\t0.1s
"""
    (found,) = parsed("go_test", text, "--- FAIL")
    assert found.values["test"] == "example.org/list.TestAlpha/Meetups"
    assert found.values["error"] == "expected 'b' but actual is 'a'"
    assert (found.values["failed"], found.at, found.last) == (2, 3, 7)


def test_go_reads_testifys_error_from_the_lines_below_its_place() -> None:
    text = """
--- FAIL: TestSum (0.00s)
    sum_test.go:9:
        \tError Trace:\tsum_test.go:9
        \tError:      \tNot equal: expected: 3
FAIL\texample.org/sum\t0.1s
"""
    (found,) = parsed("go_test", text, "--- FAIL")
    assert found.values["error"] == "Error:      \tNot equal: expected: 3"


SUREFIRE = """
[ERROR] Tests run: 2, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 0.062 s <<< FAILURE! -- in org.ATest
[ERROR] org.ATest.adds -- Time elapsed: 0.003 s <<< FAILURE!
java.lang.AssertionError: expected:<2> but was:<1>
\tat org.junit.Assert.fail(Assert.java:89)
\tat org.ATest.adds(ATest.java:3)

[ERROR] org.ATest.boom -- Time elapsed: 0.001 s <<< ERROR!
java.lang.RuntimeException: boom

[ERROR] Tests run: 9, Failures: 1, Errors: 1, Skipped: 0
[INFO] BUILD FAILURE
"""


def test_surefire_names_the_first_test_its_own_frame_and_the_totals() -> None:
    (found,) = parsed("junit", SUREFIRE, "org.ATest.adds")
    assert found.values == {
        "test": "org.ATest.adds",
        "error": "java.lang.AssertionError: expected:<2> but was:<1>",
        "file": "ATest.java",
        "number": 3,
        "failed": 2,
        "total": 9,
        "expected": "2",
        "actual": "1",
    }
    assert (found.at, found.last) == (2, 9)


def test_the_summary_of_a_class_is_no_test() -> None:
    assert parsed("junit", SUREFIRE, "Tests run: 2") == []


def test_gradle_names_class_and_test() -> None:
    text = (
        "org.RefTest > publishNoLeak FAILED\n"
        "    java.lang.AssertionError at RefTest.java:73\n"
        "\n"
        "9 tests completed, 1 failed"
    )
    (found,) = parsed("junit", text, "FAILED")
    assert found.values["test"] == "org.RefTest.publishNoLeak"
    assert (found.values["file"], found.values["number"], found.values["total"]) == ("RefTest.java", 73, 9)


def test_rspec_joins_an_exception_with_its_message() -> None:
    text = """
Failures:

  1) Adding breaks
     Failure/Error: nil.foo

     NoMethodError:
       undefined method `foo' for nil:NilClass
     # ./spec/a_spec.rb:9:in `block (2 levels) in <top (required)>'

3 examples, 1 failure
"""
    (found,) = parsed("rspec", text, "Failures:")
    assert found.values["error"] == "NoMethodError: undefined method `foo' for nil:NilClass"
    assert (found.values["file"], found.values["number"], found.values["failed"]) == (
        "./spec/a_spec.rb",
        9,
        1,
    )


def test_rspec_before_3_5_has_no_blank_line_between_code_and_message() -> None:
    text = """
Failures:

  1) Camera takes a picture     Then { size == 320 }

     Failure/Error: When(:size) { measure(picture) }
     Errno::ENOENT:
       No such file or directory - shots/a.png
     # ./spec/camera_spec.rb:39:in `block (3 levels) in <top (required)>'

Finished in 29.33 seconds (files took 0.48 seconds to load)
11 examples, 1 failure
"""
    (found,) = parsed("rspec", text, "Failures:")
    assert found.values["error"] == "Errno::ENOENT: No such file or directory - shots/a.png"
    assert (found.values["file"], found.values["number"]) == ("./spec/camera_spec.rb", 39)


def test_failures_of_another_report_are_no_rspec() -> None:
    assert parsed("rspec", "Failures:\n\n  1) disk full on host a\n", "Failures:") == []


def test_minitest_and_rails() -> None:
    plain = (
        "  1) Failure:\n"
        "T#test_a [mt.rb:3]:\n"
        "Expected: 1\n"
        "  Actual: 2\n"
        "\n"
        "2 runs, 1 assertions, 1 failures, 1 errors, 0 skips"
    )
    (found,) = parsed("minitest", plain, "Failure:")
    assert found.values["error"] == "Expected: 1, Actual: 2"
    assert (found.values["file"], found.values["failed"], found.values["total"]) == ("mt.rb", 2, 2)
    rails = "Error:\nReportsTest#test_quarter:\nNoMethodError: nil\n    app/models/report.rb:12:in `due'"
    (found,) = parsed("minitest", rails, "Error:")
    assert (found.values["file"], found.values["number"]) == ("app/models/report.rb", 12)
    assert parsed("minitest", "Error:\n  something else\n", "Error:") == []


def test_phpunit_names_place_and_counts() -> None:
    text = """
There were 2 failures:

1) A\\B\\CTest::testD with data set "x"
Failed asserting that 1 is 2.

/home/project/tests/CTest.php:43

2) A\\B\\CTest::testE

FAILURES!
Tests: 778, Assertions: 1533, Errors: 1, Failures: 2.
"""
    (found,) = parsed("phpunit", text, "There were")
    assert found.values["test"] == 'A\\B\\CTest::testD with data set "x"'
    assert (found.values["number"], found.values["failed"], found.values["total"]) == (43, 3, 778)


def test_vitest_names_a_file_that_could_not_be_loaded() -> None:
    text = """
 FAIL  src/b.test.js [ src/b.test.js ]
Error: Cannot find module './nosuch' imported from src/b.test.js
 ❯ src/b.test.js:1:1

 Test Files  1 failed (1)
      Tests  no tests
"""
    (found,) = parsed("vitest", text, "Test Files")
    assert (found.values["test"], found.values["number"]) == ("src/b.test.js", 1)
    assert str(found.values["error"]).startswith("Error: Cannot find module")


def test_jest_says_why_a_file_could_not_be_read() -> None:
    text = """
FAIL src/App.test.js
  ● Test suite failed to run

    Jest encountered an unexpected token

    Details:

    /home/project/node_modules/axios/index.js:1
    SyntaxError: Cannot use import statement outside a module

      at Runtime.createScriptFromCode (node_modules/jest-runtime/build/index.js:1728:14)

Test Suites: 1 failed, 1 total
"""
    (found,) = parsed("jest_suite", text, "failed to run")
    assert found.values == {
        "file": "src/App.test.js",
        "error": "SyntaxError: Cannot use import statement outside a module",
    }
