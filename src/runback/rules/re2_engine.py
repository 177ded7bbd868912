"""Candidates from RE2, where Hyperscan has no wheel: a set of patterns over blocks, then over their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import re2

from runback.rules.candidates import CHECKED, Candidate, PatternRefused

_BLOCK = 16 * 1024  # bytes; a larger block more often holds a hit, a smaller one costs more calls


class Re2Engine:
    """Raises `PatternRefused` for a pattern that RE2 cannot take."""

    def __init__(self, patterns: Sequence[str]) -> None:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._options = options
        self._patterns = [_as_re2(pattern) for pattern in patterns]
        for index, pattern in enumerate(self._patterns):
            try:
                self._set.Add(pattern)
            except re2.error as error:
                raise PatternRefused(index, str(error)) from error
        self._set.Compile()

    def candidates(self, data: bytes) -> Iterator[Candidate]:
        start = 0
        while start < len(data):
            end = data.rfind(b"\n", start, start + _BLOCK) + 1
            if end <= 0 or start + _BLOCK >= len(data):
                newline = data.find(b"\n", start + _BLOCK)
                end = newline + 1 if newline >= 0 else len(data)
            block = data[start:end]
            if self._set.Match(block):
                yield from self._lines(block, start)
            start = end

    def _lines(self, block: bytes, offset: int) -> Iterator[Candidate]:
        for line in block.split(b"\n"):
            for pattern in self._set.Match(line) or ():
                yield Candidate(offset + self._end(line, pattern), pattern)
            offset += len(line) + 1

    def _end(self, line: bytes, pattern: int) -> int:
        """Where the match ends; a set does not say. In a short line any place will do."""
        if len(line) <= CHECKED:
            return len(line)
        match = re2.compile(self._patterns[pattern], self._options).search(line)
        return int(match.end()) if match else len(line)


def linear(pattern: str) -> re.Pattern[bytes]:
    """The pattern with a check in linear time, for pages whose authors we do not know."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    compiled: re.Pattern[bytes] = re2.compile(_as_re2(pattern), options)
    return compiled


def _as_re2(pattern: str) -> bytes:
    """The pattern for RE2: its `\\s` lacks a vertical tab; `(?m)` lets ^ and $ stand at each line."""
    pieces, in_class = [], False
    for piece in re.findall(r"\\.|.", pattern, re.DOTALL):
        if piece == r"\s":
            pieces.append(r"\s\x0b" if in_class else r"[\s\x0b]")
            continue
        in_class = (in_class or piece == "[") and piece != "]"
        pieces.append(piece)
    return ("(?m)" + "".join(pieces)).encode()
