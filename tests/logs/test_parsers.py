"""The parsers of installers, compilers, linters and scanners."""

from __future__ import annotations

import pytest

from runback.logs.parsers import PARSERS, Parsed, Window


def parsed(tool: str, text: str, hit: str) -> list[Parsed]:
    """What the parser says of the first line that holds `hit`."""
    lines = text.strip("\n").split("\n")
    at = next(index for index, line in enumerate(lines) if hit in line)
    return list(PARSERS[tool].parse(Window(lines, at)))


PIP = """
Collecting psycopg2==2.9.9
  Downloading psycopg2-2.9.9.tar.gz (384 kB)
  × Building wheel for psycopg2 (setup.py) did not run successfully.
  │ exit code: 1
  ╰─> [9 lines of output]
      Warning: something
      ./psycopg/psycopg.h:36:10: fatal error: libpq-fe.h: No such file or directory
      compilation terminated.
      error: command '/usr/bin/gcc' failed with exit code 1
      [end of output]
× Building wheel for psycopg2 again
│ exit code: 1
╰─> See above for output.
"""


def test_pip_shows_the_compilers_error_and_not_that_gcc_failed() -> None:
    (found,) = parsed("pip_build", PIP, "× Building")
    assert found.values["package"] == "psycopg2"
    assert str(found.values["error"]).endswith("fatal error: libpq-fe.h: No such file or directory")
    assert (found.at, found.first, found.last) == (6, 2, 9)


def test_pip_says_it_again_at_its_end_and_that_is_nothing_new() -> None:
    assert parsed("pip_build", PIP, "again") == []


def test_npm_conflict_of_an_older_npm() -> None:
    text = """
npm ERR! code ERESOLVE
npm ERR! ERESOLVE unable to resolve dependency tree
npm ERR! Found: react@18.2.0
npm ERR! Could not resolve dependency:
npm ERR! peer react@"17.0.2" from react-dom@17.0.2
npm ERR! A complete log of this run can be found in: x
"""
    (found,) = parsed("npm_conflict", text, "code ERESOLVE")
    assert found.values == {"found": "react@18.2.0", "wants": 'react@"17.0.2"', "package": "react-dom@17.0.2"}
    assert (found.at, found.last) == (4, 5)


@pytest.mark.parametrize(
    ("line", "file", "number", "message"),
    [
        ("src/A.java:1: error: ';' expected", "src/A.java", 1, "';' expected"),
        ("src/t.ts(1,7): error TS2322: No.", "src/t.ts", 1, "TS2322: No."),
        ("ERROR in src/t.tsx:4:2 - error TS1: No.", "src/t.tsx", 4, "TS1: No."),
        ("a/B.cs(12,5): error CS0246: No [/p/a.csproj]", "a/B.cs", 12, "CS0246: No"),
        ("m.py:2: error: Bad  [assignment]", "m.py", 2, "Bad  [assignment]"),
        ("a.c:3:29: fatal error: no input", "a.c", 3, "no input"),
        ("e: file:///p/A.kt:3:12 Unresolved reference: x", "/p/A.kt", 3, "Unresolved reference: x"),
    ],
)
def test_compilers(line: str, file: str, number: int, message: str) -> None:
    (found,) = parsed("compiler", f"{line}\n{line}\nother\n", "rr" if "rr" in line else "e:")
    assert found.values == {"file": file, "number": number, "message": message, "count": 1}
    assert found.last == 1


def test_maven_marks_remarks_of_a_passing_compiler_as_errors_too() -> None:
    line = "[ERROR] /p/A.java:[63,29] unmappable character for encoding UTF-8"
    assert parsed("compiler", line, "A.java") == []
    (found,) = parsed("compiler", f"[INFO] COMPILATION ERROR :\n{line}", "A.java")
    assert found.values["number"] == 63


def test_go_build_needs_the_name_of_the_package_above() -> None:
    text = '# example.org/p\np/p.go:2:8: "fmt" imported and not used\np/p.go:3:31: undefined: y\n'
    (found,) = parsed("go_build", text, "p.go:2")
    assert (found.values["message"], found.values["count"]) == ('"fmt" imported and not used', 2)
    assert parsed("go_build", "main.go:12:3: error is not checked (errcheck)", "main.go") == []


def test_gradle_gives_the_innermost_reason() -> None:
    text = """
* What went wrong:
Execution failed for task ':compileJava'.
> Could not resolve all files for configuration ':compileClasspath'.
   > Could not GET 'https://repo.example.org/x.pom'. Received status code 401 from server: Unauthorized

* Try:
> Run with --stacktrace
"""
    (found,) = parsed("gradle", text, "went wrong")
    assert str(found.values["reason"]).startswith("Could not GET 'https://repo.example.org/x.pom'")
    assert (found.values["task"], found.at) == (":compileJava", 3)


def test_gradle_is_silent_where_a_test_or_a_compiler_spoke_before() -> None:
    text = (
        "* What went wrong:\nExecution failed for task ':test'.\n> There were failing tests. See the report\n"
    )
    assert parsed("gradle", text, "went wrong") == []


def test_scanners_of_secrets_never_repeat_the_secret() -> None:
    text = """
Finding:     AWS_KEY = "AKIAEXAMPLEEXAMPLE12"
Secret:      AKIAEXAMPLEEXAMPLE12
RuleID:      aws-access-token
File:        settings.py
Line:        6

Finding:     other
"""
    (found,) = parsed("secrets_report", text, "Finding:")
    assert found.values == {"rule": "aws-access-token", "file": "settings.py", "number": 6, "commit": None}
    assert "AKIA" not in text.strip("\n").split("\n")[found.at]


def test_older_gitleaks_gives_its_leaks_as_json_and_never_the_secret() -> None:
    text = (
        '{\n\t"line": "key = AKIAIOSFODNN7EXAMPLE",\n\t"lineNumber": 16,\n'
        '\t"offender": "AKIAIOSFODNN7EXAMPLE",\n\t"commit": "e7150a8",\n'
        '\t"rule": "AWS Manager ID",\n\t"file": "run.sh"\n}\n'
    )
    (found,) = parsed("secrets_report", text, '"offender"')
    assert found.values == {"rule": "AWS Manager ID", "file": "run.sh", "number": 16, "commit": "e7150a8"}
    assert "AKIA" not in text.split("\n")[found.at]


def test_detect_secrets_gives_file_and_line_together() -> None:
    (found,) = parsed(
        "secrets_report", "Secret Type: AWS Access Key\nLocation:    a/b.py:14\n", "Secret Type"
    )
    assert (found.values["rule"], found.values["file"], found.values["number"]) == (
        "AWS Access Key",
        "a/b.py",
        14,
    )


def test_formatters_count_files_and_need_their_verdict() -> None:
    text = (
        "would reformat a.py\n"
        "would reformat b.py\n"
        "\n"
        "2 files would be reformatted, 3 files would be left unchanged.\n"
    )
    (found,) = parsed("formatter", text, "a.py")
    assert (found.values, found.last) == ({"file": "a.py", "count": 2}, 3)
    assert parsed("formatter", "[warn] config.js\nAll done\n", "config") == []


def test_ruff_takes_the_place_from_the_next_line() -> None:
    text = (
        "F401 [*] `os` imported but unused\n"
        " --> m.py:1:8\n"
        "  |\n"
        "F821 Undefined name `b`\n"
        " --> m.py:3:19\n"
        "Found 2 errors.\n"
    )
    (found,) = parsed("ruff", text, "F401")
    assert (found.values["file"], found.values["number"], found.values["count"], found.last) == (
        "m.py",
        1,
        2,
        5,
    )
    assert parsed("ruff", "F401 is the code of an unused import\n", "F401") == []


def test_stylelint_takes_the_file_from_above() -> None:
    text = (
        "src/a.css\n"
        "  1:17  ✖  Unexpected unknown property  property-no-unknown\n"
        "\n"
        "✖ 1 problem (1 error, 0 warnings)\n"
    )
    (found,) = parsed("stylelint", text, "1:17")
    assert (found.values["file"], found.values["code"], found.values["count"]) == (
        "src/a.css",
        "property-no-unknown",
        1,
    )
    assert parsed("stylelint", "  1:17  ✖  no file above  some-rule\n", "1:17") == []


def test_djangos_first_error_after_warnings_with_its_hint() -> None:
    text = """
SystemCheckError: System check identified some issues:

WARNINGS:
?: (urls.W005) not this one

ERRORS:
shop.A.b: (fields.E304) Reverse accessor clashes
\tHINT: Add or change a related_name argument

System check identified 2 issues (0 silenced).
"""
    (found,) = parsed("django_check", text, "SystemCheckError")
    assert found.values["code"] == "fields.E304"
    assert str(found.values["hint"]).startswith("Add or change")
    assert (found.at, found.last) == (6, 9)


def test_pre_commit_needs_a_failed_hook_above() -> None:
    text = (
        "flake8...........................................Failed\n"
        "- hook id: flake8\n"
        "- exit code: 1\n"
        "\n"
        "a.py:1:1: F401 x\n"
    )
    (found,) = parsed("pre_commit", text, "hook id")
    assert (found.values, found.last) == ({"hook": "flake8", "said": "a.py:1:1: F401 x"}, 4)
    passed = "flake8...........................................Passed\n- hook id: flake8\n- duration: 1s\n"
    assert parsed("pre_commit", passed, "hook id") == []


def test_an_error_of_node_counts_where_it_ended_the_process() -> None:
    error = (
        "TypeError: x is not a function\n"
        "    at run (/app/node_modules/a/b.js:1:2)\n"
        "    at /app/server.js:3:23\n"
    )
    (found,) = parsed("node_error", error + "\nNode.js v20.20.2\n", "TypeError")
    assert (found.values["file"], found.values["number"], found.last) == ("/app/server.js", 3, 4)
    assert parsed("node_error", error + "listening\n", "TypeError") == []


def test_the_reason_on_the_line_after_banners() -> None:
    text = "Oops! Something went wrong! :(\n\nESLint: 9.39.5\n\nNo files matching the pattern were found.\n"
    (found,) = parsed("following", text, "Oops")
    assert (found.at, found.values) == (4, {"reason": "No files matching the pattern were found."})
    assert parsed("following", "Oops! Something went wrong! :(\n", "Oops") == []


def test_what_python_logs_of_its_own_logging_ends_nothing() -> None:
    text = (
        "--- Logging error ---\nTraceback (most recent call last):\n"
        '  File "/usr/lib/python3.8/logging/__init__.py", line 1085, in emit\n'
        "    msg = self.format(record)\nTypeError: not all arguments converted\n"
    )
    assert parsed("python_traceback", text, "Traceback") == []


MAVEN = """
[ERROR] an earlier module's word
[INFO] portal-core done
[ERROR] The following dependencies differ:
[ERROR]   Expected org.example:notes:jar:3.6.1 but found org.example:notes:jar:3.6.4
[INFO] ------------------------------------------------------------------------
[INFO] Reactor Summary:
[INFO]
[INFO] portal-core 2.0 ........................... SUCCESS [  2.096 s]
[INFO] portal-web 2.0 ............................ FAILURE [  0.227 s]
[INFO] portal-app 2.0 ............................ SKIPPED
[INFO] ------------------------------------------------------------------------
[INFO] BUILD FAILURE
[INFO] ------------------------------------------------------------------------
[WARNING] Plugin validation issues were detected in 1 plugin(s)
[ERROR] Failed to execute goal org.example:lock-maven-plugin:0.23:check (check) on project web: Differ
"""


def test_a_goal_of_maven_is_explained_by_what_its_plugin_said_above_the_summary() -> None:
    (found,) = parsed("maven_goal", MAVEN, "Failed to execute goal")
    assert found.at == 2
    assert found.values == {
        "goal": "org.example:lock-maven-plugin",
        "reason": "The following dependencies differ:",
    }


def test_a_goal_of_maven_whose_plugin_said_nothing_is_explained_by_maven() -> None:
    lines = [line for line in MAVEN.strip("\n").split("\n") if "[ERROR]" not in line or "goal" in line]
    (found,) = parsed("maven_goal", "\n".join(lines), "Failed to execute goal")
    assert found.values["reason"] == "Differ"
    assert found.at == len(lines) - 1
