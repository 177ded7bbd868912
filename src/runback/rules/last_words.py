"""The last words of a log that has no other verdict: what they complain of, or that all went well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from runback.logs.chunks import Chunk
from runback.logs.complaints import Form
from runback.logs.quotation import is_quoted
from runback.logs.suspects import CLEAR, suspect
from runback.rules import went_well
from runback.rules.around import LONGEST, Around, Tails, Verdict, line_of, verdict_of
from runback.rules.engine import Matcher
from runback.rules.verdicts import COMPLAINTS

_NEAR = 12  # lines from the end in which a complaint alone counts as a failure
_FEW = 150  # lines of a log that may be an excerpt
_OF_SOURCES = 1_000  # last lines of a log of several sources
_AFTERWARDS = 40  # lines before a log's cut that may say why
_FRAME = re.compile(rb"\s+at \S|\s*\.\.\. \d+ more$")
# What no run prints that goes well, if nothing after it says so.
_OF_EXCERPTS: frozenset[Form] = CLEAR | {"listed", "progress"}
# What ends a command; exceptions, levels and refusals stand in the output of tests that pass, too.
_ENDS: frozenset[Form] = CLEAR - {"exception", "level", "refusal", "test"}
# After a tool went well: what a shell says there, scripts often get over.
_AT_LAST: frozenset[Form] = CLEAR - {"shell", "level", "refusal", "test"}


class LastWords:
    """The end of one log."""

    def __init__(self) -> None:
        self.tail: Around | Tails | None = None
        self._complaint: Verdict | None = None
        self._frames = 0  # lines of stack traces in the last words

    def read(self, chunk: Chunk) -> None:
        """Reads the last chunk of a stream."""
        tail = Around(chunk.before, chunk)
        if self.tail is None:
            self.tail = tail
        else:  # the router's lines, and the app's
            self.tail = Tails([*self.tail.lines()[-_OF_SOURCES:], *tail.lines()[-_OF_SOURCES:]])
        text = chunk.data.rstrip()
        lines = text.split(b"\n")[-LONGEST:]
        self._frames = sum(_FRAME.match(line) is not None for line in lines)
        lines = lines[-_NEAR - self._frames :]
        first = chunk.first_line + text.count(b"\n") + 1 - len(lines)
        for hit in _complaints().hits_in(Chunk(data=b"\n".join(lines), first_line=first)):
            line = chunk.number(hit.line)
            if hit.line + 1 - first < len(lines) and went_well.IGNORED.match(lines[hit.line + 1 - first]):
                continue
            said = verdict_of(line, hit.text)
            serves_on = went_well.SERVES_ON.search(said.text)
            if not is_quoted(hit.text) and line > line_of(self._complaint) and not serves_on:
                self._complaint = said

    def verdict(self, lines: int, after: int, *, cut: bool) -> Verdict | None:
        """What it complains of, if nothing later says that all went well; `after`: the last line in which a
        tool said so, 0 where none did."""
        said, near = self._complaint, lines - _NEAR * 2 - self._frames
        if said is not None and not after and said.line > max(near, self._all_passed()):
            return said
        return self._excerpt(lines, after, cut=cut)

    def _excerpt(self, lines: int, after: int, *, cut: bool) -> Verdict | None:
        """What people paste has often no verdict: of few lines one clear complaint is enough; so it is of
        the few after a tool went well, and of those that stand last in a log that was cut."""
        if self.tail is None or (lines - after > _FEW and not cut):
            return None
        numbered = [one for one in self.tail.lines() if one[0] > after][-_NEAR if cut else 0 :]
        found = suspect([line for _, line in numbered])
        if found is None or found.form not in (_ENDS if cut else _AT_LAST if after else _OF_EXCERPTS):
            return None
        if went_well.SERVES_ON.search(found.text):
            return None
        line = numbered[found.at][0]
        well = max(_well_until(numbered), self._all_passed(), lines - _AFTERWARDS if cut else 0)
        return Verdict(line, found.text) if line > well else None

    def well(self, lines: int, *, cut: bool) -> int | None:
        """The last line of what may be an excerpt that says that all went well (0: none); None: too long.

        Of a log that was cut, only what stands last may be why.
        """
        if self.tail is None or (lines > _FEW and not cut):
            return None
        well = _well_until(self.tail.lines())
        return max(well, lines - _AFTERWARDS) if cut else max(well, self._all_passed())

    def _all_passed(self) -> int:
        """The last line that says that all went well, of a sum or of a server; 0: none does."""
        return went_well.until(self.tail.lines()) if self.tail is not None else 0


def _well_until(numbered: Sequence[tuple[int, str]]) -> int:
    """The last of the lines that speaks against a failure; 0: none does."""
    return max((number for number, line in numbered if went_well.WELL.match(line)), default=0)


@cache
def _complaints() -> Matcher:
    return Matcher(COMPLAINTS, keep=True)
