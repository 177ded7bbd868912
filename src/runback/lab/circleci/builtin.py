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


# Recorded texts of the service; a rerun usually finds a machine.
NO_MACHINE = "We had an unexpected error preparing a VM for this build, please rerun this workflow.\n"


def no_image(image: str) -> str:
    return (
        "Build-agent version 1.0.291537-3bd1cd58 (2026-02-24T10:31:19+0000)\n"
        f"Starting container {image}\n"
        "Warning: No authentication provided, using CircleCI credentials for pulls from Docker Hub.\n"
        f"  image cache not found on this host, downloading {image}\n\n"
        f"Error response from daemon: manifest for {image} not found: manifest unknown: manifest unknown\n"
    )
