"""A diagnosis from a bundle equals the live one byte for byte, timings apart, on every scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_record

from runback import app, bundle, lab
from runback.app.keeping import save
from runback.errors import UsageError
from runback.model import Diagnosis, Evidence, Log, LogText, Platform, Timings
from runback.reports import html, json, markdown, terminal

SAVED = Path(__file__).parent / "saved"  # one of each version of the format, written by its first Runback


def scenarios() -> Iterator[object]:
    for one in lab.scenarios():
        yield pytest.param(one.name, marks=() if one.set == "core" else pytest.mark.long)


def reports(diagnosis: Diagnosis) -> list[str]:
    timeless = replace_record(diagnosis, timings=Timings())
    return [
        json.render_diagnosis(timeless),
        markdown.render_diagnosis(timeless),
        html.render_diagnosis(timeless, app.runbook().pages),
        terminal.render_diagnosis(timeless, width=100, colour=False, everything=True),
    ]


def collected(name: str, folder: Path) -> tuple[Evidence, dict[str, str]]:
    with lab.start(name) as running:
        request = app.Request(app=running.app, environment=running.environment)
        environ = running.environ | {"XDG_STATE_HOME": str(folder / "state")}
        evidence, _ = app.collect(request, running.checkout, environ, now=running.now)
    return evidence, environ


@pytest.mark.parametrize("name", list(scenarios()))
def test_the_diagnosis_from_a_bundle_equals_the_live_one(name: str, tmp_path: Path) -> None:
    evidence, environ = collected(name, tmp_path)
    live = app.judge(evidence)
    save(evidence, tmp_path / "one.runback", environ)
    with bundle.opened(tmp_path / "one.runback") as found:
        assert found.evidence == evidence
    offline, _ = app.diagnose_bundle(tmp_path / "one.runback")
    assert reports(offline) == reports(live)


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.runback")), ids=lambda path: path.stem)
def test_bundles_that_earlier_versions_wrote_are_read_for_ever(path: Path) -> None:
    diagnosis, _ = app.diagnose_bundle(path)
    assert [cause.finding.page for cause in diagnosis.causes] == ["policy-missing"]
    assert app.audit_bundle(path).clean


def test_saved_by_diagnose_and_diagnosed_without_the_lab(tmp_path: Path) -> None:
    path = tmp_path / "one.runback"
    with lab.start("policy-missing") as running:
        request = app.Request(app=running.app, environment=running.environment, save_bundle=path)
        live = app.diagnose_running(running, request)
        state = Path(running.environ["XDG_STATE_HOME"])
        remembered = sorted(state.rglob("diagnosis.json"))
        before = remembered[0].stat().st_mtime_ns
        offline, notes = app.diagnose_bundle(path)
        assert remembered[0].stat().st_mtime_ns == before
    assert reports(offline) == reports(live)
    assert "Runback" in notes[0]


def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with lab.start("healthy") as running:
        request = app.Request(app=running.app, environment=running.environment)
        with pytest.raises(UsageError, match="there is no folder"):
            app.diagnose_running(running, replace(request, save_bundle=tmp_path / "no" / "x"))
        assert running.requests() == ()


def test_the_difference_of_a_healthy_and_a_broken_world(tmp_path: Path) -> None:
    for name in ("healthy", "scanner-stopped"):
        evidence, environ = collected(name, tmp_path)
        save(evidence, tmp_path / name, environ)
    diff = app.diff_bundles(tmp_path / "healthy", tmp_path / "scanner-stopped")
    assert diff.comparable
    assert diff.causes[0] == ()
    assert any("clamav-rest" in title for title in diff.causes[1])
    found = {(one.subject, one.what): (one.first, one.second) for one in diff.differences}
    assert found["app clamav-rest", "state"] == ("STARTED", "STOPPED")
    assert not [key for key in found if key[1].startswith("variable")]
    assert app.diff_bundles(tmp_path / "healthy", tmp_path / "healthy").differences == ()


def test_values_of_different_keys_are_not_compared(tmp_path: Path) -> None:
    evidence, environ = collected("healthy", tmp_path)
    save(evidence, tmp_path / "one", environ)
    changed = other_fingerprints(evidence)
    save(changed, tmp_path / "two", environ | {"XDG_STATE_HOME": str(tmp_path / "another")})
    diff = app.diff_bundles(tmp_path / "one", tmp_path / "two")
    assert not diff.comparable
    assert diff.differences == ()
    assert any(one.what == "variable JWT_KEY" for one in bundle.differences(evidence, changed))


def other_fingerprints(evidence: Evidence) -> Evidence:
    """The evidence as it is under another key."""
    platform = evidence.platform
    assert isinstance(platform, Platform)
    assert isinstance(platform.apps, tuple)
    apps = []
    for one in platform.apps:
        assert isinstance(one.variables, tuple)
        others = tuple(replace_record(two, fingerprint=two.fingerprint[::-1]) for two in one.variables)
        apps.append(replace_record(one, variables=others))
    return replace_record(evidence, platform=replace_record(platform, apps=tuple(apps)))


def test_an_audit_finds_what_a_careless_version_left(tmp_path: Path) -> None:
    evidence, environ = collected("policy-missing", tmp_path)
    save(evidence, tmp_path / "one", environ)
    clean = app.audit_bundle(tmp_path / "one")
    assert clean.clean
    assert {one.detector for one in clean.sealed} >= {"learned", "jwt", "private-key"}
    text = b"started\nkey AKIAIOSFODNN7EXAMPLE and [secret:JWT_KEY:3f9a]\n"
    log = Log(id="app:x", kind="app", name="careless", text=LogText(text))
    save(replace_record(evidence, logs=(*evidence.logs, log)), tmp_path / "two", environ)
    found = app.audit_bundle(tmp_path / "two")
    assert not found.clean
    assert found.places == ("careless:2",)
    assert ("JWT_KEY", 1) in found.tokens
    assert {one.detector for one in found.now if one.found} == {"aws-access-key"}
