"""What commands read: lines of here-documents, of the checkout's files, of what is printed into a pipe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from runback.declared import expansion, words
from runback.declared.bash import line_of, words_of
from runback.declared.scope import MOST_ITEMS, Scope
from runback.declared.text import Text, hole, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

Lines = tuple[Text, ...]


def given(redirects: list[Node], scope: Scope, files: Mapping[str, str]) -> Lines | None:
    """The lines that redirections give; None where there are none, or nobody can tell."""
    found: Lines | None = None
    for one in redirects:
        if one.type == "heredoc_redirect":
            found = _document(one, scope)
        elif one.type == "herestring_redirect":
            found = _parted(words.text(one.named_children[0], scope)) if one.named_children else None
        elif one.type == "file_redirect" and one.children[0].type == "<":
            path = one.child_by_field_name("destination")
            found = _file(words.text(path, scope).known, scope, files) if path is not None else None
    return found


def written(node: Node, scope: Scope) -> str | None:
    """The YAML file that `cat > manifest.yml <<EOF` writes, by its path."""
    body, redirects = node.child_by_field_name("body"), node.children_by_field_name("redirect")
    inner = [one for outer in redirects if outer.type == "heredoc_redirect" for one in outer.named_children]
    for one in (*redirects, *inner):
        path = one.child_by_field_name("destination") if one.type == "file_redirect" else None
        if (
            path is not None
            and one.children[0].type == ">"
            and body is not None
            and words_of(body).strip() == "cat"
        ):
            found = words.text(path, scope).known or ""
            return scope.resolved(found) if found.endswith((".yml", ".yaml")) else None
    return None


def _file(path: str | None, scope: Scope, files: Mapping[str, str]) -> Lines | None:
    found = scope.resolved(path) if path is not None else None
    text = files.get(found) if found is not None else None
    if text is None or found is None:
        return None
    return tuple(literal(line, (found, number)) for number, line in enumerate(text.splitlines(), 1))[
        :MOST_ITEMS
    ]


def _document(node: Node, scope: Scope) -> Lines | None:
    body = next((one for one in node.children if one.type == "heredoc_body"), None)
    start = next((words_of(one) for one in node.children if one.type == "heredoc_start"), "")
    if body is None:
        return ()
    source, begin = body.text or b"", body.start_byte
    pieces: list[Text] = []
    position = 0
    for child in () if re.search(r"['\"\\]", start) else body.named_children:
        if child.type != "heredoc_content":
            pieces.append(literal(source[position : child.start_byte - begin].decode("utf-8", "replace")))
            pieces.append(words.text(child, scope))
            position = child.end_byte - begin
    pieces.append(literal(source[position:].decode("utf-8", "replace")))
    first = scope.first_line + line_of(body) - 1
    tabs = any(child.type == "<<-" for child in node.children)
    return tuple(
        (_without_tabs(line) if tabs else line).of((scope.path, first + number))
        for number, line in enumerate(_lines(pieces)[:MOST_ITEMS])
    )


def _without_tabs(line: Text) -> Text:
    first = line.parts[0] if line.parts else ""
    return joined((literal(first.lstrip("\t")), Text(line.parts[1:]))) if isinstance(first, str) else line


def _lines(pieces: list[Text]) -> list[Text]:
    """Lines of pieces that follow each other. A line is put together alone: it is short, the whole is not."""
    found: list[list[Text]] = [[]]
    for piece in pieces:
        for part in piece.parts:
            if not isinstance(part, str):
                found[-1].append(Text((part,)))
                continue
            first, *others = part.split("\n")
            found[-1].append(literal(first))
            found += [[literal(one)] for one in others]
    return [joined(line) for line in (found if any(one.parts for one in found[-1]) else found[:-1])]


def _parted(text: Text) -> Lines:
    return tuple(_lines([text])) or (Text(),)


# --- what is printed ------------------------------------------------------------------------------


def printed(node: Node, scope: Scope, files: Mapping[str, str]) -> Lines | None:
    """The lines that a plain `echo`, `printf` or `cat` prints; None for everything else."""
    redirects = node.children_by_field_name("redirect")
    if node.type == "redirected_statement":
        body = node.child_by_field_name("body")
        if body is None or words_of(body).strip() != "cat":
            return None
        return given(redirects, scope, files)
    if node.type != "command":
        return None
    said = [
        one
        for child in node.named_children
        if not child.type.endswith("redirect")
        for one in words.fields(child.children[0] if child.type == "command_name" else child, scope)
    ]
    name, rest = (said[0].known if said else None), said[1:]
    if name == "echo":
        while rest and re.fullmatch(r"-[neE]+", rest[0].known or ""):
            rest = rest[1:]
        return _parted(expansion.united(rest) if rest else Text())
    if name == "printf" and len(rest) > 1 and rest[0].known in ("%s\\n", "%sn"):
        return tuple(rest[1:])[:MOST_ITEMS]
    if name == "cat" and len(rest) == 1:
        return _file(rest[0].known, scope, files)
    return None


# --- read, mapfile, getopts -----------------------------------------------------------------------


def read_of(condition: Node) -> Node | None:
    """The `read` that a loop's condition is, or begins with: `while read -r x || [ -n "$x" ]`."""
    while condition.type in ("list", "redirected_statement") and condition.named_children:
        condition = condition.named_children[0]
    return condition if _name(condition) == "read" else None


def getopts_of(condition: Node) -> list[Node] | None:
    """The words after `getopts`; None where the condition is another."""
    return condition.named_children[1:] if _name(condition) == "getopts" else None


def _name(node: Node) -> str:
    name = node.child_by_field_name("name") if node.type == "command" else None
    return words_of(name) if name is not None else ""


def read(arguments: tuple[Text, ...], separators: Text | None, scope: Scope) -> None:
    """`read`: the next line's fields, into variables; nobody knows them where nobody knows the line."""
    names, listed, waits = [], False, False
    for one in arguments:
        word = one.known or ""
        if waits:
            waits = False
        elif word.startswith("-"):
            listed = listed or "a" in word
            waits = word[-1:] in ("p", "d", "t", "n", "N", "u", "i")
        elif word.isidentifier():
            names.append(word)
    line = scope.stdin[0] if scope.stdin else None
    scope.stdin = scope.stdin[1:] if scope.stdin else scope.stdin
    if line is None or (separators is not None and separators.known is None):
        scope.variables |= {name: hole(name) for name in names}
        return
    by = " \t" if separators is None else separators.known or ""
    found = expansion.split(line, by) if by else [line]
    if listed:
        scope.variables |= {name: tuple(found) for name in names[:1]}
        return
    for position, name in enumerate(names):
        last = position == len(names) - 1
        own = found[position:] if last else found[position : position + 1]
        scope.variables[name] = expansion.united(own, by[:1]) if own else Text()


def mapfile(arguments: tuple[Text, ...], scope: Scope) -> None:
    name = next((one.known for one in reversed(arguments) if (one.known or "").isidentifier()), "MAPFILE")
    scope.variables[name or "MAPFILE"] = scope.stdin if scope.stdin is not None else hole(name or "MAPFILE")


def next_option(written: list[Node], scope: Scope) -> bool | None:
    """One step of `getopts letters name`: whether there is another option; None where nobody can tell."""
    asked = [words.text(one, scope).known or "" for one in written[:2]]
    if len(asked) < 2 or not asked[1].isidentifier():
        return None
    letters, name = asked
    arguments = scope.arguments
    word = arguments[scope.option].known if arguments is not None and scope.option < len(arguments) else ""
    if arguments is None or word is None:
        scope.variables |= {name: hole(name), "OPTARG": hole("OPTARG")}
        return None
    if not re.fullmatch(r"-[^-].*", word):
        scope.option += word == "--"
        return False
    scope.option += 1
    scope.variables[name], value = literal(word[1]), literal(word[2:])
    if f"{word[1]}:" in letters:
        if not value.parts and scope.option < len(arguments):
            value = arguments[scope.option]
            scope.option += 1
        scope.variables["OPTARG"] = value
    return True
