"""What is said of a failed log that no page knows: its most likely line, at low confidence, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from runback.diagnose.choice import Seen, symptom
from runback.facts.complaints import table_of
from runback.logs.complaints import Form
from runback.logs.suspects import Suspect, last_words, suspect
from runback.model import Cause
from runback.rules import Runbook, select

PAGE = "unexplained-error"
_OVERRULES: frozenset[Form] = frozenset(
    ["place", "exception", "said", "shell", "test", "complaint", "refused"]
)
Section: TypeAlias = Sequence[tuple[int, str]]  # numbered lines of what failed


def unexplained(
    seen: Seen, sections: Sequence[Section], fallbacks: Sequence[Cause], runbook: Runbook
) -> Cause | None:
    """The most likely line of what failed, where its form and place make it likely enough; without any, what
    a failed command said last."""
    found = next(_likeliest(sections, fallbacks), None)
    near = [
        line for one in fallbacks for line, _ in (section[0] for section in sections) if _line(one) >= line
    ]
    if found is None and not near:
        found = next(
            _last_words(sections, {part.last for part in seen.parts if part.outcome == "failed"}), None
        )
    page = runbook.page(PAGE)
    if found is None or page.select is None:
        return None
    findings = select.outcome(page, page.select, table_of(seen.name, *found)).findings
    failure = symptom(seen)
    symptoms = (failure,) if failure is not None else ()
    return next(
        (
            Cause(finding=one, rank=1, symptoms=symptoms, explains=tuple(s.name for s in symptoms))
            for one in findings
        ),
        None,
    )


def _likeliest(sections: Sequence[Section], fallbacks: Sequence[Cause]) -> Iterator[tuple[int, Suspect]]:
    """The sure ones. What fallback pages say ('the build of the image failed') comes of an earlier line."""
    for section in sections:
        said = [_line(one) for one in fallbacks if _line(one) >= section[0][0]]
        before = [(number, line) for number, line in section if not said or number < min(said)]
        found = suspect([line for _, line in before])
        if found is not None and found.sure and not (fallbacks and found.form not in _OVERRULES):
            yield before[found.at][0], found
        if any(line <= section[-1][0] for line in said):
            return  # a page knows how this command ended: that comes before what a later one says


def _last_words(sections: Sequence[Section], ends: Collection[int]) -> Iterator[tuple[int, Suspect]]:
    """Of the sections that end with a platform's word that the command failed."""
    for section in sections:
        found = last_words([line for _, line in section]) if section[-1][0] in ends else None
        if found is not None and found.sure:
            yield section[found.at][0], found


def _line(cause: Cause) -> int:
    return cause.finding.where[0].line or 0
