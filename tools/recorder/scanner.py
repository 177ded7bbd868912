"""ClamAV without its virus definitions: freshclam and clamd as Debian packages them."""

from __future__ import annotations

from recorder.backend import _silent
from recorder.stage import Stage

MIRROR = "https://database.clamav.net"
PLACE = "/var/lib/clamav"


def record(stage: Stage) -> None:
    root, version = stage.debian("clamav-freshclam", "clamav-daemon", "libclamav12", "libmspack0")
    environ = stage.environ({"LD_LIBRARY_PATH": str(root / "usr/lib/x86_64-linux-gnu")})
    definitions = stage.root / PLACE.lstrip("/")
    definitions.mkdir(parents=True)
    common = f"DatabaseDirectory {definitions}\n"
    (root / "clamd.conf").write_text(common + f"LocalSocket {root}/clamd.sock\nForeground yes\n")
    with _silent() as address:
        limits = "ConnectTimeout 2\nReceiveTimeout 2\nMaxAttempts 1\nDatabaseOwner root\n"
        (root / "freshclam.conf").write_text(f"{common}{limits}DatabaseMirror http://{address}\n")
        command = f"{root}/usr/bin/freshclam --config-file={root}/freshclam.conf"
        fetched, _ = stage.run(f"stdbuf -oL {command}", root, environ)
        names = {f"http://{address}": MIRROR}
    started, code = stage.run(f"{root}/usr/sbin/clamd --config-file={root}/clamd.conf", root, environ)
    stage.keep(
        "clamav-no-definitions", fetched + started, tool="clamav", version=version,
        command="freshclam; clamd", exit_code=code, names=names,
        shows="no mirror answers, and clamd has nothing to start with",
    )  # fmt: skip
