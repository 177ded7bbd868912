"""The changes that a plan's steps can make, by the action that the step names."""

from __future__ import annotations

from collections.abc import Mapping

from runback.remedies.actions.apps import ChangeHealthCheck, Restart, Scale, Start, Stop
from runback.remedies.actions.bindings import Bind, Unbind
from runback.remedies.actions.circleci import Approve, CancelWorkflow, Rerun, SetContextVariable
from runback.remedies.actions.deployments import CancelDeployment, Deploy
from runback.remedies.actions.interface import Action
from runback.remedies.actions.policies import AddPolicy, RemovePolicy
from runback.remedies.actions.rebuilding import Compare, RunScript, TakeSnapshot
from runback.remedies.actions.restaging import Restage
from runback.remedies.actions.routes import MapRoute, UnmapRoute
from runback.remedies.actions.services import RenameService
from runback.remedies.actions.settings import SetCommand, SetFeature, SetMetadata
from runback.remedies.actions.variables import SetVariable

_REQUESTS: Mapping[str, Action] = {
    "POST /networking/v1/external/policies": AddPolicy(),
    "POST /networking/v1/external/policies/delete": RemovePolicy(),
    "POST /v3/apps/{guid}/actions/start": Start(),
    "POST /v3/apps/{guid}/actions/stop": Stop(),
    "POST /v3/apps/{guid}/actions/restart": Restart(),
    "POST /v3/apps/{guid}/processes/{type}/actions/scale": Scale(),
    "PATCH /v3/apps/{guid}/processes/{type}": ChangeHealthCheck(),
    "PATCH /v3/apps/{guid}": SetMetadata(),
    "PATCH /v3/apps/{guid}/environment_variables": SetVariable(),
    "PATCH /v3/apps/{guid}/features/{name}": SetFeature(),
    "PATCH /v3/service_instances/{guid}": RenameService(),
    "POST /v3/service_credential_bindings": Bind(),
    "DELETE /v3/service_credential_bindings": Unbind(),
    "POST /v3/routes/{guid}/destinations": MapRoute(),
    "DELETE /v3/routes/{guid}/destinations": UnmapRoute(),
    "POST /v3/builds": Restage(),
    "POST /v3/deployments": Deploy(),
    "POST /v3/deployments/{guid}/actions/cancel": CancelDeployment(),
    "POST /workflow/{workflow}/rerun": Rerun(),
    "POST /workflow/{workflow}/cancel": CancelWorkflow(),
    "POST /workflow/{workflow}/approve/{approval}": Approve(),
    "PUT /context/{context}/environment-variable/{name}": SetContextVariable(),
    "start-command": SetCommand(),  # no path: the value is in a snapshot
}
ACTIONS: Mapping[str, Action] = {
    **_REQUESTS,
    # Of a rebuild: no single request is the change.
    "snapshot": TakeSnapshot(),
    "script": RunScript(_REQUESTS),
    "compare": Compare(),
}
