"""Several logs in one scan, and more in a log than is read."""

from __future__ import annotations

from io import BytesIO

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.rules import load

TRACEBACK = """Traceback (most recent call last):
  File "/home/vcap/app/portal/settings.py", line 10, in <module>
    JWT_KEY = os.environ["JWT_KEY"]
KeyError: 'JWT_KEY'
"""


def test_what_several_inputs_fail_for_alike_is_one_cause() -> None:
    other = TRACEBACK.replace("JWT_KEY", "BASE_URL")
    inputs = [("a.log", TRACEBACK), ("b.log", "first\n" + TRACEBACK), ("c.log", other)]
    result = scan([(name, BytesIO(text.encode())) for name, text in inputs], load(SCHEMAS))
    both, one = (cause.finding for cause in result.causes)
    assert [(where.source, where.line) for where in both.where] == [("a.log", 4), ("b.log", 5)]
    assert both.count == 2
    assert ([where.source for where in one.where], one.count) == (["c.log"], 1)


def test_more_blocks_than_are_read_is_said() -> None:
    red = TRACEBACK * 501 + "Exited with code exit status 1\n"
    result = scan([("red", BytesIO(red.encode()))], load(SCHEMAS))
    assert result.causes[0].finding.count == 500
    assert "Of python-exception only the first 500 places in a log were read." in result.sentence
