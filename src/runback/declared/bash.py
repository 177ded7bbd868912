"""Bash as a tree: the grammar, loaded when the first script is read, and small questions about its nodes.

docs/decisions/0501 says why tree-sitter. A script is hostile: one that is too long is not read, and parsing
stops where the grammar only goes in circles.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LONGEST = 65_536  # bytes of one script
CHUNK = 4096
DEEPEST = 200  # brackets that are open at once
LISTS = 20  # lists that begin within a list, which bash does not even know
CALLS = 100  # of the parser's progress, and
CALLS_PER_KB = 8  # as many more: scripts that people write need six
# The nodes that do something; others are words, or within words.
STATEMENTS = frozenset({
    "command", "list", "if_statement", "case_statement", "for_statement", "c_style_for_statement",
    "while_statement", "do_group", "variable_assignment", "variable_assignments", "declaration_command",
    "unset_command", "function_definition", "compound_statement", "subshell", "pipeline",
    "negated_command", "redirected_statement", "program",
})  # fmt: skip


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


@lru_cache(maxsize=100)
def parse(text: str) -> Node | None:
    """The root of the script's tree; None where it is too long, or nothing that a shell would read.

    Remembered: a script is followed once for each job that calls it.
    """
    source = text.encode("utf-8", "replace")
    if len(source) > LONGEST or nests(source):
        return None
    calls = 0

    def give_up(_offset: int, _failed: bool) -> bool:
        nonlocal calls
        calls += 1
        return calls > CALLS + CALLS_PER_KB * len(source) // 1024

    parser = _parser()
    try:
        return parser.parse(lambda at, _: source[at : at + CHUNK], progress_callback=give_up).root_node
    except ValueError:  # given up
        parser.reset()
        return None


def nests(source: bytes) -> bool:
    """Whether brackets nest as no person writes them. The parser needs minutes for lists within lists."""
    opened = bytearray()
    lists = 0
    for before, byte in zip(b" " + source, source, strict=False):
        if byte in b"({[":
            is_list = byte == ord("(") and before == ord("=")
            lists += is_list and ord("=") in opened
            opened.append(ord("=") if is_list else byte)
        elif byte in b")}]" and opened:
            opened.pop()
        if len(opened) > DEEPEST or lists > LISTS:
            return True
    return False


def words_of(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def line_of(node: Node) -> int:
    return int(node.start_point[0]) + 1
