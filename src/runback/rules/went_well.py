"""The words with which tools and servers say that all went well, whatever was complained of before."""

from __future__ import annotations

import re
from collections.abc import Sequence

WELL = re.compile(  # later words that speak against a failure; a shell that goes on
    r"(?i)\+ \w|make\b.*: .* \(ignored\)$"
    r"|(?!.*\b(\d+)(?:/| of )(?!\1\b)\d+\b)"  # 4 of 7
    r"(?!.*(?:\bnot\b|\bnever\b|error|(?<!\b0 )(?<!\b0 tests )fail|destroyed container|(?:stopp|remov)ing ))"
    r".*\b(?:succe(?:ss|eded|ssfully)|passed|completed?|done|ok|connected|finished(?=$)"
    r"|is (?:now )?(?:up|ready|running|healthy|available|reachable))\b"
)
# A server that took its work up, or goes on with it.
_WENT_ON = re.compile(
    r"(?:[\w.-]+ +\|)?\W*\d{4}-\d\d-\d\d.*\bINFO\b(?!(?i:.*(?:\bnot\b|error|fail|shut|stopp|exit)))"
    r".*\b(?:[Ss]tarted|[Cc]ompleted|[Ll]istening|ready|[Ss]uccess\w*)\b"
    r"|(?:[\w.-]+ +\|)?\W*(?:Listening (?:on|at) |Uvicorn running on|Starting development server)"
    r"|State changed from \w+ to up$"  # Heroku
    r"|(?!.*[Ee]xit(?:ed)? (?:with )?status)"  # of an answer
    r".*\b(?:[Ss]tatus(?: code)?:? |HTTP/\d(?:\.\d)?\"? )2\d\d\b"
)
# What a server says of one client, and serves on: gunicorn/ctl/server.py; PostgreSQL's own log, as of a
# client that comes while it starts, is sent away when it ends, or asks whether its tables are there.
SERVES_ON = re.compile(
    r"\bControl server error: |(?i:\bwill (?:be )?retr(?:y|ied)\b|\bretrying\b)"
    r"|\[\d+\] (?:\S+@\S+ )?FATAL:  ?(?:the database system is |terminating \w+ (?:\w+ )?due to )"
    r"|\[\d+\] (?:\S+@\S+ )?FATAL:  ?role \"(?:root|runner)\" does"  # of a pg_isready without a name
    r"|\[\d+\] (?:\S+@\S+ )?ERROR:  ?relation \"(?:\w+\.)?(?:\w*migrations?|\w+_metadata|alembic_version)\""
)
IGNORED = re.compile(rb"g?make\b.*: .* \(ignored\)$")  # of the command above
ANSIBLE = r"\S+ +: ok=\d+ .*\bunreachable=0 +failed=0\b"  # its sum of one host
_SUM = re.compile(rf" +[1-9]\d* passed(?: \([\d.]+m?s\))?$|{ANSIBLE}")
_BAD_SUM = re.compile(
    r" +[1-9]\d* (?:failed|flaky|interrupted)\b|\S+ +: ok=\d+ .*\b(?:unreachable|failed)=[1-9]"
)
# How a script ends that tested something: what else goes wrong in a script, it may say 'done' all the same.
_AT_LAST = re.compile(r"(?i)(?!.*(?:\bnot\b|error|fail|warn))[^+].*\b(?:tests?|checks?)\b.*\bpassed[.!]?$")
_SUMS = 30  # lines of the end that may tell a failed test


def until(tail: Sequence[tuple[int, str]]) -> int:
    """The last of a log's numbered lines where it is a sum, as of Playwright or Ansible, and none tells a
    failure, or where a script says that its tests passed; else the last in which a server says that it works;
    0: none of them."""
    works = max((number for number, text in tail if _WENT_ON.match(text)), default=0)
    lines = [(number, text) for number, text in tail[-_SUMS:] if text.strip()]
    if lines and _AT_LAST.match(lines[-1][1]):
        return lines[-1][0]
    if not lines or not _SUM.match(lines[-1][1]) or any(_BAD_SUM.match(text) for _, text in lines):
        return works
    return lines[-1][0]
