"""Log text as a terminal would show it: no colours, carriage returns and back spaces carried out.

The number of lines never changes, so that line numbers stay those of the input. Sequences that move to
other lines are dropped: a redrawn block stays as it was written.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
_C0 = tuple(bytes([code]) for code in (13, 27, *range(9), 11, 12, *range(14, 27), *range(28, 32), 127))
_PIECE = re.compile(
    r"(?P<text>[^\x00-\x08\x0b-\x1f\x7f-\x9f]+)"
    r"|(?:\x1b\[|\x9b)(?P<arguments>[0-?]*)[ -/]*(?P<command>[@-~])?"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # window titles, hyperlinks
    r"|\x1b[ -/]*[0-~]?"
    r"|(?P<back>\x08+)"  # progress bars write them by the dozen
    r"|(?P<control>.)",
    re.DOTALL,
)
_RETURNS = re.compile(rb"\r{2,}")
_WIDEST = 4096  # columns that a cursor movement may reach


def render(raw: bytes) -> bytes:
    """The text, with as many lines as `raw`, without control characters but tab and newline. Linear time."""
    if not _has_controls(raw):
        return raw
    text = raw.replace(b"\r\n", b"\n")
    if not _has_controls(text):
        return text
    return b"\n".join(
        _render_line(line) if _CONTROL.search(line) is not None else line for line in text.split(b"\n")
    )


def _has_controls(text: bytes) -> bool:
    """As `_CONTROL` says, but at the speed of memory: nearly every chunk of nearly every log has none."""
    return any(control in text for control in _C0) or (b"\xc2" in text and _CONTROL.search(text) is not None)


def _render_line(raw: bytes) -> bytes:
    screen = _Line()
    raw = _RETURNS.sub(b"\r", raw)
    for piece in _PIECE.finditer(raw.decode("utf-8", "surrogateescape")):
        if piece["text"] is not None:
            screen.write(piece["text"])
        elif piece["command"] is not None:
            screen.command(piece["command"], piece["arguments"])
        elif piece["control"] == "\r":
            screen.column = 0
        elif piece["back"] is not None:
            screen.column = max(0, screen.column - len(piece["back"]))
    return "".join(screen.cells).rstrip(" ").encode("utf-8", "surrogateescape")


class _Line:
    """One line of a screen that is as wide as needed."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        self.column = 0

    def write(self, text: str) -> None:
        if self.column > len(self.cells):
            self.cells.extend(" " * (self.column - len(self.cells)))
        self.cells[self.column : self.column + len(text)] = text
        self.column += len(text)

    def command(self, command: str, arguments: str) -> None:
        number = int(arguments) if arguments.isdecimal() and len(arguments) < 6 else 0
        if command == "K":
            self._erase(number)
        elif command == "G":
            self.column = min(max(number, 1) - 1, _WIDEST)
        elif command == "C":
            self.column = max(self.column, min(self.column + max(number, 1), _WIDEST))
        elif command == "D":
            self.column = max(0, self.column - max(number, 1))

    def _erase(self, part: int) -> None:
        if part == 0:
            del self.cells[self.column :]
        elif part == 1:
            # bounded, so that a line of nothing but erasures does not take quadratic time
            count = min(self.column + 1, len(self.cells), _WIDEST)
            self.cells[:count] = " " * count
        elif part == 2:
            self.cells.clear()
            self.column = min(self.column, _WIDEST)
