"""Scenario files are read strictly: file, line, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from runback import lab
from runback.errors import ConfigurationError
from runback.lab.changes import Push, RunCf, SetVariables, Wait
from runback.lab.scenario import read, read_truth, summaries

GOOD = """\
set: core
stage: connect
line: Uploads fail.
app: backend
environment: raft
changes:
  - cf: remove-network-policy a 'b c' --port 9000
  - ci.context: {name: dev, variables: {JWT_KEY: "", OLD: null}}
  - wait: 10m
  - commit: {branch: raft, subject: A change, files: {a.txt: "a", gone.txt: null}}
truth:
  causes: [{page: policy-missing, app: a, remedy: add-network-policy}]
  chain: [connection-refused]
"""


def written(folder: Path, text: str) -> Path:
    (folder / "one.yml").write_text(text)
    return folder


def test_changes_are_read(tmp_path: Path) -> None:
    scenario = read("one", written(tmp_path, GOOD))
    assert scenario.changes == (
        RunCf(("remove-network-policy", "a", "b c", "--port", "9000")),
        SetVariables({"JWT_KEY": "", "OLD": None}, "dev"),
        Wait(600),
        Push("raft", "A change", files={"a.txt": "a", "gone.txt": None}),
    )
    assert scenario.world == "reference"


def test_the_truth_is_apart(tmp_path: Path) -> None:
    truth = read_truth("one", written(tmp_path, GOOD))
    assert [(cause.page, cause.app, cause.remedy) for cause in truth.causes] == [
        ("policy-missing", "a", "add-network-policy")
    ]
    assert not hasattr(read("one", tmp_path), "truth")
    assert summaries(tmp_path)[0].healthy is False


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("stage: connect", "stage: nowhere", 2, "'stage' is 'nowhere'"),
        ("line: Uploads fail.", "lines: Uploads fail.", 3, "unknown key 'lines'"),
        ("app: backend\n", "", 1, "'app' is missing"),
        ("  - wait: 10m", "  - wait: 10 minutes", 9, "'10 minutes' is not a duration"),
        ("  - wait: 10m", "  - sleep: 10m", 9, "unknown key 'sleep'"),
        ("  - cf: remove", "  - cf: cf remove", 7, "without the word cf"),
        ("policy a 'b c'", "policy a 'b", 7, "not a command line"),
        ("{branch: raft, subject: A change,", "{branch: raft,", 10, "'subject' is missing"),
        ("{page: policy-missing, app: a,", "{app: a,", 12, "a cause names its 'page'"),
        ("set: core", "set: [core", 2, "not YAML"),
    ],
)
def test_a_malformed_scenario_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, text: str
) -> None:
    assert old in GOOD
    folder = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigurationError, match=text) as refused:
        read("one", folder)
    assert f"one.yml:{line}: " in str(refused.value)


def test_what_is_allowed_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read("one", written(tmp_path, GOOD.replace("- wait:", "- sleep:")))
    assert "wait" in refused.value.advice
    assert "commit" in refused.value.advice


def test_an_unknown_scenario_has_near_names() -> None:
    with pytest.raises(lab.UnknownScenario, match="no scenario 'polcy-missing'") as unknown:
        lab.start("polcy-missing")
    assert "policy-missing" in unknown.value.advice
    assert unknown.value.exit_code == 2
    with pytest.raises(lab.UnknownScenario):
        lab.truth("../secrets")


def test_the_core_is_whole() -> None:
    core = [one for one in lab.scenarios() if one.set == "core"]
    assert len(core) == 12
    assert [one.name for one in core if one.healthy] == ["healthy"]
    for one in core:
        assert read(one.name).changes
        assert bool(lab.truth(one.name).causes) is not one.healthy
