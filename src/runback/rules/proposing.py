"""A first page for something that was seen: the signature that its line suggests, and the page around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from runback.model import Confidence, Severity, Stage

# What varies from one run to the next, the most telling first. A name makes it a column of the finding.
_VARYING: tuple[tuple[str, str, str], ...] = (
    ("", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?", r"[\d:T.,Z+ -]+"),
    ("", r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", r"[0-9a-fA-F-]{36}"),
    ("url", r"https?://[^\s'\"<>]+", r"https?://[^\s'\"<>]+"),
    ("value", r"'[^']+'", r"[^']+"),
    ("value", r"\"[^\"]+\"", r"[^\"]+"),
    ("file", r"(?:[\w.-]*/)+[\w.-]+\.\w+", r"[\w./-]+"),
    ("host", r"[\w-]+(?:\.[\w-]+)+(?=:\d+)", r"[\w.-]+"),
    ("", r"0x[0-9a-fA-F]+|\b[0-9a-f]{12,}\b", r"[0-9a-fA-Fx]+"),
    ("number", r"\b\d+\b", r"\d+"),
)
_ANY = re.compile("|".join(f"(?P<g{index}>{seen})" for index, (_, seen, _) in enumerate(_VARYING)))
_TIME = re.compile(r"^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?\]?\s*")
_QUOTES = "'\""
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")
_ENDS: dict[Stage, str] = {
    "stage": "staging-failed",
    "start": "app-crashed",
    "run": "app-crashed",
    "connect": "request-failed",
    "serve": "request-failed",
}
WORDS = 4  # letters that a pattern needs outside what varies: less would fire on anything


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said of a fault that was seen, and the line that shows it."""

    id: str
    line: str
    title: str
    stage: Stage
    meaning: str
    mitigation: str
    provenance: str
    pattern: str
    severity: Severity = "error"
    confidence: Confidence = "medium"
    sources: tuple[str, ...] = ("any",)
    harmless: str = ""  # a line that looks alike; '' where none is known
    since: str = "0.1.0"


def pattern_of(line: str) -> str:
    """A pattern for the line: its own words stand as they are, what varies is matched by its kind.

    '' where too little of the line would remain that is its own.
    """
    parts = list(_parts(line))
    if sum(len(re.findall(r"[A-Za-z]", text)) for text, kind in parts if kind is None) < WORDS:
        return ""
    used: dict[str, int] = {}
    return "".join(
        _quoted(text) if kind is None else _group(text, *_VARYING[kind][::2], used) for text, kind in parts
    )


def title_of(line: str, longest: int = 100) -> str:
    """A title from the line: what varies becomes the column that the pattern gives it."""
    used: dict[str, int] = {}
    title = ""
    for text, kind in _parts(line):
        name = "" if kind is None else _VARYING[kind][0]
        if kind is None:
            title += text.replace("{", "(").replace("}", ")")
        elif name:
            quote = text[0] if text[0] in _QUOTES else ""
            title += f"{quote}{{{_numbered(name, used)}}}{quote}"
    title = re.sub(r"\s+", " ", title)[:longest]
    return re.sub(r"\{\w*$", "", title).strip(" :-.")


def page_text(draft: Draft) -> str:
    """The page as a file; what it says when it fires is left to be written by running it."""
    import yaml

    header = {
        "id": draft.id,
        "title": draft.title,
        "stage": draft.stage,
        "severity": draft.severity,
        "confidence": draft.confidence,
        "tier": "specific",
        "since": draft.since,
        "signatures": [
            {"pattern": draft.pattern, "sources": list(draft.sources), "provenance": draft.provenance}
        ],
        "leads_to": [_ENDS.get(draft.stage, "step-failed")],
    }
    front = yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=1000).rstrip()
    silent = ("it looks alike and is harmless", draft.harmless)
    if not draft.harmless:
        silent = ("only the beginning of the message", beginning(draft.line))
    sections = [
        f"---\n{front}\n---",
        f"## Meaning\n{draft.meaning}\n",
        f"## Mitigation\n{draft.mitigation}\n",
        "## Examples",
        _example("fires", "as it was seen", draft.line),
        _example("silent", *silent),
    ]
    return "\n".join(sections) + "\n"


def beginning(line: str) -> str:
    """The first half of a line's words: a pattern that fires on it would fire on too much."""
    words = line.split()
    return " ".join(words[: max(1, len(words) // 2)])


def _parts(line: str) -> Iterator[tuple[str, int | None]]:
    """The line in pieces, without a time in front: its own text with None, what varies with its kind."""
    line = _TIME.sub("", line.strip())
    last = 0
    for match in _ANY.finditer(line):
        if match.start() > last:
            yield line[last : match.start()], None
        yield match[0], int(str(match.lastgroup)[1:])
        last = match.end()
    if last < len(line):
        yield line[last:], None


def _group(text: str, name: str, inner: str, used: dict[str, int]) -> str:
    if not name:
        return inner
    group = f"(?P<{_numbered(name, used)}>{inner})"
    return f"{text[0]}{group}{text[0]}" if text[0] in _QUOTES else group


def _numbered(name: str, used: dict[str, int]) -> str:
    used[name] = used.get(name, 0) + 1
    return name if used[name] == 1 else f"{name}{used[name]}"


def _quoted(text: str) -> str:
    """The text as a pattern of itself; runs of spaces match runs of spaces."""
    return re.sub(r" {2,}", " +", _SPECIAL.sub(lambda match: "\\" + match[0], text))


def _example(outcome: str, title: str, log: str) -> str:
    return f"### {outcome}: {title}\n```log\n{log}\n```"
