"""The forms in which programs complain, compiled, and a line without what stands before its own words."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from runback.logs import complaints
from runback.logs.complaints import Form

LONGEST = 1000  # characters of a line that are looked at


def without_carrier(line: str) -> str:
    """The line without the time, the step or the container that stands before what the program says."""
    line = line[:LONGEST]
    carrier = patterns().carrier.match(line)
    return line[carrier.end() :] if carrier is not None else line


class Patterns(msgspec.Struct, frozen=True):
    hints: tuple[str, ...]
    place: re.Pattern[str]
    carrier: re.Pattern[str]
    frame: re.Pattern[str]
    verdict: re.Pattern[str]
    harmless: re.Pattern[str]
    summary: re.Pattern[str]
    heading: re.Pattern[str]
    ruler: re.Pattern[str]
    remark: re.Pattern[str]
    werror: re.Pattern[str]
    linted: re.Pattern[str]
    find: re.Pattern[str]
    usage: re.Pattern[str]
    help: re.Pattern[str]
    ended: re.Pattern[str]
    murmur: re.Pattern[str]
    well: re.Pattern[str]
    mark: re.Pattern[str]
    cause: re.Pattern[str]
    item: re.Pattern[str]
    file: re.Pattern[str]
    activity: re.Pattern[str]
    words: re.Pattern[str]
    known: tuple[tuple[Form, re.Pattern[str]], ...]


@cache
def patterns() -> Patterns:
    """Compiled when a log first asks for them: most logs are explained by a page."""
    return Patterns(
        hints=complaints.HINTS,
        place=re.compile(complaints.PLACE),
        carrier=re.compile(complaints.CARRIER, re.VERBOSE),
        frame=re.compile(complaints.FRAME, re.VERBOSE),
        verdict=re.compile(complaints.VERDICT, re.VERBOSE | re.IGNORECASE),
        harmless=re.compile(complaints.HARMLESS, re.VERBOSE),
        summary=re.compile(complaints.SUMMARY, re.VERBOSE | re.IGNORECASE),
        heading=re.compile(complaints.HEADING, re.VERBOSE | re.IGNORECASE),
        ruler=re.compile(complaints.RULER),
        remark=re.compile(complaints.REMARK, re.VERBOSE),
        werror=re.compile(complaints.WERROR, re.VERBOSE),
        linted=re.compile(complaints.LINTED, re.VERBOSE),
        find=re.compile(complaints.FIND),
        usage=re.compile(complaints.USAGE),
        help=re.compile(complaints.HELP),
        ended=re.compile(complaints.ENDED, re.VERBOSE),
        murmur=re.compile(complaints.MURMUR),
        well=re.compile(complaints.WELL),
        mark=re.compile(complaints.MARK, re.VERBOSE),
        cause=re.compile(complaints.CAUSE),
        item=re.compile(complaints.ITEM),
        file=re.compile(complaints.FILE),
        activity=re.compile(complaints.ACTIVITY, re.VERBOSE),
        words=re.compile(complaints.WORDS, re.VERBOSE | re.IGNORECASE),
        known=tuple((form, re.compile(pattern, re.VERBOSE)) for form, pattern in complaints.FORMS),
    )
