"""What commands a script runs, and with which words: read, never executed.

Statements are followed in their order. Where a condition cannot be told, all ways are looked at, and what is
set differently on them is unknown afterwards. Loops over lists are followed item by item, functions with
their arguments, other scripts of the checkout where they are called. All of it within a budget: a hostile
script ends with 'too much of it'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from runback.declared import calls, flow
from runback.declared.scope import Scope
from runback.declared.steps import Steps

if TYPE_CHECKING:
    from tree_sitter import Node


class Shell(Steps):
    """A shell that reads and runs nothing; `run` adds to `commands` what a script would run."""

    readers: ClassVar[Mapping[str, Callable[[Steps, Node, Scope], None]]] = {
        "command": calls.command,
        "list": flow.both,
        "if_statement": flow.if_,
        "case_statement": flow.case,
        "for_statement": flow.for_,
        "c_style_for_statement": flow.counted,
        "while_statement": flow.while_,
        "do_group": Steps.inside,
        "variable_assignment": Steps.assign,
        "variable_assignments": Steps.inside,
        "declaration_command": Steps.declare,
        "unset_command": Steps.unset,
        "function_definition": Steps.define,
        "compound_statement": Steps.inside,
        "subshell": Steps.subshell,
        "pipeline": flow.pipeline,
        "negated_command": Steps.inside,
        "redirected_statement": flow.redirected,
        "program": Steps.inside,
    }
