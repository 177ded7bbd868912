"""What is said of a failed log that no page knows: its most likely line, at low confidence, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from runback.diagnose.choice import Seen, symptom
from runback.facts.complaints import table_of
from runback.logs.complaints import Form
from runback.logs.suspects import suspect
from runback.model import Cause
from runback.rules import Runbook, select

PAGE = "unexplained-error"
_OVERRULES: frozenset[Form] = frozenset(["place", "exception", "said", "shell", "test", "complaint"])


def unexplained(
    seen: Seen, section: Sequence[tuple[int, str]], fallbacks: Sequence[Cause], runbook: Runbook
) -> Cause | None:
    """The most likely line of what failed, where its form and place make it likely enough.

    What fallback pages say ('the build of the image failed') comes of an earlier line that says why.
    """
    if fallbacks:
        first = min(cause.finding.where[0].line or 0 for cause in fallbacks)
        section = [(number, line) for number, line in section if number < first]
    found = suspect([line for _, line in section])
    page = runbook.page(PAGE)
    if found is None or not found.sure or page.select is None:
        return None
    if fallbacks and found.form not in _OVERRULES:
        return None
    line = section[found.at][0]
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
