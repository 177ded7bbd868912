"""What the apps in question have, beside what is expected of them."""

from __future__ import annotations

from collections.abc import Sequence

from runback.facts.comparison import compare
from runback.model import Comparison, Evidence, Finding, Gap, Platform


def comparisons(evidence: Evidence, findings: Sequence[Finding]) -> tuple[Comparison, ...]:
    """The target and the apps that the `findings` are about; of the others those that deserve a look."""
    platform = evidence.platform
    if not isinstance(platform, Platform) or isinstance(platform.apps, Gap):
        return ()
    asked = {evidence.target.app, *(value for finding in findings for value in finding.values.values())}
    wanted = evidence.target.apps or tuple(app.name for app in platform.apps)
    names = [app.name for app in platform.apps if app.name in asked or app.name in wanted]
    found = [compare(evidence, name) for name in names]
    return tuple(
        one for one in found if one.rows and (one.app in asked or any(row.remark for row in one.rows))
    )
