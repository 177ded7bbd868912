"""What went wrong with one request, in words for a person."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec
import urllib3.exceptions as broken

from runback.errors import FetchError

RETRIED_STATUS = frozenset({429, 500, 502, 503, 504, *range(520, 528), 530})
_SHOWN = 300  # characters of what the other side says

_SAYS = {
    400: "does not understand the request for {path}",
    401: "does not accept the token",
    403: "does not let this token read {path}",
    404: "has no {path}, or does not show it to this token",
    406: "does not speak this version of {path}",
    410: "no longer has {path}",
    422: "does not accept the request to {path}",
    429: "wants fewer requests (rate limit)",
}
_ADVICE = {
    401: "Log in again, or check the token.",
    403: "Ask for a role that may read it.",
    429: "Wait a while, then try again.",
}


class _Said(msgspec.Struct):
    """What error bodies say: CF 'errors', UAA 'error_description', CircleCI 'message', others 'error'."""

    errors: object = None
    message: object = None
    error: object = None
    error_description: object = None


def place(url: str, *, secret: bool = False) -> tuple[str, str]:
    """Host and path of `url`, never its query. A `secret` (presigned) URL has no path to show either."""
    parts = urlsplit(url)
    host = parts.hostname or url[:40]
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    return host + port, "the file" if secret else (parts.path or "/")


def refused(
    url: str, status: int, body: bytes, *, secret: bool = False, wait: float | None = None
) -> FetchError:
    """For an answer that is no success."""
    host, path = place(url, secret=secret)
    says = _SAYS.get(status, "failed" if status >= 500 else "answered unexpectedly").format(path=path)
    detail = said(body)
    words = f"{status}: {host} {says}"
    if status >= 500:
        words = f"{status}: {host} failed at {path}"
    if wait is not None:
        detail = f"try again in {wait:.0f} s" + (f"; {detail}" if detail else "")
    if detail:
        words += f" ({detail})"
    advice = _ADVICE.get(
        status, "The service itself is in trouble: try again later." if status >= 500 else ""
    )
    return FetchError(words, advice, status=status)


def said(body: bytes) -> str:
    """What an error body says, on one line, short; of a web page its title only."""
    if _is_page(body):
        title = re.search(rb"(?is)<title[^>]{0,200}>([^<]{1,300})", body[:20_000])
        return "a web page" + (f": {_line(title.group(1).decode(errors='replace'))}" if title else "")
    try:
        answer = msgspec.json.decode(body, type=_Said)
    except msgspec.DecodeError:
        return _line(body[: _SHOWN * 2].decode(errors="replace"))
    if isinstance(answer.errors, list):
        details = [str(e.get("detail") or e.get("title")) for e in answer.errors if isinstance(e, dict)]
        return _line("; ".join(details))
    texts = (answer.error_description, answer.message, answer.error)
    return _line(next((text for text in texts if isinstance(text, str)), ""))


def not_as_expected(url: str, body: bytes, error: msgspec.DecodeError, status: int) -> FetchError:
    """For a success whose body is not what the API promises."""
    host, path = place(url)
    if _is_page(body):
        what = f"{said(body)} instead of JSON"
    elif isinstance(error, msgspec.ValidationError):
        what = _line(str(error))
    elif not body:
        what = "an empty body instead of JSON"
    elif "truncated" in str(error):
        what = f"the JSON breaks off after {len(body)} bytes"
    else:
        what = f"this is not JSON: {_line(str(error))}"
    return FetchError(f"unexpected answer of {host} to {path}: {what}", status=status)


def no_answer(url: str, error: Exception, seconds: float, *, secret: bool = False) -> FetchError:
    """For a request that got no complete answer."""
    host, path = place(url, secret=secret)
    if isinstance(error, broken.ProxyError):
        return FetchError(
            f"the proxy to {host} failed ({_innermost(error)})", "Check HTTPS_PROXY and NO_PROXY."
        )
    if isinstance(error, broken.NameResolutionError):
        return FetchError(f"the name {host} cannot be resolved", "Check the host's name and the network.")
    if isinstance(error, broken.ConnectTimeoutError) and not isinstance(error, broken.NewConnectionError):
        return FetchError(
            f"{host} cannot be reached: no connection within {seconds:.0f} s", "Check the network."
        )
    if isinstance(error, broken.NewConnectionError):
        return FetchError(
            f"{host} cannot be reached ({_innermost(error)})", "Check the host and the network."
        )
    if isinstance(error, broken.SSLError):
        return FetchError(
            f"{host} is not trusted: {_of_certificate(_innermost(error))}",
            "Set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to the certificates of your network.",
        )
    if isinstance(error, broken.ReadTimeoutError):
        return FetchError(f"{host} did not answer {path} within {seconds:.0f} s", "Try again later.")
    if isinstance(error, broken.IncompleteRead) or _has(error, broken.IncompleteRead):
        return FetchError(f"the answer of {host} to {path} broke off", "Try again.")
    return FetchError(f"{host} dropped the connection at {path} ({_innermost(error)})", "Try again.")


def _is_page(body: bytes) -> bool:
    return body[:200].lstrip()[:1] == b"<"


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _has(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(argument, kind) for argument in error.args)


def _of_certificate(said: str) -> str:
    """Why a certificate was refused, without what OpenSSL writes around it."""
    found = re.search(r"certificate verify failed: (?P<why>.+?)\.?(?: \(_ssl\.c:\d+\))?$", said)
    return found["why"] if found else said


def _innermost(error: BaseException) -> str:
    """The operating system's own words, without object addresses."""
    seen: list[BaseException] = [error]
    while (inner := seen[-1].__cause__ or seen[-1].__context__) is not None and inner not in seen:
        seen.append(inner)
    for layer in reversed(seen):
        if isinstance(layer, OSError) and layer.strerror:
            return layer.strerror.lower()
    return _line(str(error.args[-1] if error.args else error)).lower()
