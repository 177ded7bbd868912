"""Which of many known texts occur in a block of bytes, in one pass over it."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

_SHORTEST_CODED = 8  # base64 characters; fewer occur by chance
_SHORTEST_CORE = 8  # letters and digits
_RUNS = re.compile(r"[A-Za-z0-9]+")


def spellings(text: str) -> Iterator[tuple[bytes, bool]]:
    """The ways in which `text` can stand in a log, and whether it may stand within longer base64."""
    quoted = quote(text, safe="")
    plain = {text, quoted, quote(text), quote_plus(text), quote(quoted)}
    plain |= {html.escape(text), html.escape(text, quote=False)}
    plain |= {repr(text)[1:-1], text.replace("\\", "\\\\").replace("'", "\\'")}
    for form in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        plain |= {form, form.replace("/", "\\/"), json.dumps(form)[1:-1]}
    plain |= {_lower_escapes(form) for form in plain if "%" in form}
    if "'" in text:
        plain.add(text.replace("'", "'\\''"))  # as a shell quotes it
    data = text.encode(errors="surrogateescape")
    for form in plain:
        yield form.encode(errors="surrogateescape"), False
    yield data.hex().encode(), False
    yield data.hex().upper().encode(), False
    for coded in _in_base64(data):
        yield coded, True
        yield coded.translate(bytes.maketrans(b"+/", b"-_")), True


def core(text: str) -> str | None:
    """The part of a secret that looks the same however it is escaped, where that is enough to know it by.

    Escapes can be nested in more ways than can be listed; letters and digits survive them all.
    """
    longest = max(_RUNS.findall(text), key=len, default="")
    telling = len(longest) >= _SHORTEST_CORE and not longest.isalpha() and not longest.isdigit()
    return longest if telling and longest != text else None


def _in_base64(data: bytes) -> Iterator[bytes]:
    """What base64 of any text that holds `data` contains, for each of the three places it can start at."""
    for before, dropped in ((0, 0), (1, 2), (2, 3)):
        coded = base64.b64encode(b"\0" * before + data)
        whole = (before + len(data)) * 8 // 6
        if whole - dropped >= _SHORTEST_CODED:
            yield coded[dropped:whole]


def _lower_escapes(text: str) -> str:
    """Percent escapes in lower case (%2F → %2f)."""
    head, *rest = text.split("%")
    return head + "".join("%" + part[:2].lower() + part[2:] for part in rest)


class Finder:
    """Finds which of `texts` are in a block. Upper and lower case differ unless `caseless`.

    Those that are not `literal` are expressions, of what all linear-time engines know.
    """

    def __init__(self, texts: Sequence[bytes], *, caseless: bool = False, literal: bool = True) -> None:
        self._search = _hyperscan(texts, caseless, literal) or _Re2(texts, caseless, literal)

    def present(self, block: bytes) -> set[int]:
        """The positions in `texts` of those that occur in `block`."""
        return {which for which, _ in self._search(block, every=False)}

    def places(self, block: bytes) -> list[tuple[int, int]]:
        """Each occurrence of a literal: its position in `texts`, and where in `block` it ends."""
        return self._search(block, every=True)


class _Hyperscan:
    _SIZE = 2_500  # texts in one database: the time to compile one grows faster than its size

    def __init__(self, texts: Sequence[bytes], caseless: bool, literal: bool) -> None:
        self._texts = texts
        self._caseless = caseless
        self._literal = literal
        self._databases: dict[bool, list[Any]] = {}
        self._one = threading.Lock()  # a database's working memory is for one scan at a time

    def __call__(self, block: bytes, *, every: bool) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        with self._one:
            if every not in self._databases:
                starts = range(0, len(self._texts), self._SIZE)
                self._databases[every] = [self._compiled(every, start) for start in starts]
            for database in self._databases[every]:
                database.scan(
                    block, match_event_handler=lambda which, _start, end, *_: found.append((which, end))
                )
        return found

    def _compiled(self, every: bool, start: int) -> Any:
        import hyperscan

        flag = 0 if every else hyperscan.HS_FLAG_SINGLEMATCH
        flag |= hyperscan.HS_FLAG_CASELESS if self._caseless else 0
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        texts = list(self._texts[start : start + self._SIZE])
        count = len(texts)
        database.compile(
            expressions=texts,
            ids=list(range(start, start + count)),
            flags=[flag] * count,
            elements=count,
            literal=self._literal,
        )
        return database


class _Re2:
    """Where hyperscan has no wheel. A set of bounded size each, since RE2 limits a set's memory."""

    _SIZE = 500

    def __init__(self, texts: Sequence[bytes], caseless: bool, literal: bool) -> None:
        import re2

        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.case_sensitive = not caseless
        options.max_mem = 64 << 20
        self._texts = texts
        self._sets = []
        for start in range(0, len(texts), self._SIZE):
            one = re2.Set.SearchSet(options)
            for text in texts[start : start + self._SIZE]:
                one.Add(re2.escape(text) if literal else text)
            one.Compile()
            self._sets.append((start, one))

    def __call__(self, block: bytes, *, every: bool) -> list[tuple[int, int]]:
        present = [start + which for start, one in self._sets for which in one.Match(block) or ()]
        if not every:
            return [(which, 0) for which in present]
        return [(which, end) for which in present for end in _ends(block, self._texts[which])]


def _ends(block: bytes, text: bytes) -> Iterator[int]:
    at = block.find(text)
    while at >= 0:
        yield at + len(text)
        at = block.find(text, at + 1)


def _hyperscan(texts: Sequence[bytes], caseless: bool, literal: bool) -> _Hyperscan | None:
    try:
        import hyperscan  # noqa: F401 - only whether it is there
    except ImportError:
        return None
    return _Hyperscan(texts, caseless, literal)
