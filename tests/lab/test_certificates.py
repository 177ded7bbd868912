"""Certificates that the lab makes, looked at with the standard library's TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runback import app, lab
from runback.lab.certificates import issue

NOW = datetime.now(UTC)


def shown(folder: Path, ends: datetime, asked: str) -> dict[str, Any]:
    """What a client learns that trusts the certificate; raises ssl.SSLError as the client does."""
    certificate, key = issue(folder, ("a.example", "*.b.example"), NOW - timedelta(days=9), ends)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(certificate, key)
    client.load_verify_locations(certificate)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs:
            try:
                server.wrap_socket(theirs, server_side=True).close()
            except (ssl.SSLError, ConnectionError):
                return  # the client refused it: that is what is looked at

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ours, client.wrap_socket(ours, server_hostname=asked) as talk:
            return dict(talk.getpeercert() or {})
    finally:
        ours.close()
        thread.join()


def test_names_and_end_are_those_that_were_asked_for(tmp_path: Path) -> None:
    ends = NOW + timedelta(days=30)
    found = shown(tmp_path, ends, "x.b.example")
    assert found["subjectAltName"] == (("DNS", "a.example"), ("DNS", "*.b.example"))
    assert ssl.cert_time_to_seconds(found["notAfter"]) == int(ends.timestamp())


@pytest.mark.parametrize(
    ("days", "asked", "says"),
    [(-1, "a.example", "has expired"), (30, "c.example", "not valid for 'c.example'")],
)
def test_what_has_ended_or_is_for_another_name_is_refused(
    tmp_path: Path, days: int, asked: str, says: str
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=says):
        shown(tmp_path, NOW + timedelta(days=days), asked)


def test_the_key_is_nobody_elses_to_read(tmp_path: Path) -> None:
    _, key = issue(tmp_path, ("a.example",), NOW, NOW + timedelta(days=1))
    assert key.stat().st_mode & 0o077 == 0


def test_in_a_lab_that_is_served_a_certificate_ends_when_it_was_said_to() -> None:
    with lab.start("healthy", real_time=True) as running:
        running.operate("certificate", {"names": ["*.app.cloud.gov"], "days": 5})
        request = app.Request(app="tdp-frontend-raft", environment="raft")
        found = app.diagnose(request, running.checkout, running.environ)
    assert "route-certificate-ends-soon" in [notice.page for notice in found.notices]
