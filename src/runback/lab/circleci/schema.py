"""What is checked before anything is processed: the keys of jobs, in the words of CircleCI's compiler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runback.lab.circleci.plans import ConfigProblem

# As the compiler lists them; recorded of POST /api/v2/compile-config-with-defaults in 2026.
PERMITTED = (
    "description", "parallelism", "macos", "resource_class", "docker", "steps", "retention",
    "working_directory", "circleci_ip_ranges", "machine", "environment", "executor", "shell", "parameters",
)  # fmt: skip


def check(loaded: Mapping[str, Any]) -> None:
    """Raises ConfigProblem for a job that cannot be one."""
    for name, job in (loaded.get("jobs") or {}).items():
        if isinstance(job, dict) and job.get("type") not in ("approval", "no-op", "release"):
            found = list(_violations(f"#/jobs/{name}", job))
            if found:
                raise ConfigProblem(_report(f"#/jobs/{name}", found))


def _violations(path: str, job: Mapping[str, Any]) -> Iterator[list[str]]:
    for key in job:
        if key not in PERMITTED:
            yield [
                f"[{path}] extraneous key [{key}] is not permitted",
                "|   Permitted keys:",
                *(f"|     - {one}" for one in PERMITTED),
            ]
    if "steps" not in job:
        yield [f"[{path}] required key [steps] not found"]


def _report(path: str, found: list[list[str]]) -> str:
    count = f"{len(found)} schema violation{'s' if len(found) > 1 else ''} found"
    lines = [
        "ERROR IN CONFIG FILE:",
        f"[{path}] 0 subschemas matched instead of one",
        f"1. [{path}] only 1 subschema matches out of 2",
        f"|   1. [{path}] {count}",
    ]
    for number, (first, *rest) in enumerate(found, 1):
        lines += [f"|   |   {number}. {first}", *(f"|   |   {line}" for line in rest)]
    lines += [
        f"2. [{path}] expected type: String, found: Mapping",
        "|   Job may be a string reference to another job",
        f"3. [{path}] required key [type] not found",
    ]
    return "\n".join(lines)
