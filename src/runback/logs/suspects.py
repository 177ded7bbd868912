"""The line of a failed run that most likely says why, where no page of the runbook knows its message.

Programs differ in their words, but hardly in the form in which they complain: a place in a file and
'error:', the name of an exception, a program's name and 'fatal:', a failed test in a list. The forms are
ranked; what only repeats that something failed ('exited with code 1', 'BUILD FAILED') is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from runback.logs.complaints import Form
from runback.logs.forms import LONGEST, patterns, without_carrier
from runback.logs.quotation import is_quoted, quoting
from runback.logs.script import begun

_WEIGHTS: dict[Form, float] = {
    "place": 6,
    "listed": 5.5,
    "exception": 5,
    "said": 5,
    "shell": 4.5,
    "test": 4.5,
    "killed": 4,
    "complaint": 4,
    "remark": 4,
    "find": 3,
    "refused": 4,
    "level": 3.5,
    "progress": 2.5,
    "refusal": 2,
    "words": 1,
}
CLEAR: frozenset[Form] = frozenset(
    ["place", "exception", "said", "shell", "killed", "level", "test", "refusal"]
)
_OF_TESTS: frozenset[Form] = frozenset(
    ["exception", "said", "level", "shell", "words", "killed", "refusal", "complaint"]
)
_ANNOUNCING: frozenset[Form] = frozenset(["exception", "said", "shell", "level", "refusal", "words"])
_FIRST: tuple[Form, ...] = ("place", "listed")  # what is first is the reason of the further ones
_AS_FAR = 300  # lines from the end that take one point of weight away
_FARTHEST = 4  # points that distance takes at most
_SURVIVED = 0.75  # points that each command takes which the script began afterwards
_MOST_SURVIVED = 4
_BLOCK = 8  # lines between two complaints of one block
_WIDE = 50
_SHORT = 40  # lines of a section in which any complaint is worth a word
_MIDDLE = 300
_NEAR = 60
_NAME = 15  # characters of a test's name that no other line has by accident
_SENTENCE = 3  # words
_BELOW = 6  # lines below what announces a reason
_SEVERAL = 2  # lines of a search that are no accident
_NEXT = 20  # lines before the end in which words alone are believed of a long output
_CLASS_SUM = re.compile(r"\bTests run: \d+.*<<< ")  # of Surefire; the tests themselves are listed below it
_ANNOTATION = "##[error]"  # as GitHub shows what a script marked as an error


class Suspect(msgspec.Struct, frozen=True):
    """`at` is an index into the lines. `sure`: by its form and place it is rarely wrong."""

    at: int
    text: str
    form: Form
    sure: bool


def suspect(lines: Sequence[str]) -> Suspect | None:
    """The line that most likely says why the run failed whose output, up to its end, is `lines`."""
    found = [
        (at, form)
        for at, (line, quoted) in enumerate(zip(lines, quoting(lines), strict=True))
        if not quoted and (form := _form(line)) is not None
    ]
    helped = _help(lines)
    found = [one for one in found if not any(first <= one[0] <= last for first, last in helped)]
    found += (
        (first - 1, "refused")
        for first, last in helped
        if _speaks(lines[first - 1]) and not any(_form(line) for line in lines[last + 1 : last + 2])
    )
    known = {at for at, _ in found}
    found = sorted([*found, *(one for one in _by_place(lines) if one[1] != "find" or one[0] not in known)])
    if not found:
        return None
    commands = begun(lines)
    at, form = _best(found, lines, commands)
    last = max(one for one, known in found if known == form) if form in _FIRST else at
    sure = _is_sure(form, len(lines), len(lines) - last)
    at = _reason(at, lines) if form in _ANNOUNCING else at
    return Suspect(at, without_carrier(lines[at]).strip(), form, sure)


def last_words(lines: Sequence[str]) -> Suspect | None:
    """What a command that failed said last, for output without any complaint; None where it sounds well.

    Only for lines up to the word of a platform that the command failed: then nothing else was said after.
    """
    forms = patterns()
    end = next((at for at, line in enumerate(lines) if forms.ended.match(line)), len(lines))
    near = [without_carrier(line).strip() for line in lines[max(0, end - _NEXT) : end]]
    told = (text for text in near if not forms.harmless.search(text))
    if any(forms.verdict.match(text) or forms.summary.match(text) for text in told):
        return None  # a tool knows why, and says it in a form that is not known here
    for at, text in reversed(list(enumerate(near, start=end - len(near)))):
        if forms.murmur.match(text) or forms.frame.match(text):
            continue
        if text.endswith("\\"):
            return None  # the command itself, as the platform shows it
        if len(text.split()) < _SENTENCE and "/" not in text and not forms.file.match(text):
            return None
        quoted = is_quoted(text.encode("utf-8", "replace"), len(text))
        return None if _sounds_well(text) or quoted else Suspect(at, text, "last", len(lines) - at <= _SHORT)
    return None


def _best(
    found: Sequence[tuple[int, Form]], lines: Sequence[str], commands: Sequence[int]
) -> tuple[int, Form]:
    end = len(lines)

    def weight(one: tuple[int, Form]) -> float:
        survived = min(_after(one[0], commands), _MOST_SURVIVED)
        return _WEIGHTS[one[1]] - min((end - one[0]) / _AS_FAR, _FARTHEST) - survived * _SURVIVED

    best = max(range(len(found)), key=lambda index: weight(found[index]))
    form = found[best][1]
    if form in ("test", "progress") or (form in _OF_TESTS and _tests_failed(found, lines)):
        return _first_test(found, lines)
    if form in _FIRST:
        same = [one for one in found if one[1] == form]
        return next(one for one in same if _after(one[0], commands) == _after(found[best][0], commands))
    while best > 0 and found[best - 1][1] == form and _adjoin(found[best - 1][0], found[best][0], lines):
        if _after(found[best - 1][0], commands) != _after(found[best][0], commands):
            break
        best -= 1  # what follows at once is said because of the first
    return found[best]


def _after(at: int, commands: Sequence[int]) -> int:
    """How many commands the script began after this line."""
    return len(commands) - bisect_right(commands, at)


def _adjoin(first: int, second: int, lines: Sequence[str]) -> bool:
    """Whether two complaints are of one block; those of one program, by its mark, may stand farther apart."""
    if second - first <= _BLOCK:
        return True
    one, other = (without_carrier(lines[at]).split(maxsplit=1)[:1] for at in (first, second))
    return second - first <= _WIDE and one == other


def _reason(at: int, lines: Sequence[str]) -> int:
    """Where the complaint says why: below itself, if it only announces it, or names a cause as Node does."""
    forms = patterns()
    causes = [i for i in range(at + 1, min(at + _WIDE, len(lines))) if forms.cause.match(lines[i])]
    if causes:
        return causes[-1]
    head = without_carrier(lines[at]).rstrip()
    if not head.endswith(":"):
        return at
    for below in range(at + 1, min(at + 1 + _BELOW, len(lines))):
        text = without_carrier(lines[below])
        if forms.frame.match(text) or is_quoted(text.encode("utf-8", "replace")):
            return at
        if forms.ruler.match(text) or forms.verdict.match(text.strip()) or text.rstrip().endswith(":"):
            continue
        deeper = len(text) - len(text.lstrip()) > len(head) - len(head.lstrip())
        return below if deeper or forms.item.match(text) or _form(lines[below]) is not None else at
    return at


def _help(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Where programs printed their help: first and last line of each."""
    forms = patterns()
    found: list[tuple[int, int]] = []
    for at, line in enumerate(lines):
        head = forms.usage.match(line[:LONGEST])
        if head is None or at == 0 or (found and at <= found[-1][1]):
            continue
        margin = head.end(1)
        after = (i for i in range(at + 1, len(lines)) if not forms.help.match(lines[i][margin:LONGEST]))
        found.append((at, next(after, len(lines)) - 1))
    return found


def _speaks(line: str) -> bool:
    text = without_carrier(line)
    quoted = is_quoted(text.encode("utf-8", "replace"))
    return bool(text.strip()) and not text.startswith("##[") and not quoted and not _sounds_well(text)


def _sounds_well(text: str) -> bool:
    forms = patterns()
    return any(pattern.search(text) for pattern in (forms.well, forms.activity, forms.harmless))


def _by_place(lines: Sequence[str]) -> Iterator[tuple[int, Form]]:
    """What the form alone does not give away: the first of a list, a warning that counts."""
    forms = patterns()
    remarks = [at for at, line in enumerate(lines) if forms.remark.match(line)]
    for at, line in enumerate(lines):
        if forms.heading.match(line[:LONGEST]):
            below = (i for i in range(at + 1, min(at + 5, len(lines))) if not forms.ruler.match(lines[i]))
            yield from ((first, "listed") for first in islice(below, 1))
        elif remarks and forms.linted.search(line[:LONGEST]):
            yield remarks[0], "remark"
        elif remarks and forms.werror.search(line[:LONGEST]):
            yield from ((last, "remark") for last in [i for i in remarks if i < at][-1:])
    yield from ((at, "find") for at in _finds(lines))


def _finds(lines: Sequence[str]) -> list[int]:
    """The first of several lines of a search (file, line, text) right above the verdict, if any."""
    forms = patterns()
    finds: list[int] = []
    for at in range(len(lines) - 1, -1, -1):
        verdict = forms.verdict.match(lines[at])  # Ant's 'build.xml:187: exec returned: 1' has their form
        if not verdict and forms.find.match(lines[at]):
            finds.append(at)
        elif finds or not (verdict or forms.ruler.match(lines[at])):
            break
    return finds[-1:] if len(finds) >= _SEVERAL else []


def _tests_failed(found: Sequence[tuple[int, Form]], lines: Sequence[str]) -> bool:
    """Whether the last word of what failed is a test runner's sum, and tests are listed before it."""
    if not any(form == "test" for _, form in found):
        return False
    return any(patterns().summary.match(without_carrier(line)) for line in lines[-_NEAR:])


def _first_test(found: Sequence[tuple[int, Form]], lines: Sequence[str]) -> tuple[int, Form]:
    """The first failed test; of a runner that numbers them the list at the end, which says what was wrong."""
    tests = [one for one in found if one[1] == "test"] or [one for one in found if one[1] == "progress"]
    tests = [one for one in tests if not _CLASS_SUM.search(lines[one[0]])] or tests
    numbered = [one for one in tests if re.match(r"\s*1\) ", without_carrier(lines[one[0]]))]
    return numbered[-1] if numbered else _told_again(tests[0], found, lines)


def _told_again(
    test: tuple[int, Form], found: Sequence[tuple[int, Form]], lines: Sequence[str]
) -> tuple[int, Form]:
    """The place where a runner comes back to the test, to say what was wrong, where it does."""
    forms = patterns()
    name = forms.mark.sub("", without_carrier(lines[test[0]])).strip()
    if len(name) < _NAME:
        return test
    listed = {at for at, form in found if form in ("test", "progress")}
    for at in range(test[0] + 1, len(lines) - 1):
        if name in lines[at]:
            below = next((i for i in range(at + 1, len(lines)) if lines[i].strip()), None)
            if below is not None and below not in listed and not forms.verdict.match(lines[below].strip()):
                return at, test[1]
    return test


def _is_sure(form: Form, length: int, distance: int) -> bool:
    if length <= _SHORT:
        return True
    if length <= _MIDDLE:
        return form != "words" or distance <= _NEAR
    if form == "words":
        return distance <= _NEXT
    return form in ("test", "progress", "complaint", "listed", "remark", "find") or distance <= _NEAR


def _form(line: str) -> Form | None:
    """The form of a complaint; None for a line that is none."""
    forms = patterns()
    lower = line[:LONGEST].lower()
    if not any(hint in lower for hint in forms.hints) and not forms.place.search(lower):
        return None
    text = without_carrier(line)
    if not text.strip() or forms.frame.match(text) or forms.verdict.match(text.strip()):
        return None
    if forms.harmless.search(text):
        return None
    form, start = next(
        ((form, match.start()) for form, pattern in forms.known if (match := pattern.search(text))), (None, 0)
    )
    if form is None and (match := forms.words.search(text)) and not forms.activity.search(text):
        form, start = "words", match.start()
    if form in (None, "words", "refusal") and line.startswith(_ANNOTATION):
        form = "said"  # in a script's own words
    return None if form is None or is_quoted(text.encode("utf-8", "replace"), start) else form
