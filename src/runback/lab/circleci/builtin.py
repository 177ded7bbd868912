"""What the steps print that CircleCI brings itself. The texts follow recorded responses of the service."""

from __future__ import annotations

from collections.abc import Mapping

from runback.lab.circleci.plans import JobPlan

# From recorded step outputs (build agent 1.0.135492); the pull redraws its lines as docker does.
_AGENT = """Build-agent version 1.0.291537-3bd1cd58 (2026-02-24T10:31:19+0000)
System information:
 Server Version: 24.0.9
 Storage Driver: overlay2
  Backing Filesystem: xfs
 Cgroup Driver: cgroupfs
 Cgroup Version: 1
 Kernel Version: 5.15.0-1057-aws
 Operating System: Ubuntu 22.04.4 LTS
 OSType: linux
 Architecture: x86_64

"""
_PULL = (
    "  image cache not found on this host, downloading {image}\n{tag}: Pulling from {name}\n\n"
    "\x1b[1A\x1b[2K\r605ce1bd3f31: Pulling fs layer \r\x1b[1B\n"
    "\x1b[1A\x1b[2K\r8d2abe692710: Downloading [=======>                     ]  12.4MB/48.1MB\r\x1b[1B\n"
    "\x1b[2A\x1b[2K\r605ce1bd3f31: Pull complete \r\x1b[2B"
    "\x1b[1A\x1b[2K\r8d2abe692710: Pull complete \r\x1b[1B"
    "Status: Downloaded newer image for {image}\n"
)


def spin_up(plan: JobPlan) -> str:
    text = _AGENT
    for image in plan.images:
        name, _, tag = image.partition(":")
        text += f"Starting container {image}\n"
        text += "Warning: No authentication provided, using CircleCI credentials for pulls from Docker Hub.\n"
        text += _PULL.format(
            image=image, tag=tag or "latest", name=name if "/" in name else f"library/{name}"
        )
    return text + "Time to upload agent and config: 412.871ms\nTime to start containers: 486.114ms\n"


def preparing(build: Mapping[str, str], settings: Mapping[str, str]) -> str:
    text = "Using build environment variables:\n"
    text += "".join(f"  {name}={value}\n" for name, value in sorted(build.items()))
    if settings:
        text += "\nUsing environment variables from project settings and/or contexts:\n"
        text += "".join(f"  {name}=**REDACTED**\n" for name in sorted(settings))
        text += "\nThe redacted variables listed above will be masked in run step output.\n"
    return text


def checkout(repository: str, branch: str, sha: str, subject: str) -> str:
    address = repository.replace("https://github.com/", "git@github.com:") + ".git"
    return (
        "Using SSH Config Dir '/home/circleci/.ssh'\ngit version 2.47.1\nCloning git repository\n"
        "Cloning into '.'...\n"
        "Warning: Permanently added 'github.com' (ED25519) to the list of known hosts.\n"
        f"Fetching {address}\nChecking out branch\nSwitched to a new branch '{branch}'\n"
        f"branch '{branch}' set up to track 'origin/{branch}'.\n"
        f"HEAD is now at {sha[:8]} {subject}\n"
    )


def others(kind: str) -> str:
    return {
        "restore_cache": "No cache is found for key: v1-deps\n",
        "save_cache": "Creating cache archive...\nUploading cache archive...\nStored Cache to v1-deps\n",
        "setup_remote_docker": "Allocating a remote Docker Engine\nRemote Docker Engine created.\n",
        "store_test_results": "Archiving the following test results\n  * test-results\n",
        "store_artifacts": "Uploading artifacts\n",
        "attach_workspace": "Downloading workspace layers\nApplying workspace layers\n",
        "persist_to_workspace": "Creating workspace archive...\nUploading workspace archive...\n",
        "add_ssh_keys": "Installing additional ssh keys\n",
    }.get(kind, "")


def failing(kind: str, repository: str, workflow: str, job: str) -> str | None:
    """What a built-in step prints that fails; None for one that never does."""
    address = repository.replace("https://github.com/", "git@github.com:") + ".git"
    layer = f"{job}/0/108.tar.gz"
    return {
        # git's own words, and the agent's line after them
        "checkout": (
            "Using SSH Config Dir '/home/circleci/.ssh'\ngit version 2.47.1\nCloning git repository\n"
            "Cloning into '.'...\n"
            "Warning: Permanently added 'github.com' (ED25519) to the list of known hosts.\n"
            "git@github.com: Permission denied (publickey).\n"
            "fatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.\n"
            f'error running git clone "{address}": exit status 128\n'
        ),
        # as a project's issue shows it: react-native-community/react-native-circleci-orb, 66
        "restore_cache": (
            "Found a cache from build 846 at v1-deps\nSize: 275 MiB\nCached paths:\n"
            "  * /home/circleci/project/backend/.venv\n\nDownloading cache archive...\n"
            "Validating cache...\n\nUnarchiving cache...\n\nFailed to unarchive cache\n\n"
            "Error untarring cache: Error extracting tarball /tmp/cache725626886 : "
            "tar: Unexpected EOF in archive tar: Error is not recoverable: exiting now : exit status 2\n"
        ),
        # DataDog/pupernetes, pull request 92
        "attach_workspace": (
            f"Downloading workspace layers\n  workflows/workspaces/{workflow}/0/{layer} - 21 MB\n"
            f"Applying workspace layers\n  {job}\n\n"
            f"Error applying workspace layer for job {job}: Error extracting tarball "
            f"/tmp/workspace-layer-{job}241049481: exit status 2\n"  # noqa: S108 - the agent's own
        ),
        "persist_to_workspace": (
            "Creating workspace archive...\nUploading workspace archive...\n\n"
            "Error uploading workspace archive: AccessDenied: Access Denied\n"
        ),
    }.get(kind)


def no_class(executor: str, name: str) -> str:
    return (
        f"Resource class {executor} for {name} is not available for your project, or is not a valid resource "
        f"class. This message will often appear if the pricing plan for this project does not support "
        f"{executor} use."
    )


def pull_limit(image: str) -> str:
    return _pulling(image) + (
        "Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may "
        "increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit\n"
    )


UNREGISTERED = "job execution unauthorized: block-unregistered-user"
# Recorded texts of the service; a rerun usually finds a machine.
NO_MACHINE = "We had an unexpected error preparing a VM for this build, please rerun this workflow.\n"


def no_image(image: str) -> str:
    return _pulling(image) + (
        f"Error response from daemon: manifest for {image} not found: manifest unknown: manifest unknown\n"
    )


def _pulling(image: str) -> str:
    return (
        "Build-agent version 1.0.291537-3bd1cd58 (2026-02-24T10:31:19+0000)\n"
        f"Starting container {image}\n"
        "Warning: No authentication provided, using CircleCI credentials for pulls from Docker Hub.\n"
        f"  image cache not found on this host, downloading {image}\n\n"
    )
