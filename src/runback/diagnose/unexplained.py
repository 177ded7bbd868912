"""What is said of a failed log that no page knows: its most likely line, at low confidence, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from runback.diagnose.choice import Seen, symptom
from runback.facts.complaints import table_of
from runback.logs.complaints import Form
from runback.logs.script import begun
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
    return None if found is None else _cause(seen, *found, runbook)


def after_all(
    seen: Seen, sections: Sequence[Section], causes: Sequence[Cause], runbook: Runbook
) -> Cause | None:
    """The clear complaint of a later command of a script that went on after all that pages saw in it, and of
    which no page is sure: it did not fail for that."""
    lines = [_line(cause) for cause in causes]
    section = next((one for one in sections if one[0][0] <= min(lines) <= one[-1][0]), None)
    if section is None or max(lines) > section[-1][0]:
        return None
    if any(cause.finding.confidence == "high" for cause in causes):
        return None
    ids = {cause.finding.page for cause in causes}
    seen_until = max(
        place.last
        for one in seen.sightings
        for place in one.places()
        if place.line <= section[-1][0] and (one.page.id in ids or one.page.tier == "specific")
    )
    begins = (section[at][0] for at in begun([line for _, line in section]))
    later = next((line for line in begins if line > seen_until), None)
    if later is None:
        return None
    after = [(number, line) for number, line in section if number > later]
    found = suspect([line for _, line in after])
    if found is None or not found.sure or found.form not in _OVERRULES:
        return None
    return _cause(seen, after[found.at][0], found, runbook)


def _cause(seen: Seen, line: int, found: Suspect, runbook: Runbook) -> Cause | None:
    page = runbook.page(PAGE)
    if page.select is None:
        return None
    findings = select.outcome(page, page.select, table_of(seen.name, line, found)).findings
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
