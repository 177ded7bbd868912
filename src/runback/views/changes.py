"""What changed of the apps in question since they ran well."""

from __future__ import annotations

from collections.abc import Sequence

from runback.facts.changes import baseline, since
from runback.facts.views import apps
from runback.model import ChangesSeen, Evidence, Finding, Gap


def changes(evidence: Evidence, findings: Sequence[Finding]) -> tuple[ChangesSeen, ...]:
    """One for each app that the `findings` are about, in their order, where something changed."""
    found = apps(evidence)
    known = {} if isinstance(found, Gap) else {app.name: app for app in found}
    asked = dict.fromkeys(finding.app for finding in findings if finding.app in known)
    seen = []
    for name in asked:
        app = known[str(name)]
        base = baseline(app, evidence.collected_at)
        changed = () if isinstance(base, Gap) else since(evidence, app, base)
        if changed and not isinstance(base, Gap):
            version, began = base.revision.version, base.revision.created_at
            seen.append(ChangesSeen(app=app.name, version=version, since=began, changes=changed))
    return tuple(seen)
