"""Memory does not grow with the output of a failed step: benchmarks/ci.py, with less of it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "ci.py"


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ci_benchmark", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc that tells the peak")
def test_the_peak_does_not_follow_the_output() -> None:
    module = benchmark()
    found = []
    for megabytes in (8, 40):
        with module.playing(megabytes << 20) as host:
            done = subprocess.run(
                [sys.executable, str(BENCHMARK), "--diagnose", host],
                capture_output=True,
                text=True,
                check=True,
            )
        found.append(json.loads(done.stdout))
    small, large = found
    assert large["cause"].startswith("1 of 9 tests failed")
    assert large["memory"] < small["memory"] + 16  # MB
