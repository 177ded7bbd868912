"""The JVM's stack traces: java.lang.Throwable.printStackTrace; each cause below what it caused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.traces import stack
from runback.logs.traces.stack import Form
from runback.logs.traces.trace import Frame, Trace

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


def _frame(text: str) -> Frame | None:
    match = _FRAME.match(text)
    if match is None:
        return None
    method, line = match["method"], match["line"]
    own = not method.startswith(_LIBRARIES)
    return Frame(match["file"], int(line) if line else None, method, own=own)


_FORM = Form("java", _HEAD, _CAUSE, _frame, belongs=lambda text, below: _REST.match(text) is not None)


def read(lines: Sequence[str], at: int) -> Trace | None:
    """`at` is the first frame."""
    return stack.read(_FORM, lines, at)
