"""What the stager and the buildpacks write while they stage, and whether they succeed.

Lines: cloudfoundry/libbuildpack (logger.go, installer.go, stager.go), cloudfoundry/python-buildpack
(src/python/supply/supply.go), cloudfoundry/nginx-buildpack (src/nginx/supply/supply.go), cloudfoundry/apt-
buildpack, cloudfoundry/buildpackapplifecycle (models.go, buildpackrunner/runner.go), cloudfoundry/executor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Bits, Buildpack

_RED, _PLAIN = "\033[31;1m", "\033[0m"


@dataclass(frozen=True, slots=True)
class Line:
    after: float  # seconds since staging began
    text: str
    stream: Literal["OUT", "ERR"] = "OUT"


@dataclass(slots=True)
class Staged:
    """How the buildpacks ended: `error` is the id of Cloud Controller's error, '' if all went well."""

    buildpacks: list[Buildpack]
    output: list[Line] = field(default_factory=list)
    detected: dict[str, str] = field(default_factory=dict)
    error: str = ""
    reason: str = ""  # what Cloud Controller says of it, where that is more than the error's own text
    exit_status: int = 0
    seconds: float = 0.0

    def say(self, text: str, seconds: float = 0.3, stream: Literal["OUT", "ERR"] = "OUT") -> None:
        self.seconds += seconds
        self.output.append(Line(self.seconds, text, stream))

    def step(self, text: str, seconds: float = 0.4) -> None:
        self.say(f"-----> {text}", seconds)

    def info(self, text: str) -> None:
        self.say(f"       {text}")

    def fail(self, text: str, wrapped: str) -> None:
        """A buildpack's error, and what the lifecycle makes of it (supply exits 14, the builder 223)."""
        self.say(f"       {_RED}**ERROR**{_PLAIN} {text}", stream="OUT")
        self.say(wrapped, stream="ERR")
        self.error, self.exit_status = "BuildpackCompileFailed", 223


def named(name: str, available: Iterable[Buildpack]) -> Buildpack:
    """The admin buildpack of this name; a git URI stands for the admin buildpack that is kept there."""
    wanted = name.rstrip("/").rpartition("/")[2].removesuffix(".git").split("#")[0].replace("-", "_")
    found = next((buildpack for buildpack in available if buildpack.name == wanted), None)
    if found is None:
        raise Refusal(f'Buildpack "{name}" must be an existing admin buildpack or a valid git URI')
    return found


def detected(content: Bits, available: Iterable[Buildpack]) -> list[Buildpack]:
    """The one buildpack that would take the app if none is named."""
    runtime = content.behaviour.runtime if content.behaviour else ""
    return [buildpack for buildpack in available if runtime in buildpack.runtimes][:1]


def run(content: Bits, chosen: list[Buildpack]) -> Staged:
    """Run the buildpacks in order over the bits."""
    staged = Staged(chosen)
    if not chosen:
        staged.say("None of the buildpacks detected a compatible application", stream="ERR")
        staged.error, staged.exit_status = "NoAppDetectedError", 222
        return staged
    for buildpack in chosen:
        title = buildpack.name.removesuffix("_buildpack").title()
        staged.step(f"{title} Buildpack version {buildpack.version}")
        if "python" in buildpack.runtimes:
            _python(staged, content, buildpack)
        elif "nginx" in buildpack.runtimes:
            _nginx(staged, content, buildpack)
        elif buildpack.name == "apt_buildpack":
            _apt(staged, content)
        if staged.error:
            break
    return staged


def around(cell: str, instance: str, staged: Staged, size: int) -> list[Line]:
    """The buildpacks' lines between those of the cell."""
    megabytes = f"{max(size, 1) / 1024 / 1024:.1f}M" if size >= 1024 * 1024 else f"{max(size, 1) / 1024:.1f}K"
    start = [
        Line(0.1, f"Cell {cell} creating container for instance {instance}"),
        Line(1.2, f"Cell {cell} successfully created container for instance {instance}"),
        Line(1.3, "Downloading app package..."),
        Line(1.6, f"Downloaded app package ({megabytes})"),
    ]
    body = [Line(2.0 + line.after, line.text, line.stream) for line in staged.output]
    end = 2.2 + staged.seconds
    after = [Line(end, f"Exit status {staged.exit_status}")]
    if not staged.error:
        after += [
            Line(end + 0.1, "Uploading droplet, build artifacts cache..."),
            Line(end + 0.1, "Uploading droplet..."),
            Line(end + 0.1, "Uploading build artifacts cache..."),
            Line(end + 2.4, "Uploaded build artifacts cache (48.2M)"),
            Line(end + 4.9, "Uploaded droplet (71.3M)"),
            Line(end + 5.0, "Uploading complete"),
        ]
    last = after[-1].after
    after += [
        Line(last + 0.2, f"Cell {cell} stopping instance {instance}"),
        Line(last + 0.2, f"Cell {cell} destroying container for instance {instance}"),
        Line(last + 0.9, f"Cell {cell} successfully destroyed container for instance {instance}"),
    ]
    return [*start, *body, *after]


def without_command(staged: Staged) -> None:
    """Nothing says how to start what was staged: neither the buildpack, nor a Procfile, nor a person."""
    # cloudfoundry/buildpackapplifecycle, buildpackrunner/runner.go; cloud_controller_ng,
    # lib/cloud_controller/diego/buildpack/staging_completion_handler.rb
    staged.say("No start command specified by buildpack or via Procfile.")
    staged.say("App will not start unless a command is provided at runtime.")
    staged.error, staged.reason = "StagingError", "Staging error: Start command not specified"


def matching(wanted: str, available: tuple[str, ...]) -> str | None:
    """The newest version that fits '3.11.x', '3.11' or '3.11.4' (libbuildpack, versions.go)."""
    parts = [part for part in wanted.removeprefix("python-").strip().split(".") if part not in ("x", "*", "")]
    fitting = [version for version in available if version.split(".")[: len(parts)] == parts]
    return max(fitting, key=lambda version: [int(part) for part in version.split(".")], default=None)


def _python(staged: Staged, content: Bits, buildpack: Buildpack) -> None:
    behaviour = content.behaviour
    available = buildpack.runtimes["python"]
    staged.step("Supplying Python")
    wanted = (behaviour.runtime_version if behaviour else "") or available[0]
    version = matching(wanted, available)
    if version is None:
        short = wanted.removeprefix("python-").strip()
        staged.fail(
            f"Could not install python: no match found for {short} in [{' '.join(available)}]",
            "Failed to compile droplet: Failed to run all supply scripts: exit status 14",
        )
        return
    staged.detected[buildpack.name] = "python"
    staged.step(f"Installing python {version}", 1.5)
    staged.info(f"Copy [/tmp/buildpacks/python/dependencies/python_{version}_linux_x64_cflinuxfs4.tgz]")
    staged.info("Using python's pip module")
    staged.step("Running Pip Install", 2.0)
    for line in content.files.get("requirements.txt", b"").decode(errors="replace").splitlines():
        if line and not line.startswith(("#", "-")):
            staged.info(f"Collecting {line} (from -r /tmp/app/requirements.txt)")
    staged.seconds += 14
    staged.info("Installing collected packages")
    if behaviour and behaviour.compile_error:
        for line in behaviour.compile_error[:-1]:
            staged.info(line)
        staged.fail(
            behaviour.compile_error[-1],
            "Failed to compile droplet: Failed to run all supply scripts: exit status 14",
        )


def _nginx(staged: Staged, content: Bits, buildpack: Buildpack) -> None:
    available = buildpack.runtimes["nginx"]
    wanted = content.behaviour.runtime_version if content.behaviour else ""
    staged.step("Supplying nginx")
    version = matching(wanted, available) if wanted else available[0]
    if version is None:
        staged.info(f"Available versions: {', '.join(available)}")
        staged.fail(
            f"Could not install nginx: no match found for {wanted} in [{' '.join(available)}]",
            "Failed to compile droplet: Failed to run all supply scripts: exit status 14",
        )
        return
    staged.detected[buildpack.name] = "nginx"
    if wanted:
        staged.step(f"Requested nginx version: {wanted} => {version}")
    else:
        staged.step(f"No nginx version specified - using mainline => {version}")
    staged.step(f"Installing nginx {version}", 1.0)
    staged.info(f"Copy [/tmp/buildpacks/nginx/dependencies/nginx_{version}_linux_x64_cflinuxfs4.tgz]")
    if content.behaviour and content.behaviour.compile_error:
        staged.fail(
            content.behaviour.compile_error[-1],
            "Failed to compile droplet: Failed to run all supply scripts: exit status 14",
        )


def _apt(staged: Staged, content: Bits) -> None:
    # apt-buildpack, src/apt/supply/supply.go
    staged.detected["apt_buildpack"] = ""
    staged.step("Updating apt cache", 1.0)
    staged.step("Downloading apt packages", 2.0)
    staged.step("Installing apt packages", 1.5)
