"""Plans of remedies, from a finding and the evidence. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Mapping

from runback.facts import tables
from runback.model import Evidence, Finding, Page, Plan, RemedyCall, Scalar, Tables
from runback.remedies import (
    add_network_policy,
    bind_service,
    cancel_deployment,
    change_memory,
    fix_code,
    fix_script,
    look,
    map_route,
    release_lock,
    rename_service,
    rerun,
    restage_app,
    rollback,
    scale_app,
    set_context_variable,
    set_health_check,
    set_variable,
    start_app,
    unset_variable,
)
from runback.remedies.interface import Asked, Blocked, Planner
from runback.rules import Runbook
from runback.rules.titles import PLACEHOLDER

__all__ = ["REMEDIES", "plans"]

REMEDIES: Mapping[str, Planner] = {
    "add-network-policy": add_network_policy.plan,
    "approve-job": rerun.plan,
    "bind-service": bind_service.plan,
    "cancel-and-rerun": rerun.cancel_and_rerun,
    "cancel-deployment": cancel_deployment.plan,
    "change-disk": change_memory.disk,
    "change-memory": change_memory.plan,
    "change-runtime": fix_code.change_runtime,
    "correct-file": fix_code.correct_file,
    "deploy-again": look.deploy_again,
    "fix-script": fix_script.plan,
    "fix-test": fix_code.fix_test,
    "free-memory": look.free_memory,
    "map-route": map_route.plan,
    "move-route": map_route.move,
    "read-staging-log": look.staging_log,
    "release-lock": release_lock.plan,
    "remove-secret": fix_code.remove_secret,
    "rename-service": rename_service.plan,
    "rerun": rerun.plan,
    "restage-app": restage_app.plan,
    "rollback": rollback.plan,
    "scale": scale_app.plan,
    "set-context-variable": set_context_variable.plan,
    "set-health-check": set_health_check.plan,
    "set-variable": set_variable.plan,
    "start-app": start_app.plan,
    "unmap-route": map_route.unmap,
    "unset-variable": unset_variable.plan,
}


def plans(
    finding: Finding, evidence: Evidence, runbook: Runbook, known: Tables | None = None
) -> tuple[Plan, ...]:
    """The plans of the remedies that the finding's page names, in its order. `known`: the evidence's tables.

    What cannot be planned from this evidence is there too, with the reason in `blocked`.
    """
    known = tables(evidence) if known is None else known
    page = runbook.page(finding.page)
    return tuple(_plan(call, page, finding, evidence, known) for call in page.remedies)


def _plan(call: RemedyCall, page: Page, finding: Finding, evidence: Evidence, known: Tables) -> Plan:
    planner = REMEDIES.get(call.id)
    if planner is None:
        return _blocked(call, "this version of Runback does not know it")
    parameters = _filled(call.parameters, finding.values)
    try:
        return planner(Asked(call.id, parameters, finding, evidence, known, page.advice))
    except Blocked as reason:
        return _blocked(call, str(reason))


def _blocked(call: RemedyCall, reason: str) -> Plan:
    return Plan(remedy=call.id, sentence=call.id.replace("-", " "), safe=False, blocked=reason)


def _filled(parameters: Mapping[str, str], values: Mapping[str, Scalar]) -> dict[str, str]:
    """The parameters with the finding's values; one whose value is not known is left out."""
    found: dict[str, str] = {}
    for name, template in parameters.items():
        wanted = PLACEHOLDER.findall(template)
        if all(values.get(column) is not None for column in wanted):
            found[name] = PLACEHOLDER.sub(lambda match: str(values[match[1]]), template)
    return found
