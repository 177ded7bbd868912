"""One bundle: what is written comes back, and whatever is no bundle is refused in plain words."""

from __future__ import annotations

import errno
import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import worlds
from runback import bundle
from runback.bundle import reading
from runback.errors import InputError, UsageError
from runback.model import Detection, Evidence, Gap, Log, LogText

Member = tuple[str, bytes]


def evidence() -> Evidence:
    healthy = worlds.healthy()
    large = Log(id="step:1/1.0", kind="step", name="a large log", text=LogText(b"line\n" * 40_000))
    return msgspec.structs.replace(
        healthy,
        logs=(*healthy.logs, large, Log(id="x", kind="app", name="empty", text=LogText(b""), times=())),
        unlearned=(Gap(what="environment of tdp-backend-raft", reason="403"),),
        detections=(Detection(detector="learned", found=3),),
    )


def save(path: Path, what: Evidence | None = None, key: str = "k") -> Path:
    bundle.write(what or evidence(), path, tool="9.9", runbook="abc", key=key)
    return path


def members_of(path: Path) -> list[Member]:
    with zstandard.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        return [(member.name, _content(archive, member)) for member in archive]


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    assert content is not None
    return content.read()


def pack(path: Path, members: Iterable[Member], change: Callable[[tarfile.TarInfo], Any] = id) -> Path:
    data = io.BytesIO()
    for name, content in members:
        header = tarfile.TarInfo(name)
        header.size = len(content)
        change(header)
        data.write(header.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % 512))
    path.write_bytes(zstandard.compress(data.getvalue() + b"\0" * 1024))
    return path


def changed(path: Path, name: str, change: Callable[[Any], Any]) -> Path:
    members = [
        (member, json.dumps(change(json.loads(content))).encode() if member == name else content)
        for member, content in members_of(path)
    ]
    return pack(path, members)


def first_log(old: Any, **changes: Any) -> Any:
    return old | {"logs": [old["logs"][0] | changes, *old["logs"][1:]]}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught, bundle.opened(path):
        pass
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    path = save(tmp_path / "a.runback")
    with bundle.opened(path) as found:
        assert found.evidence == evidence()
        assert found.evidence.logs[-2].text.size == 200_000
        manifest = found.manifest
    assert (manifest.tool, manifest.runbook, manifest.key) == ("9.9", "abc", "k")
    assert manifest.collected_at == worlds.NOW
    assert manifest.unlearned[0].reason == "403"
    assert manifest.logs == len(evidence().logs)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_large_log_lies_on_disk_only_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_IN_MEMORY", 1000)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    path = save(tmp_path / "a.runback")
    with bundle.opened(path) as found:
        assert found.evidence == evidence()
        assert list(tmp_path.glob("runback-bundle-*/*"))
    assert not list(tmp_path.glob("runback-bundle-*"))


def test_any_tool_that_knows_tar_and_zstd_can_look_into_it(tmp_path: Path) -> None:
    names = [name for name, _ in members_of(save(tmp_path / "a.runback"))]
    assert names[:3] == ["manifest.json", "evidence.json", "logs/00001"]


def test_gaps_are_in_the_manifest(tmp_path: Path) -> None:
    world = worlds.with_app(evidence(), "tdp-backend-raft", builds=Gap(what="builds", reason="403"))
    with bundle.opened(save(tmp_path / "a.runback", world)) as found:
        assert Gap(what="builds", reason="403") in found.manifest.gaps


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04 a zip", b"\x1f\x8b gzip", b"{}"])
def test_foreign_files_are_told_apart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    assert "is not a bundle of Runback" in refusal(path)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing")
    assert "is a directory" in refusal(tmp_path)


def test_zstd_of_something_else_is_no_bundle(tmp_path: Path) -> None:
    path = tmp_path / "log.zst"
    for content in (b"a log\n" * 1000, b"", b"\0" * 4096):
        path.write_bytes(zstandard.compress(content))
        assert "not a bundle of Runback" in refusal(path)


def test_every_shortened_bundle_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.runback")
    whole = path.read_bytes()
    for size in range(4, len(whole) - 4, max(1, len(whole) // 60)):
        path.write_bytes(whole[:size])
        refusal(path)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_damaged_bundle_is_refused_or_equal(tmp_path: Path, data: st.DataObject) -> None:
    path = save(tmp_path / "a.runback")
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    try:
        with bundle.opened(path) as found:
            assert found.evidence == evidence()
    except InputError:
        pass


def test_a_newer_bundle_says_so(tmp_path: Path) -> None:
    path = changed(save(tmp_path / "a"), "manifest.json", lambda old: old | {"schema": "runback.bundle/7"})
    assert "written by a newer Runback ('9.9', format '7')" in refusal(path)
    path = changed(save(tmp_path / "a"), "manifest.json", lambda old: old | {"schema": "else/1"})
    assert "of another kind" in refusal(path)


def test_what_later_versions_add_does_not_hurt(tmp_path: Path) -> None:
    path = changed(save(tmp_path / "a"), "evidence.json", lambda old: old | {"added_later": {"x": 1}})
    path = changed(path, "manifest.json", lambda old: old | {"more": [1]})
    with bundle.opened(path) as found:
        assert found.evidence == evidence()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "logs/../../x", "logs/00099", "logs/00001/x", "C:\\x"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    members = members_of(save(tmp_path / "a"))
    path = pack(tmp_path / "a", [*members[:2], (name, b"x"), *members[3:]])
    assert "does not belong there" in refusal(path)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE, b"L"]
)
def test_links_devices_and_extensions_are_refused(tmp_path: Path, kind: bytes) -> None:
    members = members_of(save(tmp_path / "a"))

    def change(header: tarfile.TarInfo) -> None:
        if header.name == "logs/00001":
            header.type, header.linkname = kind, "/etc/passwd"

    assert "not a plain file" in refusal(pack(tmp_path / "a", members, change))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    members = members_of(save(tmp_path / "a"))

    def claims(name: str, size: int) -> Callable[[tarfile.TarInfo], None]:
        def change(header: tarfile.TarInfo) -> None:
            if header.name == name:
                header.size = size

        return change

    for name, size, words in (
        ("manifest.json", 1 << 40, "larger than 8 MB"),
        ("evidence.json", 1 << 40, "larger than 128 MB"),
        ("logs/00001", 1 << 40, "larger than 16 GB"),
    ):
        assert words in refusal(pack(tmp_path / "a", members, claims(name, size)))


def test_a_log_for_which_the_disk_has_no_room_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_IN_MEMORY", 0)
    monkeypatch.setattr(reading, "_SPARE", 1 << 60)
    assert "has no room" in refusal(save(tmp_path / "a"))


def test_a_window_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    data = os.urandom(1024) * 20_000
    compressor = zstandard.ZstdCompressor(compression_params=parameters)
    path = tmp_path / "a"
    with path.open("wb") as sink, compressor.stream_writer(sink) as packed:
        packed.write(data)
    assert "too much memory" in refusal(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda old: old | {"collected_at": "2026-01-01T00:00:00Z"}, "do not belong together"),
        (lambda old: old | {"logs": []}, "do not belong together"),
        (lambda old: old | {"logs": old["logs"][:-1]}, "do not belong together"),
        (lambda old: first_log(old, text="logs/99999"), "a log is missing"),
        (lambda old: first_log(old, text="/etc/passwd"), "a log is missing"),
        (lambda old: old | {"platform": [[[[]]]]}, "Expected"),
        (lambda old: old | {"requests": "many"}, "Expected"),
        (lambda old: [old], "Expected"),
        (lambda old: first_log(old, times=[1 << 63]), "impossible times"),
        (lambda old: first_log(old, started_at="0001-01-01T00:00:00Z"), "impossible times"),
        (lambda old: first_log(old, started_at="2026-01-01T00:00:00"), "impossible times"),
    ],
)
def test_evidence_that_contradicts_itself_is_refused(
    tmp_path: Path, change: Callable[[Any], Any], words: str
) -> None:
    assert words in refusal(changed(save(tmp_path / "a"), "evidence.json", change))


def test_deep_nesting_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    members = members_of(save(tmp_path / "a"))
    members[1] = ("evidence.json", b'{"collected_at":' + b"[" * 5_000_000)
    refusal(pack(tmp_path / "a", members))


def test_more_behind_the_end_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a")
    whole = zstandard.decompress(path.read_bytes(), max_output_size=1 << 26)
    path.write_bytes(zstandard.compress(whole + b"\0" * 512 + b"more"))
    assert "more in it" in refusal(path)


def test_places_where_nothing_can_be_written(tmp_path: Path) -> None:
    for place, words in ((tmp_path, "is a folder"), (tmp_path / "no" / "where", "there is no folder")):
        with pytest.raises(UsageError, match=words):
            bundle.check_place(place)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.runback")
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"could not be written: no space left on device"):
        save(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.runback"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_device_that_is_full_is_told_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    handle = os.open("/dev/full", os.O_WRONLY)
    (tmp_path / "new").touch()
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (handle, str(tmp_path / "new")))
    with pytest.raises(UsageError, match="no space left"):
        save(tmp_path / "a.runback")
    assert list(tmp_path.iterdir()) == []


def test_two_runs_that_write_at_once_leave_one_whole_bundle(tmp_path: Path) -> None:
    path = tmp_path / "a.runback"
    runs = [threading.Thread(target=save, args=(path, None, key)) for key in "abcdefgh"]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    with bundle.opened(path) as found:
        assert found.evidence == evidence()
        assert found.manifest.key in "abcdefgh"
    assert [one.name for one in tmp_path.iterdir()] == ["a.runback"]


def test_times_of_any_zone_come_back(tmp_path: Path) -> None:
    at = datetime.fromisoformat("2026-03-03T16:00:00+01:00")
    with bundle.opened(save(tmp_path / "a", msgspec.structs.replace(evidence(), collected_at=at))) as found:
        assert found.evidence.collected_at.isoformat() == at.isoformat()
