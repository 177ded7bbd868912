"""The presigned URLs of step output and artifacts: their own listener, where a token has no business.

A request that carries one is refused as S3 refuses it and recorded in `violations`: the tool under test has
leaked a token to a host that it was not issued for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from runback.lab.circleci.bodies import stamp
from runback.lab.circleci.state import Action, Job, Project
from runback.lab.server import Request, Response, Route, route

LIFETIME = timedelta(hours=1)
# What v1.1 hands out of a longer output is its end; API v3 has all of it. Pieces are no longer than this.
LARGEST = 4_000_000  # characters
SEGMENT = 400_000
_SIGNED = "%Y%m%dT%H%M%SZ"


class OutputStore:
    """Signs URLs and serves what they name. `base_url` is set once its listener is up."""

    def __init__(self, project: Project, now: Callable[[], datetime]) -> None:
        self._project = project
        self._now = now
        self.base_url = ""
        self.violations: list[str] = []

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", "/output/{job}/{step}/{index}", self._checked(self._step)),
            route("GET", "/artifact/{job}/{path*}", self._checked(self._artifact)),
        )

    def url(self, job: Job, action: Action) -> str:
        return self._sign(f"/output/{job.id}/{action.step}/{action.index}")

    def artifact(self, job: Job, path: str) -> str:
        return self._sign(f"/artifact/{job.id}/{quote(path)}")

    def _sign(self, path: str) -> str:
        date = self._now().strftime(_SIGNED)
        expires = int(LIFETIME.total_seconds())
        signature = self._signature(path, date)
        return f"{self.base_url}{path}?X-Amz-Date={date}&X-Amz-Expires={expires}&X-Amz-Signature={signature}"

    def _signature(self, path: str, date: str) -> str:
        return hashlib.sha256(f"{self._project.token}:{path}:{date}".encode()).hexdigest()

    def _checked(self, handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def checked(request: Request) -> Response:
            if "authorization" in request.headers or "circle-token" in request.headers:
                self.violations.append(f"{request.method} {request.path} came with a token")
                return _refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
            date = request.one("X-Amz-Date")
            if request.one("X-Amz-Signature") != self._signature(quote(request.path), date):
                return _refusal(403, "SignatureDoesNotMatch", "The request signature does not match.")
            if datetime.strptime(date, _SIGNED).replace(tzinfo=UTC) + LIFETIME < self._now():
                return _refusal(403, "AccessDenied", "Request has expired")
            return handler(request)

        return checked

    def _step(self, request: Request) -> Response:
        found = self._project.job(request.params["job"])
        wanted = (request.params["step"], request.params["index"])
        for action in found[2].actions if found else ():
            if (str(action.step), str(action.index)) == wanted:
                return Response.json(
                    [
                        {"message": text, "time": stamp(one.at), "type": one.type}
                        for one in action.output
                        for text in _segments(one.text, LARGEST if action.truncated else 0)
                    ]
                )
        return _refusal(404, "NoSuchKey", "The specified key does not exist.")

    def _artifact(self, request: Request) -> Response:
        found = self._project.job(request.params["job"])
        content = found[2].artifacts.get(request.params["path"]) if found else None
        if content is None:
            return _refusal(404, "NoSuchKey", "The specified key does not exist.")
        return Response(200, content, "application/octet-stream")


def _segments(text: str, limit: int) -> Iterator[str]:
    """A message in pieces as they went through a pipe: cut anywhere, in the middle of a line too."""
    kept = text[-limit:] if limit else text
    for start in range(0, len(kept), SEGMENT):
        yield kept[start : start + SEGMENT]


def _refusal(status: int, code: str, message: str) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Response.text(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', status, "application/xml")
