"""Inside a CI job that has no API token: what its own variables and the test results on its disk tell.

CircleCI gives a job no token for its API. The variables are those of every job; the test results are JUnit
files below the paths that `.circleci/config.yml` stores. The checkout is hostile: files are bounded, links
are not followed, and XML that declares entities is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from runback.collect.circleci.compiled import Compiled
from runback.collect.interface import Collected
from runback.model import Ci, Gap, Job, Pipeline, Target, TestCase, Workflow

CONFIG = ".circleci/config.yml"
LARGEST = 16 << 20  # bytes of one file
FILES = 200
DEEPEST = 8  # folders
_BAD = ("failure", "error")


def of_this_job(
    environ: Mapping[str, str], checkout: Path | None, target: Target, why: str, at: datetime
) -> Collected[Ci] | None:
    """The pipeline with this one job in it; `None` outside of CircleCI, or where another run was asked for.

    `why`: the reason why there is no token.
    """
    name, sha = environ.get("CIRCLE_JOB", ""), environ.get("CIRCLE_SHA1", "")
    if not (name and sha) or target.pipeline is not None or target.job is not None:
        return None
    job = _job(name, environ, checkout, Gap(what=f"the steps of this job ({name})", reason=why))
    workflow = Workflow(
        id=environ.get("CIRCLE_WORKFLOW_ID") or "this workflow",
        name="this workflow",
        status="failing" if job.status == "failed" else "running",
        jobs=(job,),
    )
    pipeline = Pipeline(
        id=environ.get("CIRCLE_PIPELINE_ID") or "this pipeline",
        number=int(environ.get("CIRCLE_PIPELINE_NUM") or 0),
        state="created",
        branch=environ.get("CIRCLE_BRANCH") or None,
        sha=sha,
        created_at=at,
        url=job.url,
        workflows=(workflow,),
    )
    return Collected(Ci(project=target.project or "", pipelines=(pipeline,)))


def _job(name: str, environ: Mapping[str, str], checkout: Path | None, steps: Gap) -> Job:
    """The job that this is, by its own variables, its configuration, and the tests that it has stored."""
    config = _text(checkout)
    known = Compiled(config)
    tests = tuple(_tests(checkout, config)) if checkout else ()
    number = environ.get("CIRCLE_BUILD_NUM", "")
    return Job(
        id=environ.get("CIRCLE_WORKFLOW_JOB_ID") or f"job:{number}",
        name=name,
        status="failed" if any(test.result != "success" for test in tests) else "running",
        number=int(number) if number.isdigit() else None,
        url=environ.get("CIRCLE_BUILD_URL") or None,
        image=known.image(name),
        directory=environ.get("CIRCLE_WORKING_DIRECTORY") or known.directory(name),
        resource_class=known.resource_class(name),
        steps=steps,
        tests=tests,
    )


def _text(checkout: Path | None) -> str:
    file = checkout / CONFIG if checkout else None
    if file is None or file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
        return ""
    return file.read_text("utf-8", "replace")


def _tests(checkout: Path, config: str) -> Iterator[TestCase]:
    for path in _stored(config):
        place = checkout / path
        if place.resolve().is_relative_to(checkout.resolve()):
            for file in _files(place):
                yield from _cases(file)


def _stored(config: str) -> list[str]:
    """The paths of `store_test_results`, each once."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        loaded = yaml.load(config, Loader=loader)  # noqa: S506 (both loaders are safe ones)
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    return list(dict.fromkeys(_found(loaded)))


def _found(node: Any, depth: int = 0) -> Iterator[str]:
    if depth > 12:
        return
    if isinstance(node, dict):
        step = node.get("store_test_results")
        if isinstance(step, dict) and isinstance(step.get("path"), str):
            yield step["path"].removeprefix("~/project/").removeprefix("./")
        for inner in node.values():
            yield from _found(inner, depth + 1)
    elif isinstance(node, list):
        for inner in node:
            yield from _found(inner, depth + 1)


def _files(place: Path) -> list[Path]:
    if place.is_file() and not place.is_symlink():
        return [place]
    found: list[Path] = []
    for root, folders, names in os.walk(place, followlinks=False):
        if len(Path(root).relative_to(place).parts) >= DEEPEST:
            folders.clear()
        files = [Path(root, name) for name in sorted(names) if name.endswith(".xml")]
        found += [file for file in files if not file.is_symlink()]
        if len(found) >= FILES:
            break
    return found[:FILES]


def _cases(file: Path) -> Iterator[TestCase]:
    """The cases of one JUnit file; nothing of a file that is none."""
    from xml.etree import ElementTree

    if file.stat().st_size > LARGEST:
        return
    data = file.read_bytes()
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - without entities there is nothing to expand
    except ElementTree.ParseError:
        return
    for case in root.iter("testcase"):
        bad = next((case.find(kind) for kind in _BAD if case.find(kind) is not None), None)
        seconds = case.get("time", "0")
        yield TestCase(
            name=case.get("name", ""),
            classname=case.get("classname", ""),
            file=case.get("file"),
            result="success" if bad is None else "failure",
            message="" if bad is None else (bad.get("message") or bad.text or "").strip()[:2000],
            run_time=float(seconds) if seconds.replace(".", "", 1).isdigit() else 0.0,
        )
