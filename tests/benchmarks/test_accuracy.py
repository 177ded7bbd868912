"""The measure of accuracy, held against cases whose result can be told by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import accuracy

TRACEBACK = """starting
Traceback (most recent call last):
  File "/app/settings.py", line 10, in <module>
    KEY = os.environ["JWT_KEY"]
KeyError: 'JWT_KEY'
Exited with code exit status 1
"""
SILENT = "step one\ndone\n\n\n\n\nExited with code exit status 1\n"
GREEN = "Collecting error-handler==1.0\nSuccessfully installed error-handler-1.0\n"


def case(raw_log: str, *labels: object) -> accuracy.Judged:
    return accuracy.judge(accuracy.Case("case", raw_log, labels, "class"))


@pytest.mark.parametrize(
    "label", [5, "5", [3, 5], "2-5", "KeyError: 'JWT_KEY'", 'KEY = os.environ["JWT_KEY"]']
)
def test_a_label_is_a_number_a_range_or_a_text(label: object) -> None:
    judged = case(TRACEBACK, label)
    assert judged.first
    assert judged.said[0].line == 5


def test_the_rest_of_a_traceback_is_the_same_block() -> None:
    assert case(TRACEBACK, 2).first


def test_the_verdict_line_is_not_the_cause() -> None:
    judged = case(SILENT, 2)
    assert [one.right for one in judged.said] in ([], [False])
    assert judged.missed
    assert "expected 2: done" in accuracy.miss(judged)


def test_a_label_that_is_elsewhere_makes_the_named_cause_wrong() -> None:
    judged = case("the disk is melting\n" + "step\n" * 9 + TRACEBACK, 1)
    assert judged.said
    assert not judged.first_three


def test_healthy_logs_are_silent_or_alarms() -> None:
    assert not case(GREEN).missed
    assert case(TRACEBACK).alarm


def test_figures_count_cases_and_causes() -> None:
    figures = accuracy.Figures.of(
        [case(TRACEBACK, 5), case("the disk melts\n" + "\n" * 9 + TRACEBACK, 1), case("a\n", 1), case(GREEN)]
    )
    assert (figures.failed, figures.first, figures.abstentions, figures.unseen) == (3, 1, 1, 1)
    assert (figures.causes, figures.right_causes) == (2, 1)
    assert (figures.healthy, figures.alarms) == (1, 0)


def test_reads_lines_arrays_and_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    red = {"raw_log": TRACEBACK, "cause_lines": [5], "cause_class": "variable"}
    green = {"raw_log": GREEN}
    (tmp_path / "a.jsonl").write_text(json.dumps(red) + "\n\n" + json.dumps(green) + "\n")
    (tmp_path / "b.json").write_text(json.dumps([red]))
    (tmp_path / "c.json").write_text(json.dumps(green | {"name": "quiet"}))
    assert sorted(one.name for one in accuracy.read(tmp_path)) == ["a-1", "a-2", "b-1", "quiet"]
    assert accuracy.main([str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["overall"]["first"] == found["classes"]["variable"]["failed"] == 2
    assert found["pages"] == {"variable-missing": {"right": 2, "wrong": 0}} or len(found["pages"]) == 1


def test_labels_that_fit_no_line_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "a.jsonl"
    cases.write_text(json.dumps({"raw_log": TRACEBACK, "cause_lines": [99, "no such text"], "name": "odd"}))
    assert accuracy.main([str(cases), "--json"]) == 0
    printed = capsys.readouterr()
    assert "odd: no line fits its labels" in printed.err
    assert json.loads(printed.out)["overall"]["failed"] == 0


def test_a_class_stands_for_its_subclasses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "a.json"
    kinds = ("python/start", "python", "pythonic")
    cases.write_text(json.dumps([{"raw_log": GREEN, "cause_class": kind} for kind in kinds]))
    assert accuracy.main([str(cases), "--class", "python", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["overall"]["healthy"] == 2


def test_a_record_without_a_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"cause_lines": [1]}')
    with pytest.raises(SystemExit, match="no raw_log"):
        list(accuracy.read(tmp_path))
