"""The lines with which platforms begin the next command of a script, or the next stage: they do so only where
what came before went well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

Prompt: TypeAlias = Literal[
    "begins",  # whatever the platform
    "gitlab",
    "gitlab begins",
    "gitlab ends",
    "any end",  # from here on things begin after a failure, too, or beside each other
    "stage begins",
    "not run",  # a stage that was begun is not run, so what came before it failed
]

LINES: Sequence[tuple[str, Prompt]] = (
    (r"^#!/bin/(?:ba)?sh -e\w*(?: -?o? ?pipefail)?$", "begins"),  # CircleCI
    # GitLab: gitlab-org/gitlab-runner, shells/bash.go, common/build.go
    (r"^Running with gitlab-runner ", "gitlab"),
    (r"^\$ \S", "gitlab begins"),
    (
        r"^(?:Running after(?:_| )script|Uploading artifacts for failed job|Cleaning up project dir)",
        "gitlab ends",
    ),
    # Jenkins, its plugin pipeline-model-definition
    (r"^\[Pipeline\] \{ \((?:[^BD]|B[^r]|D[^e]|De[^c])", "stage begins"),  # no branch, no post action
    (r"^\[Pipeline\] (?:parallel$|\{ \(Declarative: Post)", "any end"),
    (r'^Stage ".+" skipped due to earlier failure', "not run"),
)
_SILENT = 1  # line further is the end of a command that says nothing


class Prompts:
    """One log under way."""

    def __init__(self) -> None:
        self._gitlab = False
        self._over = False
        self._last = 0  # line that began something

    def read(self, index: int, line: int) -> Literal["well", "badly"] | None:
        """How that went that stands before this line, which fits `LINES[index]`; None: it does not say.

        Some tools end with advice that looks like a prompt: nothing follows it.
        """
        prompt = LINES[index][1]
        if prompt == "gitlab":
            self._gitlab, self._over = True, False
        elif prompt == "gitlab ends":
            advice = self._gitlab and not self._over and line <= self._last + _SILENT
            self._over = True
            return "badly" if advice else None
        elif prompt == "any end":
            self._over = True
        elif prompt == "not run":
            self._over = True
            return "badly"
        elif not self._over and (prompt != "gitlab begins" or self._gitlab):
            self._last = line
            return "well"
        return None
