"""What a configuration becomes: the workflows, jobs and steps that are to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# The names that CircleCI gives to the steps it brings itself.
BUILT_IN = {
    "checkout": "Checkout code",
    "restore_cache": "Restoring cache",
    "save_cache": "Saving cache",
    "store_artifacts": "Uploading artifacts",
    "store_test_results": "Uploading test results",
    "setup_remote_docker": "Setup a remote Docker engine",
    "attach_workspace": "Attaching workspace",
    "persist_to_workspace": "Persisting to workspace",
    "add_ssh_keys": "Installing additional ssh keys",
}


class ConfigProblem(Exception):
    """The configuration is not one; CircleCI shows the text as an error of type `config`."""


@dataclass(frozen=True)
class StepPlan:
    """One step of a job. `command` is None for the steps that CircleCI brings itself."""

    name: str
    kind: str  # 'run', or a key of BUILT_IN
    command: str | None = None
    when: str = "on_success"  # on_success | always | on_fail
    background: bool = False
    directory: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    silence: float | None = None  # seconds without output after which it is ended; None: ten minutes
    options: dict[str, Any] = field(default_factory=dict)  # of a built-in step: key, path, root …


@dataclass(frozen=True)
class JobPlan:
    name: str  # as the workflow calls it
    job: str
    requires: tuple[str, ...] = ()
    # In which ways each of `requires` may end; 'success' where nothing is said.
    outcomes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    contexts: tuple[str, ...] = ()
    approval: bool = False
    executor: str = "docker"  # docker | machine | macos
    images: tuple[str, ...] = ()
    resource_class: str = "medium"
    parallelism: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    directory: str | None = None
    steps: tuple[StepPlan, ...] = ()
    filters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkflowPlan:
    name: str
    jobs: tuple[JobPlan, ...]
