"""What is kept between runs: private, whole, and for one run at a time."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runback import state as state_module
from runback.errors import RunbackError, UsageError
from runback.model import Cause, Diagnosis, Finding, Target
from runback.state import HISTORY, State

AT = datetime(2026, 3, 3, 15, tzinfo=UTC)


def diagnosis(app: str = "tdp-backend-raft") -> Diagnosis:
    finding = Finding(
        page="app-stopped",
        title="stopped",
        stage="run",
        severity="error",
        confidence="high",
        app="clamav-rest",
    )
    return Diagnosis(
        target=Target(app=app, environment="raft"),
        verdict="failed",
        sentence="It is stopped.",
        causes=(Cause(finding=finding, rank=1),),
    )


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_where_it_lies(tmp_path: Path) -> None:
    assert State.of({"XDG_STATE_HOME": str(tmp_path)}).folder == tmp_path / "runback"
    assert State.of({"HOME": str(tmp_path)}).folder == tmp_path / ".local" / "state" / "runback"
    assert State.of({"HOME": str(tmp_path), "XDG_STATE_HOME": "relative"}).folder.is_relative_to(tmp_path)


def test_nothing_is_written_before_it_is_needed(tmp_path: Path) -> None:
    project = State(tmp_path / "runback").project("gh/acme/portal")
    assert project.last() is None
    assert project.history() == []
    assert not (tmp_path / "runback").exists()


def test_the_last_diagnosis_and_the_history(tmp_path: Path) -> None:
    project = State(tmp_path / "runback").project("gh/acme/portal")
    project.remember(diagnosis("first"), AT)
    project.remember(diagnosis("second"), AT)
    assert project.last() == diagnosis("second")
    assert [entry["app"] for entry in project.history()] == ["first", "second"]
    assert project.history()[0] == {
        "at": "2026-03-03T15:00:00+00:00",
        "app": "first",
        "environment": "raft",
        "verdict": "failed",
        "causes": [["app-stopped", "clamav-rest"]],
    }
    assert State(tmp_path / "runback").project("gh/acme/other").last() is None


def test_the_history_is_bounded(tmp_path: Path) -> None:
    project = State(tmp_path / "runback").project("p")
    project.remember(diagnosis(), AT)
    path = project.folder / "history.jsonl"
    path.write_text("".join(json.dumps({"app": str(number)}) + "\n" for number in range(2 * HISTORY)))
    project.remember(diagnosis("newest"), AT)
    history = project.history()
    assert len(history) == HISTORY
    assert history[-1]["app"] == "newest"
    assert history[-2]["app"] == str(2 * HISTORY - 1)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"target": 3}', b"\xff\xfe"])
def test_a_damaged_diagnosis_is_none(tmp_path: Path, content: bytes) -> None:
    project = State(tmp_path / "runback").project("p")
    project.remember(diagnosis(), AT)
    (project.folder / "diagnosis.json").write_bytes(content)
    assert project.last() is None


def test_everything_is_private(tmp_path: Path) -> None:
    (tmp_path / "runback").mkdir(mode=0o755)
    state = State(tmp_path / "runback")
    project = state.project("gh/acme/portal")
    project.fingerprint_key()
    project.remember(diagnosis(), AT)
    state.audit({"what": "restart"})
    with project.lock("diagnose"):
        pass
    for path in (tmp_path / "runback").rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert mode(tmp_path / "runback") == 0o700


def test_names_of_projects_do_not_leave_the_folder(tmp_path: Path) -> None:
    state = State(tmp_path / "runback")
    for name in ("../../etc", "gh/a/b", "gh-a-b", "", "x" * 500, "..", "a\0b"):
        folder = state.project(name).folder
        assert folder.parent == tmp_path / "runback" / "projects"
        assert len(folder.name) < 100
    assert state.project("gh/a/b").folder != state.project("gh-a-b").folder


# --- the key --------------------------------------------------------------------------------------


def test_a_key_for_each_project(tmp_path: Path) -> None:
    state = State(tmp_path / "runback")
    key = state.project("one").fingerprint_key()
    assert len(key) == 32
    assert state.project("one").fingerprint_key() == key
    assert state.project("two").fingerprint_key() != key
    assert [path.name for path in state.project("one").folder.iterdir()] == ["fingerprint.key"]


def test_a_damaged_key_is_said(tmp_path: Path) -> None:
    project = State(tmp_path / "runback").project("p")
    project.fingerprint_key()
    (project.folder / "fingerprint.key").write_bytes(b"short")
    with pytest.raises(RunbackError, match="is damaged: 5 bytes"):
        project.fingerprint_key()


def key_of(folder: Path) -> bytes:
    return State(folder).project("p").fingerprint_key()


def test_runs_at_once_agree_on_the_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(key_of, [tmp_path / "runback"] * 16)
    assert len(set(keys)) == 1


# --- the audit log --------------------------------------------------------------------------------


def test_the_audit_log_is_only_appended_to(tmp_path: Path) -> None:
    state = State(tmp_path / "runback")
    state.audit({"step": "restart", "result": "begun"})
    before = (tmp_path / "runback" / "audit.jsonl").read_bytes()
    state.audit({"step": "restart", "result": "done"})
    assert (tmp_path / "runback" / "audit.jsonl").read_bytes().startswith(before)
    assert [entry["result"] for entry in state.audited()] == ["begun", "done"]
    assert datetime.fromisoformat(state.audited()[0]["at"]).tzinfo is not None


def test_a_line_that_a_crash_cut_short_spoils_no_other(tmp_path: Path) -> None:
    state = State(tmp_path / "runback")
    state.audit({"step": "one"})
    with (tmp_path / "runback" / "audit.jsonl").open("ab") as stream:
        stream.write(b'{"step":"tw')
    state.audit({"step": "three"})
    assert [entry["step"] for entry in state.audited()] == ["one", "three"]


def test_a_full_disk_is_one_plain_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file-size limit stands in for the disk: the kernel refuses the write just as well."""
    program = """
import resource, signal, sys
from pathlib import Path
from runback.errors import RunbackError
from runback.state import State
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
state = State(Path(sys.argv[1]))
state.audit({"step": "one"})
state.project("p").fingerprint_key()
resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))
for write in (lambda: state.audit({"step": "two"}), lambda: state.project("q").fingerprint_key()):
    try:
        write()
    except RunbackError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "runback"], capture_output=True, text=True, check=True
    )
    said = done.stdout.splitlines()
    assert len(said) == 2
    assert all("File too large" in line or "No space left" in line for line in said)
    assert [entry["step"] for entry in State(tmp_path / "runback").audited()] == ["one"]
    assert not list((tmp_path / "runback").rglob(".new-*"))


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "runback").write_text("")
    with pytest.raises(RunbackError) as raised:
        State(tmp_path / "runback").audit({"step": "one"})
    assert "XDG_STATE_HOME" in raised.value.advice


def test_a_link_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    state = State(tmp_path / "runback")
    state.audit({"step": "one"})
    log = tmp_path / "runback" / "audit.jsonl"
    log.unlink()
    log.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunbackError):
        state.audit({"step": "two"})
    assert not (tmp_path / "elsewhere").exists()


# --- locks ----------------------------------------------------------------------------------------


def test_one_run_at_a_time(tmp_path: Path) -> None:
    project = State(tmp_path / "runback").project("p")
    with project.lock("fix --apply"):
        with (
            pytest.raises(UsageError, match=f"fix --apply \\(process {os.getpid()}\\)"),
            project.lock("other"),
        ):
            pytest.fail("the second run got in")
        with State(tmp_path / "runback").project("q").lock("other"):
            pass
    with project.lock("again"):
        pass


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from runback.state import State
with State(Path(sys.argv[1])).project("p").lock("killed"):
    os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "runback"], check=False)
    assert done.returncode == 9  # it had the lock when it died
    with State(tmp_path / "runback").project("p").lock("next"):
        pass


def test_the_module_needs_no_lock_where_there_is_none() -> None:
    """fcntl is loaded when a lock is asked for, so that the rest works without it."""
    assert "fcntl" not in vars(state_module)
