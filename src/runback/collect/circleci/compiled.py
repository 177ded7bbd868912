"""The compiled configuration of a pipeline: what orbs and parameters became."""

from __future__ import annotations

from typing import Any

LARGEST = 2_000_000  # characters


class Compiled:
    """Images and commands of jobs, by the names under which they ran."""

    def __init__(self, text: str) -> None:
        loaded = _loaded(text)
        self._jobs = _table(loaded, "jobs")
        self._executors = _table(loaded, "executors")  # where a configuration was not compiled

    def image(self, job: str) -> str | None:
        """The first image of a job: the one in which its steps ran."""
        return self._images(job)

    def directory(self, job: str) -> str | None:
        """Where its steps run."""
        return _text(self._job(job).get("working_directory"))

    def resource_class(self, job: str) -> str | None:
        machine = self._job(job).get("machine")
        inner = machine.get("resource_class") if isinstance(machine, dict) else None
        return _text(self._job(job).get("resource_class")) or _text(inner)

    def command(self, job: str, step: str) -> str | None:
        """The command of a step, by the name it was given or, without one, by the command itself."""
        steps = self._job(job).get("steps")
        for entry in steps if isinstance(steps, list) else ():
            run = entry.get("run") if isinstance(entry, dict) else None
            if isinstance(run, str):
                run = {"command": run}
            if isinstance(run, dict) and isinstance(run.get("command"), str):
                command: str = run["command"]
                if step in (run.get("name"), command, command.split("\n")[0]):
                    return command
        return None

    def _images(self, job: str) -> str | None:
        docker = self._job(job).get("docker")
        entry = docker[0] if isinstance(docker, list) and docker else None
        machine = self._job(job).get("machine")
        entry = entry or machine
        image = entry.get("image") if isinstance(entry, dict) else None
        return image if isinstance(image, str) else None

    def _job(self, name: str) -> dict[str, Any]:
        job = self._jobs.get(name)
        if not isinstance(job, dict):
            return {}
        use = job.get("executor")
        executor = self._executors.get(
            use if isinstance(use, str) else _table(job, "executor").get("name", "")
        )
        return {**executor, **job} if isinstance(executor, dict) else job


def _loaded(text: str) -> object:
    if not text or len(text) > LARGEST:
        return None
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it was built
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 (both loaders are safe ones)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _table(node: object, key: str) -> dict[str, Any]:
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}


def _text(node: object) -> str | None:
    return node if isinstance(node, str) else None
