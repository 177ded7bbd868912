"""The command of a failed step as something to paste: its commit, directory, image and shell."""

from __future__ import annotations

import re
import shlex

from runback.model import Job, Pipeline, Step

_SHEBANG = re.compile(r"^#!\s*(?P<shell>/\S+(?: [^\n]*)?)\n")
_SHELL = "/bin/bash -eo pipefail"  # what CircleCI runs a step with unless told otherwise
_OWN_IMAGES = ("cimg/", "circleci/")  # whose user is called circleci


def command(step: Step) -> str:
    """What the step ran, without its shebang."""
    return _SHEBANG.sub("", step.command or "").strip()


def directory(job: Job) -> str:
    """Where it ran, below the checkout: '' for the checkout itself."""
    path = (job.directory or "").strip().rstrip("/")
    if ".." in path.split("/"):
        return ""
    for root in ("~/project", "/home/circleci/project", "/root/project", "."):
        if path == root:
            return ""
        if path.startswith(f"{root}/"):
            return path.removeprefix(f"{root}/")
    return "" if path.startswith(("~", "/", "$", "<")) else path


def paste(pipeline: Pipeline, job: Job, step: Step) -> str:
    """Lines for a shell in the checkout; '' where the command is not known."""
    inner = command(step)
    if not inner:
        return ""
    found = _SHEBANG.match(step.command or "")
    shell = found["shell"] if found else _SHELL
    lines = [f"git switch --detach {shlex.quote(pipeline.sha)}"] if pipeline.sha else []
    folder = directory(job)
    if job.image:
        home = "/home/circleci/project" if job.image.startswith(_OWN_IMAGES) else "/root/project"
        inside = f"{home}/{folder}" if folder else home
        lines.append(
            f'docker run --rm -it -v "$PWD:{home}" -w {shlex.quote(inside)} {_settings(job, step)}'
            f"{shlex.quote(job.image)} {shell} -c {shlex.quote(inner)}"
        )
    else:
        enter = f"cd {shlex.quote(folder)} && " if folder else ""
        lines.append(f"{enter}{_prefix(job, step)}{shell} -c {shlex.quote(inner)}")
    return "\n".join(lines)


def needs(job: Job, *, deploys: bool = False) -> str:
    """What the job has and a shell at home has not; and that it deploys."""
    care = "care: it deploys" if deploys else ""
    if not job.contexts:
        return care
    plural = "s" if len(job.contexts) > 1 else ""
    return f"variables of the context{plural} {', '.join(job.contexts)}, which CircleCI keeps to itself" + (
        f"; {care}" if care else ""
    )


def _parallel(job: Job, step: Step) -> list[str]:
    """Which part of a split a parallel run had."""
    if job.parallel_runs < 2:
        return []
    return [f"CIRCLE_NODE_INDEX={step.run}", f"CIRCLE_NODE_TOTAL={job.parallel_runs}"]


def _settings(job: Job, step: Step) -> str:
    return "".join(f"-e {one} " for one in ("CI=true", *_parallel(job, step)))


def _prefix(job: Job, step: Step) -> str:
    return "".join(f"{one} " for one in ("CI=true", *_parallel(job, step)))
