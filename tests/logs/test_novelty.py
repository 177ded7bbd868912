"""Lines that successful runs never printed: found, ranked, and not too many of them kept."""

from __future__ import annotations

from io import BytesIO

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.logs.novelty import Gathered, scored
from runback.rules import load


def test_of_very_many_lines_those_are_kept_that_speak_of_a_failure_and_the_last() -> None:
    gathered = Gathered()
    for first in range(1, 100_001, 1000):
        gathered.add(
            (number, b"cannot open the ledger" if number == 777 else b"row %x is new" % number)
            for number in range(first, first + 1000)
        )
    assert len(gathered.lines) <= 20_000
    assert gathered.dropped + len(gathered.lines) == 100_000
    assert (777, b"cannot open the ledger") in gathered.lines
    assert gathered.lines[-1][0] == 100_000
    assert gathered.lines == sorted(gathered.lines)
    assert scored(gathered.lines, 100_001)[0].text == "cannot open the ledger"


def test_what_was_not_kept_is_said() -> None:
    text = "".join(
        f"row {'ghijklmnop'[n % 10] * (n // 10 % 97)} {'qrstuvwxyz'[n // 970 % 10]}\n" for n in range(30_000)
    )
    red = (text + "Exited with code exit status 1\n").encode()
    found = scan([("red", BytesIO(red))], load(SCHEMAS), [("green", BytesIO(b"all is well\n"))])
    assert "more lines than can be weighed never occur in the successful logs" in found.sentence
    assert len(found.novel) <= 10
