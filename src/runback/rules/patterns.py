"""Which patterns pages may use: those that `re`, Hyperscan and RE2 understand alike on one line of bytes."""

from __future__ import annotations

import re

_REFUSED = (
    (re.compile(r"\(\?<?[=!]"), "look-around is not in the linear-time subset"),
    (re.compile(r"\(\?P="), "back-references are not in the linear-time subset"),
    (re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]"), "back-references are not in the linear-time subset"),
    (re.compile(r"\(\?[>(]"), "atomic and conditional groups are not in the linear-time subset"),
    (re.compile(r"(?<!\\)[*+?}]\+"), "possessive repeats are not in the linear-time subset"),
    (re.compile(r"(?<!\\)(?:\\\\)*\\[AZz]"), "a signature sees one line: write ^ and $"),
    (re.compile(r"(?<!\\)(?:\\\\)*\\n"), "a signature sees one line: it cannot hold a newline"),
)


def objection(pattern: str) -> str:
    """Why a page may not use this pattern; '' where it may."""
    for refused, why in _REFUSED:
        if refused.search(pattern):
            return why
    try:
        compiled = re.compile(pattern.encode())
    except re.error as error:
        return f"not a regular expression: {error}"
    if compiled.search(b""):
        return "matches the empty line, so every log"
    return ""


def nests(pattern: str) -> bool:
    """Whether a group that holds a repeat, or a choice, is itself repeated: `(a+)+`, `(a|aa)*`."""
    depths: list[bool] = []  # of each open group: whether it holds a repeat or a choice
    closed = False  # what stands just before is a group that does
    for piece in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:P](?:<\w+>)?|\{\d*,\d*\}|.", pattern):
        repeats = piece in "*+" or (piece.startswith("{") and len(piece) > 1)
        if repeats and closed:
            return True
        closed = False
        if piece.startswith("("):
            depths.append(False)
        elif piece == ")" and depths:
            closed = depths.pop()
            if depths and closed:
                depths[-1] = True
        elif (repeats or piece == "|") and depths:
            depths[-1] = True
    return False


_OPEN_END = re.compile(
    r"""(?P<atom>\.|\\[wWdDsS]|\[\^?\]?(?:[^\]\\]|\\.)*\])(?P<repeat>[*+])\??(?P<close>\)?)\Z""", re.VERBOSE
)
_NAMED = re.compile(r"\(\?P<\w+>\Z")
_OPEN_START = re.compile(r"(?P<flags>\(\?i\))?\^(?:\\s|\ |\[\ \])(?P<repeat>[*+])(?![+?])", re.VERBOSE)
_RUN_AT_START = re.compile(
    r"(?P<flags>\(\?i\))?\^(?:\[1-9\]\\d[*+]|(?P<one>\\d|[^\w\s\\()\[\].*+?^$|{}])\+)(?![+?])"
)
_MARGIN_IN_GROUP = re.compile(r"\(\?:\^(?:\\s|\ )\*(?![+?])")


def shortened(pattern: str) -> str:
    """A pattern for an engine that names candidates: it matches every line that `pattern` matches, with
    neither an open end such as `(?P<message>.+)` nor the margin `^\\s*`, but for its last blank, nor a number
    or a ruler at the start (`^[1-9]\\d*`, `^=+`), but for its last sign.

    An engine reports every end of a match, and an open end has one at each byte that follows. Of a repeat at
    the start Hyperscan 5.4 loses matches, where several patterns begin with one and go on alike.
    """
    run = _RUN_AT_START.match(pattern)
    if run is not None:
        pattern = (run["flags"] or "") + (run["one"] or r"\d") + pattern[run.end() :]
    if group := _MARGIN_IN_GROUP.match(pattern):
        pattern = "(?:" + pattern[group.end() :]
    margin = _OPEN_START.match(pattern)
    if margin is not None:
        blank = r"\s" if margin["repeat"] == "+" else r"(?:^|\s)"
        pattern = (margin["flags"] or "") + blank + pattern[margin.end() :]
    return _without_open_end(pattern)


def _without_open_end(pattern: str) -> str:
    match = _OPEN_END.search(pattern)
    if match is None:
        return pattern
    head = pattern[: match.start()]
    if (len(head) - len(head.rstrip("\\"))) % 2:  # the atom is escaped: a literal dot
        return pattern
    atom = match["atom"] if match["repeat"] == "+" else ""
    if match["close"]:
        group = _NAMED.search(head)
        if group is None:
            return pattern
        head = head[: group.start()]
    return head + atom
