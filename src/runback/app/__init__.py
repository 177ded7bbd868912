"""The only room that wires the others together: what the command line, and later the web page, calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.app.bundles import (
    BundleDiff,
    BundleSeen,
    audit_bundle,
    diagnose_bundle,
    diff_bundles,
    show_bundle,
)
from runback.app.comparing import compare, compare_scenario
from runback.app.diagnosis import collect, diagnose, diagnose_running, diagnose_scenario, judge, scan
from runback.app.fleet import fleet
from runback.app.live import LiveApp, live, live_scenario
from runback.app.mending import RELEASE, carry_out, resume, undo, unfinished, values_missing
from runback.app.newpage import NewPage, new_page, propose_page
from runback.app.paths import PROBE_MEMORY_MB, Followed, path, plan_probes, probe
from runback.app.place import Place, place
from runback.app.remedying import Outcome, Proposal, Remedied, last_target, propose
from runback.app.report import write_html
from runback.app.request import Now, Progress, Request, silent
from runback.app.rerunning import propose_rerun
from runback.app.revisions import revisions, revisions_scenario
from runback.app.runbook import OWN as OWN_PAGES
from runback.app.runbook import ExamplesRun, run_examples, runbook
from runback.app.setup import Written, check, initialise
from runback.app.site import Site, render_site

if TYPE_CHECKING:
    from runback.app.rebuilding import propose_rebuild
    from runback.app.rolling import propose_rollback

__all__ = [
    "OWN_PAGES",
    "PROBE_MEMORY_MB",
    "RELEASE",
    "BundleDiff",
    "BundleSeen",
    "ExamplesRun",
    "Followed",
    "LiveApp",
    "NewPage",
    "Now",
    "Outcome",
    "Place",
    "Progress",
    "Proposal",
    "Remedied",
    "Request",
    "Site",
    "Written",
    "audit_bundle",
    "carry_out",
    "check",
    "collect",
    "compare",
    "compare_scenario",
    "diagnose",
    "diagnose_bundle",
    "diagnose_running",
    "diagnose_scenario",
    "diff_bundles",
    "fleet",
    "initialise",
    "judge",
    "last_target",
    "live",
    "live_scenario",
    "new_page",
    "path",
    "place",
    "plan_probes",
    "probe",
    "propose",
    "propose_page",
    "propose_rebuild",
    "propose_rerun",
    "propose_rollback",
    "render_site",
    "resume",
    "revisions",
    "revisions_scenario",
    "run_examples",
    "runbook",
    "scan",
    "show_bundle",
    "silent",
    "undo",
    "unfinished",
    "values_missing",
    "write_html",
]


def __getattr__(name: str) -> object:
    # Planning these needs the client and all remedies: 0.2 s of imports that a scan would pay for.
    if name == "propose_rollback":
        from runback.app.rolling import propose_rollback

        return propose_rollback
    if name == "propose_rebuild":
        from runback.app.rebuilding import propose_rebuild

        return propose_rebuild
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
