"""Lines that tell of a failed request, and the answers that show that it has passed.

Line formats: gorouter's access log, nginx's access and error log, gunicorn's access log, the texts of
urllib3's and of the operating system's connection errors, and Django's request logger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property, lru_cache

from msgspec import Struct

from runback.facts import views
from runback.logs.sift import found_in, sifted
from runback.model import Log

_OF_A_PROXY = (502, 503, 504)  # what a proxy or the router answers where it reached nobody
_ACCESS = re.compile(
    r'"(?P<path>(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+) HTTP/[\d.]+" (?P<status>[1-5]\d\d)\b'
)
# The same of a whole text, and only the first one of a line.
_ANSWERED = re.compile(_ACCESS.pattern.encode() + rb"[^\n]*")
_INTERNAL = re.compile(r"Internal Server Error: (?P<path>/\S*)")
_REQUEST = re.compile(r'request: "(?P<path>\w+ \S+)')
_NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
_UPSTREAM = (
    re.compile(r'upstream: "\w+://(?P<host>[^/:"]+)(?::(?P<port>\d+))?'),
    re.compile(r'host not found in upstream "(?P<host>[^/:"]+)(?::(?P<port>\d+))?'),
    re.compile(r"(?P<host>[\w.-]+) could not be resolved \("),
    re.compile(r"HTTPS?Connection(?:Pool)?\(host='(?P<host>[^']+)', port=(?P<port>\d+)"),
    re.compile(r"Failed to resolve '(?P<host>[^']+)'"),
    # Celery, of its broker: user and password stand before the host
    re.compile(r"Cannot connect to \w+://(?:\S{0,200}@)?(?P<host>[\w.-]+):(?P<port>\d+)"),
)
_ERRORS = (
    ("refused", re.compile(r"Connection refused|\(111: |Errno 111\b|ECONNREFUSED")),
    (
        "not_resolved",
        re.compile(
            r"Name or service not known|Temporary failure in name resolution|nodename nor servname"
            r"|host not found in upstream|could not be resolved|Failed to resolve|ENOTFOUND"
        ),
    ),
    (
        "timed_out",
        re.compile(r"upstream timed out|Connection timed out|connect timeout|Errno 110\b|ETIMEDOUT"),
    ),
    ("reset", re.compile(r"Connection reset by peer|\(104: |ECONNRESET")),
    ("other", re.compile(r"Cannot connect to \S+: invalid username-password pair")),  # Celery, of its broker
)
# Without any of these a line tells of no failure.
_FAILING = (
    b'" 5', b"Internal Server Error: ", b"Connection refused", b"(111: ", b"Errno 11", b"ECONN",
    b"Name or service not known", b"Temporary failure in name", b"nodename nor servname", b"host not found",
    b"could not be resolved", b"Failed to resolve", b"ENOTFOUND", b"timed out", b"connect timeout",
    b"ETIMEDOUT", b"Connection reset by peer", b"(104: ",
    b"Cannot connect to ",
)  # fmt: skip


class Failure(Struct, frozen=True):
    """One line that tells of a failed request."""

    kind: str
    line: int
    text: str
    path: str | None = None
    status: int | None = None
    upstream: str | None = None
    port: int | None = None
    error: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return self.kind, self.status, self.upstream, self.port, self.error

    @property
    def connected(self) -> bool:
        """Whether there was a connection, so that only a good answer shows that this has passed."""
        return self.error is None and self.status not in _OF_A_PROXY

    @property
    def topic(self) -> str | None:
        """What a later success must be about to show that this has passed."""
        return topic_of(self.path) if self.path else None


@lru_cache(maxsize=1024)
def topic_of(request: str) -> str:
    """Method and path of a request, without what differs from one to the next."""
    return _NUMBERS.sub("*", request.split("?")[0])


def failures(log: Log) -> Iterator[Failure]:
    """Of each line that tells of one, in order."""
    for number, line in sifted(log.text, _FAILING):
        if failure := read_failure(number, line):
            yield failure


def read_failure(number: int, line: str) -> Failure | None:
    """What the line says of a failed request, or `None`."""
    access = _ACCESS.search(line)
    if access:
        status = int(access["status"])
        return Failure("response", number, line, path=access["path"], status=status) if status > 499 else None
    if internal := _INTERNAL.search(line):
        return Failure("exception", number, line, path=internal["path"], status=500)
    error = next((name for name, pattern in _ERRORS if pattern.search(line)), None)
    if error is None:
        return None
    asked = next((match.groupdict() for pattern in _UPSTREAM if (match := pattern.search(line))), {})
    request = _REQUEST.search(line)
    port = asked.get("port")
    return Failure(
        "upstream" if "upstream" in line else "connection",
        number,
        line,
        path=request["path"] if request else None,
        upstream=asked.get("host"),
        port=int(port) if port else None,
        error=error,
    )


class Answers:
    """When a request of each kind last went well, and when it was last answered by who was asked.

    Whichever log of the app tells of it. Read when first asked for: where nothing failed, nobody asks.
    """

    def __init__(self, logs: tuple[Log, ...]) -> None:
        self._logs = logs

    def after(self, failure: Failure) -> datetime | None:
        """The last time that shows the failure to be over: of a connection any answer does."""
        return self._last[failure.connected].get(failure.topic) if failure.topic else None

    @cached_property
    def _last(self) -> dict[bool, dict[str, datetime]]:
        """Whether it must have gone well → kind of request → when it last did."""
        well: dict[str, int] = {}
        answered: dict[str, int] = {}
        for log in self._logs:
            for number, access in found_in(log.text, _ANSWERED):
                if (at := views.nanoseconds(log, number)) is None:
                    continue
                topic, status = topic_of(access["path"].decode("utf-8", "replace")), int(access["status"])
                if status < 500:
                    well[topic] = max(at, well.get(topic, at))
                if status not in _OF_A_PROXY:
                    answered[topic] = max(at, answered.get(topic, at))
        return {
            connected: {topic: views.moment(at) for topic, at in known.items()}
            for connected, known in ((True, well), (False, answered))
        }
