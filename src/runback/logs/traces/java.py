"""The JVM's stack traces: java.lang.Throwable.printStackTrace; each cause below what it caused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.traces.trace import LONGEST, Frame, Raised, Trace, trace_of

_PLACE = r"\((?:[\w$-]+\.(?:java|kt|scala|groovy|clj)(?::\d+)?|Native Method|Unknown Source|<generated>)\)"
MARK = rf"^\s+at [\w.$/@<>-]+{_PLACE}"
_FRAME = re.compile(r"^\s+at (?:[\w.@-]+/)*(?P<method>[\w.$<>-]+)\((?P<file>[^:)]+)(?::(?P<line>\d+))?\)")
_HEAD = re.compile(r"(?:^|[\s:\]])(?P<exception>(?:[a-z_][\w$]*\.)+[A-Z][\w$]*)(?:: (?P<message>.*))?$")
_CAUSE = re.compile(r"^\s*Caused by: (?P<exception>[\w.$]+)(?:: (?P<message>.*))?$")
_REST = re.compile(r"^\s*(?:\.\.\. \d+ (?:more|common frames omitted)|Suppressed: |\[CIRCULAR REFERENCE)")
_LIBRARIES = (
    "java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.", "groovy.",
    "org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.", "org.postgresql.", "org.junit.",
    "org.codehaus.", "org.jboss.", "org.slf4j.", "com.fasterxml.", "com.zaxxer.", "com.mysql.", "com.google.",
    "com.amazonaws.", "software.amazon.", "io.netty.", "io.micrometer.", "io.undertow.", "reactor.",
    "clojure.", "ch.qos.", "okhttp3.", "feign.", "net.bytebuddy.", "akka.", "play.", "redis.clients.",
    "io.lettuce.",
)  # fmt: skip


def read(lines: Sequence[str], at: int) -> Trace | None:
    """`at` is the first frame; the exception stands above it, its message may have several lines."""
    head = next((above for above in range(at - 1, max(-1, at - 8), -1) if _HEAD.search(lines[above])), None)
    match = _HEAD.search(lines[head]) if head is not None else None
    if head is None or match is None:
        return None
    chain: list[Raised] = []
    frames: list[Frame] = []
    present, line, last = match, head, at
    for number in range(at, min(len(lines), at + LONGEST)):
        text = lines[number]
        if frame := _FRAME.match(text):
            frames.append(_frame(frame))
        elif cause := _CAUSE.match(text):
            chain.append(Raised(present["exception"], present["message"] or "", tuple(frames), line))
            present, line, frames = cause, number, []
        elif not _REST.match(text):
            break
        last = number
    chain.append(Raised(present["exception"], present["message"] or "", tuple(frames), line))
    return trace_of("java", chain[::-1], head, last)


def _frame(match: re.Match[str]) -> Frame:
    method = match["method"]
    return Frame(
        match["file"],
        int(match["line"]) if match["line"] else None,
        method,
        own=not method.startswith(_LIBRARIES),
    )
