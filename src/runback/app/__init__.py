"""The only room that wires the others together: what the command line, and later the web page, calls."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# These have the names of their modules, which would take their place.
from runback.app.fleet import fleet
from runback.app.live import live
from runback.app.place import place
from runback.app.revisions import revisions
from runback.app.runbook import runbook

if TYPE_CHECKING:
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
    from runback.app.live import live_scenario
    from runback.app.mending import RELEASE, carry_out, resume, undo, unfinished, values_missing
    from runback.app.newpage import NewPage, new_page, propose_page
    from runback.app.paths import Followed, path, plan_probes, probe
    from runback.app.place import Place
    from runback.app.probing import PROBE_MEMORY_MB
    from runback.app.rebuilding import propose_rebuild
    from runback.app.remedying import Outcome, Proposal, Remedied, last_target, propose
    from runback.app.report import write_html
    from runback.app.request import Now, Progress, Request, silent
    from runback.app.rerunning import propose_rerun
    from runback.app.revisions import revisions_scenario
    from runback.app.rolling import propose_rollback
    from runback.app.runbook import OWN_PAGES, ExamplesRun, run_examples
    from runback.app.setup import Written, check, initialise
    from runback.app.site import Site, render_site

# Module → its doors, each imported when it is first asked for: a scan needs one of them.
_DOORS = {
    "bundles": "BundleDiff BundleSeen audit_bundle diagnose_bundle diff_bundles show_bundle",
    "comparing": "compare compare_scenario",
    "diagnosis": "collect diagnose diagnose_running diagnose_scenario judge scan",
    "live": "live_scenario",
    "mending": "RELEASE carry_out resume undo unfinished values_missing",
    "newpage": "NewPage new_page propose_page",
    "paths": "Followed path plan_probes probe",
    "probing": "PROBE_MEMORY_MB",
    "place": "Place",
    "rebuilding": "propose_rebuild",
    "remedying": "Outcome Proposal Remedied last_target propose",
    "report": "write_html",
    "request": "Now Progress Request silent",
    "rerunning": "propose_rerun",
    "revisions": "revisions_scenario",
    "rolling": "propose_rollback",
    "runbook": "OWN_PAGES ExamplesRun run_examples",
    "setup": "Written check initialise",
    "site": "Site render_site",
}
_ROOMS = {name: module for module, names in _DOORS.items() for name in names.split()}

__all__ = [
    "OWN_PAGES",
    "PROBE_MEMORY_MB",
    "RELEASE",
    "BundleDiff",
    "BundleSeen",
    "ExamplesRun",
    "Followed",
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
    module = _ROOMS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
