"""Several logs in one scan: what they fail for alike is one cause."""

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
