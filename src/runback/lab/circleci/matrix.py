"""Matrix jobs: one entry of a workflow that stands for several jobs."""

from __future__ import annotations

from itertools import product
from typing import Any

from runback.lab.circleci.logic import fill, text
from runback.lab.circleci.plans import ConfigProblem


def expanded(job: str, use: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The name under which others require all of them, and what each is called with."""
    matrix = use.get("matrix")
    if matrix is None:
        return str(use.get("name", job)), [use]
    parameters = matrix.get("parameters") or {}
    if not parameters:
        raise ConfigProblem(f"Error calling job: '{job}'\nA matrix must have parameters")
    rest = {key: value for key, value in use.items() if key != "matrix"}
    left_out = matrix.get("exclude") or []
    uses = []
    for values in product(*parameters.values()):
        chosen = dict(zip(parameters, values, strict=True))
        if chosen in left_out:
            continue
        one = fill(rest, {f"matrix.{name}": value for name, value in chosen.items()})
        one.setdefault("name", "-".join([job, *map(text, values)]))
        uses.append({**one, **chosen})
    return str(matrix.get("alias", job)), uses
