"""Runs the deploy script of a rebuild: live output without secrets, a login of its own, one at a time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runback.facts.deploy import read_calls
from runback.model import Log, LogText
from runback.redact import outgoing
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import NotDone, Reach
from runback.remedies.snapshot import Snapshot
from runback.remedies.workshop import Workshop

SHOWN = 2_000  # characters of a line
KEPT = 200_000  # lines that are looked through for FAILED
_END_SECONDS = 10.0
_NOT_FOR_SCRIPTS = ("RUNBACK_PASSPHRASE",)


@dataclass(frozen=True)
class Ended:
    """The exit status, and each cf command that said FAILED, with its reason."""

    status: int
    failed: tuple[str, ...]


def run(reach: Reach, given: Parameters, snapshots: Sequence[Snapshot]) -> Ended:
    """Runs the script to its end. Raises NotDone where it cannot be started."""
    shop = reach.workshop
    if shop is None:
        raise NotDone("there is no checkout to run a script of")
    path = (shop.checkout / text(given, "script")).resolve()
    if not path.is_relative_to(shop.checkout.resolve()) or not path.is_file():
        raise NotDone(f"{text(given, 'script')} is not a file of the checkout any more")
    arguments = [str(one) for one in json.loads(text(given, "arguments"))]
    values = _values(reach, given, snapshots)
    for source in (values, *(one.variables for one in snapshots)):
        for name, value in source.items():
            shop.learn(name, value)
    with alone(shop) as lock, _login(shop, reach, given) as login:
        environ = {**shop.environ, **values, **login}
        for name in _NOT_FOR_SCRIPTS:
            environ.pop(name, None)
        process = subprocess.Popen(  # noqa: S603 - what the person agreed to: a script of their own checkout
            ["/bin/bash", str(path), *arguments],
            cwd=shop.checkout,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
        )
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(process.pid).encode(), 0)
        return _attended(process, shop)


def _attended(process: subprocess.Popen[bytes], shop: Workshop) -> Ended:
    said: list[str] = []
    ended = False
    try:
        with process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            for line in _lines(process.stdout):
                masked = outgoing(line)
                shop.say(masked[:SHOWN])
                if len(said) < KEPT:
                    said.append(masked)
            ended = True
    finally:
        if not ended:  # Ctrl-C, or an error of ours: the script and what it has started end too
            _end(process.pid)
            _awaited(process)
    return Ended(process.returncode, tuple(failures("\n".join(said))))


def _awaited(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the script is at work any more when we say that it was interrupted."""
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        _end(process.pid, signal.SIGKILL)
        process.wait()


def _lines(stream: IO[bytes]) -> Iterator[str]:
    for raw in stream:
        yield raw.decode("utf-8", "replace").rstrip("\r\n")


def failures(output: str) -> Iterator[str]:
    """Each cf command of a script's output that said FAILED and did not succeed later."""
    log = Log(id="script", kind="step", name="the deploy script", text=LogText(output.encode()))
    calls = list(read_calls(log))
    for number, call in enumerate(calls):
        same = (call.verb, call.app, call.name)
        later = any((c.verb, c.app, c.name) == same and c.result == "ok" for c in calls[number + 1 :])
        if call.result == "failed" and not later:
            yield f"{call.command}: FAILED" + (f", {call.reason}" if call.reason else "")


def _values(reach: Reach, given: Parameters, snapshots: Sequence[Snapshot]) -> dict[str, str]:
    """The person's values; for those that only the apps had, those of the snapshots."""
    found = {}
    for name in filter(None, str(given.get("from_app") or "").split(",")):
        found[name] = next((one.variables[name] for one in snapshots if one.variables.get(name)), "")
    wanted = str(given.get("variables") or "").split(",")
    return found | {name: reach.values[name] for name in wanted if reach.values.get(name)}


@contextmanager
def alone(shop: Workshop) -> Iterator[int]:
    """A lock that the script inherits: it is held for as long as the script runs, though Runback be killed.

    A script that a killed run has left behind is ended first, and its login goes.
    """
    import fcntl

    shop.lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(shop.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.pread(handle, 20, 0)
            if not other.isdigit():
                raise NotDone("another run's script is still at work", "Wait until it ends.") from None
            _end(int(other))
            fcntl.flock(handle, fcntl.LOCK_EX)
        shutil.rmtree(_own_home(shop), ignore_errors=True)
        yield handle
    finally:
        os.close(handle)


def _end(group: int, how: signal.Signals = signal.SIGTERM) -> None:
    """Ends a script and its children. Who holds our lock is one of ours: the number is not another's."""
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return


@contextmanager
def _login(shop: Workshop, reach: Reach, given: Parameters) -> Iterator[dict[str, str]]:
    """A copy of cf's login for the script, at work in the app's space: the person's own stays as it is."""
    home = Path(shop.environ.get("CF_HOME") or shop.environ.get("HOME") or Path.home()) / ".cf"
    folder = _own_home(shop)
    folder.mkdir(mode=0o700)
    try:
        own = folder / ".cf"
        own.mkdir(mode=0o700)
        if (home / "config.json").is_file():
            shutil.copyfile(home / "config.json", own / "config.json")
            (own / "config.json").chmod(0o600)
        environ = {**shop.environ, "CF_HOME": str(folder)}
        if not (own / "config.json").is_file():
            _cf(environ, "api", reach.session.endpoints.api)
            _cf(environ, "auth")  # by CF_USERNAME and CF_PASSWORD
        _cf(environ, "target", "-o", text(given, "org"), "-s", text(given, "space"))
        yield {"CF_HOME": str(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _own_home(shop: Workshop) -> Path:
    """In one known place, so that the next run finds and removes what a killed one has left there."""
    return shop.lock.with_name("script-home")


def _cf(environ: Mapping[str, str], *words: str) -> None:
    """One command of cf that must succeed before the script may begin. Raises NotDone."""
    program = shutil.which("cf", path=environ.get("PATH"))
    if program is None:
        raise NotDone("there is no cf on PATH, which the deploy script needs", "Install the cf CLI 8.")
    done = subprocess.run(  # noqa: S603 - cf of the person's own PATH, with words of ours
        [program, *words], env=dict(environ), capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        said = outgoing((done.stderr + done.stdout).decode("utf-8", "replace")).strip().splitlines()
        raise NotDone(f"cf {words[0]}: {said[0] if said else 'failed'}", "Log in with 'cf login'.")
