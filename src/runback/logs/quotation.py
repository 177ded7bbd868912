"""Lines that repeat something instead of saying it: echoed commands, diffs, commit messages, results of grep,
names of tests, failures that were expected.

A page's words on such a line are no message of the program that they are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runback.logs.marks import Marks

# What a shell or a tool repeats of its input: `set -x`, Travis' prompt, '> jest', a comment, GitHub's and
# Docker's form of the command that comes next, git's form of a commit.
_ECHOED = re.compile(
    rb"\s*(?:\++ |\+[^ +]|(?:\$|>{1,2}"
    rb"|#(?! +(?:Failed test|There is insuf|A fatal err|fail \d+$"
    rb"|ERROR IN CONFIG|Error calling |Unable to parse YAML))) "
    rb"|\[command\]|##\[(?:command|group|section)\]"
    rb"|(?:Step \d+/\d+ : |#\d+ \[[^\]]*\] )[A-Z]+ "
    rb"|=> (?:ERROR |CACHED )?\[[^\]]*\] [A-Z]+ |ERROR \[[^\]]*\d/\d+\] [A-Z]+ "
    rb"|\[Pipeline\] |Executing: |Running command: |==> (?![\w.-]+: )[a-z][\w./-]* "
    rb"|HEAD is now at |[0-9a-f]{7,12} (?:\([^)]*\) )?[A-Z])"
)
# `grep -n` over sources: file, line, then the text as it stands there (a compiler puts a space or a column).
_GREPPED = re.compile(rb"[\w./+-]+\.\w{1,5}:\d+:(?!\d| \S|\s*$)")
# A test that passed, was skipped or failed as it should; its name may hold anything.
_PASSED_TEST = re.compile(
    rb"\s*(?:\xe2\x9c[\x93\x94\x85] |\xe2\x88\x9a |ok \d+\b|PASS(?:ED)?\b|XFAIL\b|SKIP(?:PED)?\b"
    rb"|not ok \d+\b[^#]*# (?:TODO|SKIP)\b"
    rb"|--- (?:PASS|SKIP): |\[ +(?:OK|PASSED) +\] |\[\+\] )"
    rb"|.*(?:\bPASSED|\bXFAIL|\bSKIPPED|\.\.\. ?(?:ok|skipped\b.*|expected failure))"
    rb"\s*(?:\[ *\d+%\]|\(.*\))?\s*$"
)
_EXPECTED = re.compile(
    rb"(?i)\b(?:expected (?:failure|error:)|xfail\b)|\((?:as )?expected(?: error| failure)?\)"
    rb"|^\W*ignor(?:ed|ing):|\(ignor(?:ed|ing)\)\s*$"
)

_RUN_GROUP = b"##[group]Run "
_GROUP = b"##["
_DIFF = b"diff --git "
_DIFF_LINE = re.compile(
    rb"[ +\-@\\]|\s*$|(?:diff --git|index|new file mode|deleted file mode|old mode|new mode|similarity index"
    rb"|rename|copy|Binary files|commit|Author:|Date:|Merge:)\b"
)
# What a test printed beside what it should have: php's run-tests.php, before it says how the test ended.
_COMPARED = b"========DIFF========"
_COMPARED_END = b"========DONE========"
_MARKS = Marks(_RUN_GROUP, _DIFF, _COMPARED)
_FARTHEST = 64 * 1024  # bytes between the head of a quotation and a line of it


def is_quoted(line: bytes, at: int = 0) -> bool:
    """Whether a line by itself is a quotation; `at` is where in it the words stand."""
    if _ECHOED.match(line) or _PASSED_TEST.match(line[:2000]) or _EXPECTED.search(line[:2000]):
        return True
    grepped = _GREPPED.match(line)
    return grepped is not None and at >= grepped.end()


def quotes(text: bytes) -> bool:
    """Whether `in_quotation` can be so of any line of the text."""
    return bool(_MARKS.of(text))


def in_quotation(text: bytes, start: int) -> bool:
    """Whether the line that begins at `start` is part of a quotation: GitHub's echo of a step, a diff."""
    return _in_run_group(text, start) or _in_diff(text, start) or _in_comparison(text, start)


def quoting(lines: Iterable[str]) -> Iterator[bool]:
    """Of each line of a text whether it is part of a quotation, as `in_quotation` has it."""
    within = ""
    for line in lines:
        start = line[:500].encode("utf-8", "replace")
        if start.startswith(_DIFF):
            within = "diff"
        elif start.startswith(_RUN_GROUP):
            within = "group"
        elif start.startswith(_COMPARED):
            within = "comparison"
        elif within == "comparison":
            within = "" if start.startswith(_COMPARED_END) else within
        elif (within == "diff" and not _DIFF_LINE.match(start)) or start.startswith(_GROUP):
            within = ""
        yield bool(within)


def _in_run_group(text: bytes, start: int) -> bool:
    """GitHub prints the script of a step and its environment between '##[group]Run' and '##[endgroup]'."""
    opened = text.rfind(_RUN_GROUP, max(0, start - _FARTHEST), start)
    return opened >= 0 and text.find(_GROUP, opened + len(_RUN_GROUP), start) < 0


def _in_comparison(text: bytes, start: int) -> bool:
    opened = text.rfind(_COMPARED, max(0, start - _FARTHEST), start)
    return opened >= 0 and text.find(_COMPARED_END, opened, start) < 0


def _in_diff(text: bytes, start: int) -> bool:
    head = text.rfind(_DIFF, max(0, start - _FARTHEST), start)
    if head < 0:
        return False
    end = text.find(b"\n", start)
    lines = text[head : end if end >= 0 else len(text)].split(b"\n")
    return all(_DIFF_LINE.match(line) for line in lines)
