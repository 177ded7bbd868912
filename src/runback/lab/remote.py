"""Calls of a running lab's control API: what `runback lab break` and `lab heal` do."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from runback.errors import LabError, UsageError
from runback.lab.control import CLOCK_VARIABLE, LOOPBACK, STEPPED, TOKEN_VARIABLE, URL_VARIABLE

TIMEOUT = 300.0  # a fault may be a whole deployment


class Remote:
    """The lab that $RUNBACK_LAB names; raises UsageError where none is named."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        url, self._token = environ.get(URL_VARIABLE, ""), environ.get(TOKEN_VARIABLE, "")
        if not url or not self._token:
            raise UsageError(
                f"No running lab is named by {URL_VARIABLE} and {TOKEN_VARIABLE}.",
                "'runback lab serve' prints what to export.",
            )
        there = urlsplit(url)
        if there.scheme != "http" or there.hostname not in LOOPBACK:
            raise UsageError(f"{URL_VARIABLE} is {url!r}, and a lab is only ever on this machine.")
        self._host = there.netloc

    def faults(self, environment: str = "") -> list[dict[str, str]]:
        """The faults that the lab can have: `name`, `stage`, `line`."""
        found = self._call("GET", f"/faults?environment={environment}")["faults"]
        return list(found)

    def break_(self, fault: str, environment: str = "") -> dict[str, Any]:
        """Puts a fault in; `app` of the answer is the one that people complain about."""
        return self._call("POST", "/break", {"fault": fault, "environment": environment})

    def heal(self, fault: str = "") -> list[str]:
        """Takes a fault out, or all; returns the names of those."""
        return [str(one) for one in self._call("POST", "/heal", {"fault": fault})["healed"]]

    def wait(self, seconds: float) -> None:
        """Lets time pass in the lab."""
        self._call("POST", "/wait", {"seconds": seconds})

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            data = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise LabError(
                f"The lab at {self._host} does not answer: {error}", "Does it still run?"
            ) from error
        finally:
            connection.close()
        if answer.status in (401, 404):
            raise UsageError(str(data.get("error", "")), str(data.get("advice", "")))
        if answer.status >= 400:
            raise LabError(str(data.get("error", "")), str(data.get("advice", "")))
        return dict(data)


def sleep_of(environ: Mapping[str, str]) -> Callable[[float], None]:
    """How a program of the lab waits: a lab whose time stands still is asked to let it pass."""
    if environ.get(CLOCK_VARIABLE) == STEPPED:
        return Remote(environ).wait
    return time.sleep
