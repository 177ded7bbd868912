"""The score over every scenario, held against the figures of the last time: none may drop.

`score_figures.json` holds them. `misses` are the scenarios that were not wholly right when it was written;
all others must be. After an improvement: `python tests/test_score_figures.py` writes the file anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from runback import lab, score
from runback.errors import UsageError

FIGURES = Path(__file__).parent / "score_figures.json"
KNOWN: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {"misses": []}
NAMES = [one.name for one in lab.scenarios()]
DRAWN = 40


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in KNOWN["misses"] and lab.summary(name).set != "core"]
)
def test_what_was_right_stays_right(name: str) -> None:
    result = score.run([name])
    assert result.perfect, score.table(result)


@pytest.mark.long
def test_no_figure_drops() -> None:
    result = score.run()
    assert len(result.scenarios) >= KNOWN["total"]
    assert result.right / len(result.scenarios) >= KNOWN["right"] / KNOWN["total"], score.table(result)
    assert result.false_causes <= KNOWN["false_causes"], score.table(result)


@pytest.mark.long
def test_no_figure_of_the_drawn_scenarios_drops() -> None:
    result = score.run(drawn=DRAWN, seed=1)
    assert result.right >= KNOWN["drawn_right"], score.table(result)


def test_the_list_of_misses_names_scenarios() -> None:
    assert set(KNOWN["misses"]) <= set(NAMES)


def test_every_theme_has_its_share() -> None:
    sets = [one.set for one in lab.scenarios()]
    assert len(sets) >= 60
    assert sets.count("two") >= 10
    assert sets.count("trail") >= 10
    assert sets.count("noisy") >= 5
    assert {one.stage for one in lab.scenarios()} == {
        "commit", "ci", "build", "infrastructure", "deploy", "stage", "start", "run", "connect", "serve",
    }  # fmt: skip


def test_a_draw_is_always_the_same() -> None:
    first, again, other = (lab.summary(name) for name in ("random-3-5", "random-3-5", "random-3-6"))
    assert first == again
    assert (first.line, first.stage) != (other.line, other.stage)
    assert lab.truth("random-3-5") == lab.truth("random-3-5")
    assert "random-3-5" not in NAMES  # drawn ones are not listed: there is no end of them
    with pytest.raises(UsageError):
        lab.summary("random-3-x")


def _write() -> None:
    result = score.run(progress=lambda text: print(text, file=sys.stderr))
    drawn = score.run(drawn=DRAWN, seed=1, progress=lambda text: print(text, file=sys.stderr))
    figures = {
        "total": len(result.scenarios),
        "right": result.right,
        "false_causes": result.false_causes,
        "drawn_right": drawn.right,
        "misses": [
            one.name
            for one in result.scenarios
            if not (one.right and one.chain_right and not one.false_causes)
        ],
    }
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
    print(score.table(result))


if __name__ == "__main__":
    _write()
