"""OWASP ZAP's packaged scans: the first alert that fails the scan, its rule and its first address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("message", "rule", "count", "url", "failed", "warned")
# zaproxy/zaproxy, docker/zap_common.py, print_rule, and docker/zap-baseline.py, the line of the sums
_SUM = re.compile(r"FAIL-NEW: (?P<failed>\d+)\tFAIL-INPROG: \d+\tWARN-NEW: (?P<warned>\d+)\t")
_ALERT = re.compile(
    r"(?P<kind>FAIL|WARN)-NEW: (?P<message>.+?) \[(?P<rule>\d+)\] x (?P<count>\d+)\s*(?P<note>.*)$"
)
_ADDRESS = re.compile(r"\t(?P<url>\w+://\S+)")
_LONGEST = 3000  # lines of a scan


def _parse(window: Window) -> Iterator[Parsed]:
    lines, sums = window.lines, _SUM.match(window.lines[window.at])
    if sums is None:
        return
    start = max(0, window.at - _LONGEST)
    alerts = [(at, found) for at in range(start, window.at) if (found := _ALERT.match(lines[at]))]
    # A warning fails the scan too, unless it was asked for otherwise; a failure comes first.
    worst = next((one for one in alerts if one[1]["kind"] == "FAIL"), alerts[0] if alerts else None)
    if worst is None:
        return
    at, alert = worst
    values: dict[str, Scalar] = {
        "message": alert["message"],
        "rule": alert["rule"],
        "count": int(alert["count"]),
    }
    values |= {"failed": int(sums["failed"]), "warned": int(sums["warned"]), "url": None}
    if at + 1 < len(lines) and (address := _ADDRESS.match(lines[at + 1])):
        values["url"] = address["url"]
    yield Parsed(at, values, first=at, last=window.at)


PARSER = Parser(columns=COLUMNS, parse=_parse)
