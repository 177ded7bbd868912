"""curl; and ssh, which the lab does not have."""

from __future__ import annotations

from runback.lab.cf.arguments import Given
from runback.lab.cf.errors import CfError
from runback.lab.cf.session import Session

FAILED = 22  # what cf and curl answer with --fail


def curl(session: Session, given: Given) -> int:
    if not session.settings["Target"]:
        raise CfError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.")
    body = given.value("d")
    data: bytes | None = None
    if body:
        data = (session.cwd / body[1:]).read_bytes() if body.startswith("@") else body.encode()
    more = {}
    for header in given.lists.get("H", []):
        name, _, value = header.partition(":")
        more[name.strip()] = value.strip()
    method = given.value("X") or ("POST" if data is not None else "GET")
    kind = more.pop("Content-Type", "application/json")
    url = f"{session.settings['Target']}/{given.word('PATH').lstrip('/')}"
    status, headers, answer = session.api.authorised(method, url, data, kind, more)
    if given.has("fail") and status >= 400:
        session.screen.warn(f"The requested URL returned error: {status}")
        session.screen.say("FAILED")
        return FAILED
    text = answer.decode(errors="replace")
    if given.has("i"):
        lines = [f"HTTP/1.1 {status}", *(f"{name.title()}: {value}" for name, value in headers.items())]
        text = "\r\n".join(lines) + "\r\n\r\n" + text
    if given.value("output"):
        (session.cwd / given.value("output")).write_text(text, encoding="utf-8")
        session.screen.ok()
        return 0
    session.screen.say(text)
    return 0


def ssh(session: Session, given: Given) -> None:
    session.need()
    session.app(given.word("APP_NAME"))
    raise CfError("Error opening SSH connection: cf ssh is outside the lab.")
