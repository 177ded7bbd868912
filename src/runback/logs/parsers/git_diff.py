"""git: the diff with which a command ends that wants the checkout unchanged (`git diff --exit-code`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window

_HEAD = re.compile(r"diff --git a/(?P<file>\S+) b/\S+$")
# git/git, diff.c: the heads of a file, the places and their lines; blank ones lose their margin on the way
_DIFF = re.compile(
    r"diff --git |index [0-9a-f]+\.\.|(?:old|new|deleted file|new file) mode |(?:dis)?similarity index "
    r"|(?:rename|copy) (?:from|to) |Binary files |\\ No newline|--- |\+\+\+ |@@ |[ +-]|$"
)
# What says that the command ended there, and failed.
_ENDED = re.compile(
    r"Exited with code|CircleCI received exit code [1-9]|##\[error\]|The command \".*\" exited with [1-9]"
    r"|travis_time:end|ERROR: (?:Job failed|script returned)|\[Pipeline\] |Build step '|section_end:"
    r"|npm (?:ERR!|error) |error Command failed|g?make(?:\[\d+\])?: \*\*\* "
)
# That somebody asked for it, in the lines above: the command, as the shell or the platform repeats it.
_ASKED = re.compile(r"\bgit (?:diff|status)\b")
_TIDIED = re.compile(r"\s*(?:$|(?:Container|Network|Volume) \S+ +\w+$)")
_ABOVE = 8
_AFTERWARDS = 12  # lines of advice


def _parse(window: Window) -> Iterator[Parsed]:
    lines, head = window.lines, _HEAD.match(window.lines[window.at])
    if head is None:
        return
    below = range(window.at + 1, len(lines))
    end = next((at for at in below if not _DIFF.match(lines[at])), len(lines))
    asked = any(_ASKED.search(line) for line in lines[max(0, window.at - _ABOVE) : window.at])
    after = lines[end : end + _AFTERWARDS] if asked else [*_untidied(lines[end : end + _AFTERWARDS])][:1]
    if any(_ENDED.match(line) for line in after):
        yield Parsed(window.at, {"file": head["file"]}, last=end - 1)


def _untidied(lines: Sequence[str]) -> Iterator[str]:
    return (line for line in lines if not _TIDIED.match(line))


PARSER = Parser(columns=("file",), parse=_parse)
