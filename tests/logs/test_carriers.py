"""What else stands before lines: in logs as people keep them."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback.logs.chunks import chunks
from runback.logs.clean import cleaner


def _read(text: str) -> str:
    return b"".join(chunk.data for chunk in chunks(BytesIO(text.encode()), cleaner)).decode()


@pytest.mark.parametrize("mark", ["\ufeff2", "ï»¿2", "∩╗┐2", "´╗┐2", "锘?"])
def test_a_mark_of_the_encoding_before_a_time_goes_with_it(mark: str) -> None:
    lines = [f"{mark}026-03-03T15:00:00.1234567Z Run make", *["2026-03-03T15:00:01.1234567Z cc"] * 4]
    by_cli = "".join(f"build\tRun make\t{line}\n" for line in lines)
    assert _read("\n".join(lines)) == "Run make\n" + "\n".join(["cc"] * 4)
    assert _read(by_cli) == "Run make\n" + "cc\n" * 4


def test_the_time_of_a_deploy_with_morning_and_afternoon() -> None:
    assert _read("3:07:59 PM: $ npm ci\n" * 3) == "$ npm ci\n" * 3
    assert _read("11:07:59 AM: $ npm ci\n" * 3) == "$ npm ci\n" * 3


def test_jenkins_stamps_what_steps_print_and_not_its_own_lines() -> None:
    text = "[Pipeline] sh\n" * 9 + "[2026-03-03T15:00:00.123Z]      [exec] [ERROR] COMPILATION ERROR : \n"
    assert _read(text).endswith("[Pipeline] sh\n[ERROR] COMPILATION ERROR : \n")


@pytest.mark.parametrize("code_page", ["cp437", "cp850", "cp1252"])
def test_what_windows_misread_is_as_it_was_meant(code_page: str) -> None:
    meant = "✓ built  × build() did not run  ╰─> [1 line]  — “quoted” ✖ … │ ─\n"
    read = (
        meant.encode().decode(code_page, "ignore")
        if code_page != "cp1252"
        else "a â€” b â€œquotedâ€¦ âœ“ âœ– â”‚\n"
    )
    text = _read(read)
    assert not {"✓", "✖", "—"} - set(text)
    assert not {"Γ", "â", "Ô"} & set(text)


@pytest.mark.parametrize("text", ["Größe, naïve Γεια σου ├──┬ Ôter l'eau\n", "â Ô Γ\n", "≡ƒ\n"])
def test_letters_that_are_meant_as_they_stand_stay(text: str) -> None:
    assert _read(text) == text


POWERSHELL = (
    "node.exe : Error: EINVAL: invalid ",
    "argument, readlink 'C:\\app\\types\\pac",
    "kage.json'",
    "At C:\\app\\build.ps1:24 char:5",
    '+ & "C:\\Program Files\\node.exe" "C:\\',
    "+ ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
    "    + CategoryInfo          : NotSpe",
    "   cified: (Error:String) [], Remote",
    "  Exception",
    "    + FullyQualifiedErrorId : Native",
    "   CommandError",
    " ",
    "    at async Object.readlink ",
    "(node:internal/fs/promises:975:10)",
    "short",
    "done",
)


def test_powershell_shows_errors_of_programs_as_they_said_them() -> None:
    lines = _read("\n".join(POWERSHELL)).split("\n")
    assert lines[0] == "Error: EINVAL: invalid argument, readlink 'C:\\app\\types\\package.json'"
    assert lines[12] == "    at async Object.readlink (node:internal/fs/promises:975:10)"
    assert lines[14:] == ["short", "done"]
    assert not any(line.strip() for line in [*lines[1:12], lines[13]])


def test_where_powershell_called_a_program_may_be_broken_too() -> None:
    lines = list(POWERSHELL)
    lines[3:4] = ["En línea: 1 ", "Carácter: 5"]
    assert _read("\n".join(lines)).split("\n")[1:12] == [""] * 11


def test_dart_folds_what_a_failed_test_printed() -> None:
    assert _read("##[group]❌ test/a_test.dart: adds (failed)\n##[group]✅ b\n##[endgroup]\n").startswith(
        "❌ test/"
    )
    assert _read("##[group]Γ¥î test/a_test.dart: adds (failed)\n").startswith("❌ test/")


def test_buildkit_repeats_the_output_of_what_failed_with_its_times() -> None:
    text = "------\n > [4/5] RUN pip install x:\n6.750   × Preparing did not run.\n6.752 hint: See.\n------\n"
    assert _read(text).split("\n")[2:4] == ["  × Preparing did not run.", "hint: See."]


def test_npms_own_log_says_what_npm_says() -> None:
    text = "59 error Darwin 15\n63 error code ENOSELF\n64 error Refusing\n66 verbose exit [ 1, true ]\n"
    assert _read(text).startswith("npm error Darwin 15\nnpm error code ENOSELF\nnpm error Refusing")


def test_fastlane_stamps_its_lines_amid_those_of_a_job() -> None:
    text = "Run fastlane beta\n[21:39:13]: Called from Fastfile\n[21:39:13]: ▸ error: no module\ndone\n" * 2
    assert "\nCalled from Fastfile\nerror: no module\n" in _read(text)


def test_flutter_that_says_more_counts_the_milliseconds() -> None:
    lines = ["[ +163 ms] ", "[        ] ", "[+2,031 ms] ", "[   +1 ms] "]
    assert _read("".join(f"{line}e: Main.kt:5:7 Redeclaration\n" for line in lines)) == (
        "e: Main.kt:5:7 Redeclaration\n" * 4
    )
