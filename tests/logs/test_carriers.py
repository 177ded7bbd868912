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
