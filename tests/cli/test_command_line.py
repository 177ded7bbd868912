from __future__ import annotations

import subprocess
import sys

import pytest

from runback import __version__
from runback.cli import COMMANDS, main


def runback(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runback", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_command_and_every_exit_code() -> None:
    answer = runback("--help")
    assert answer.returncode == 0
    assert all(f"  {name} " in answer.stdout for name in COMMANDS)
    assert all(f"{code} " in answer.stdout for code in (0, 1, 2, 3, 4, 130))


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: runback {name}")


def test_help_imports_no_room_of_the_house() -> None:
    code = (
        "import sys; from runback.cli import main; main(['--help']); "
        "print([name for name in sys.modules if name.startswith('runback.') and name != 'runback.cli'])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"


def test_version() -> None:
    assert runback("--version").stdout == f"runback {__version__}\n"


def test_no_command_shows_the_help_and_is_a_usage_error() -> None:
    answer = runback()
    assert answer.returncode == 2
    assert "commands:" in answer.stdout


def test_a_misspelt_command_is_met_with_the_near_one() -> None:
    answer = runback("dignose")
    assert answer.returncode == 2
    assert answer.stderr == "runback: there is no command 'dignose'.\nDid you mean 'runback diagnose'?\n"


def test_a_misspelt_option_is_one_plain_error() -> None:
    answer = runback("diagnose", "--jsno")
    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 2
    assert "Traceback" not in answer.stderr


def test_a_symptom_that_does_not_exist_is_met_with_those_that_do() -> None:
    answer = runback("diagnose", "app", "--symptom", "slow")
    assert answer.returncode == 2
    assert "stale, down, unreachable" in answer.stderr
