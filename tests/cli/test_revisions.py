from __future__ import annotations

import json

import pytest

from runback.cli import main


def test_the_safe_way_back_is_the_revision_before_the_crashing_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["revisions", "tdp-backend-staging", "--lab", "new-revision-crashes"]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["revisions"]
    running = next(one for one in found if one["runs"])
    safe = next(one for one in found if one["safe"])
    assert running["crashes"] > 0
    assert safe["crashes"] == 0
    assert safe["version"] < running["version"]
    assert [one["version"] for one in found] == sorted((one["version"] for one in found), reverse=True)

    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert said.endswith(f"The safe way back is revision {safe['version']}.\n")
    assert f"→ {running['version']:>3}" in said
