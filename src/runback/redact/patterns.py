"""What a secret looks like to one who has never seen it: by its form, or by the word before it.

Each pattern runs only on lines that hold one of its anchors, so a log without secrets costs one search.
All are written so that a match is found in linear time: bounded repeats, no nested ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from runback.redact.values import looks_random


@dataclass(frozen=True, slots=True)
class Pattern:
    """The bytes of group `value` are secret. `anchors` are lower case; one of them is in every match."""

    name: str
    anchors: tuple[bytes, ...]
    regex: re.Pattern[bytes]
    lines: int = 1  # how many lines a match may span
    accepts: Callable[[str], bool] | None = None  # the last word on a value
    sieve: bytes = b""  # in the place of anchors: an expression that every value has in it


def _pattern(
    name: str, anchors: str, regex: str, lines: int = 1, accepts: Callable[[str], bool] | None = None
) -> Pattern:
    return Pattern(name, tuple(anchors.encode().split()), re.compile(regex.encode()), lines, accepts)


def _shape(name: str, body: str, accepts: Callable[[str], bool] | None = None) -> Pattern:
    """A value known by its form alone, that stands by itself. `body` is read by linear-time engines too."""
    regex = rf"(?<![A-Za-z0-9_.-])(?P<value>{body})(?![A-Za-z0-9_-])"
    return Pattern(name, (), re.compile(regex.encode()), accepts=accepts, sieve=body.encode())


def _unnamed(value: str) -> bool:
    """Whether text that nothing introduces is random, and no id by its form."""
    return looks_random(value) and not _ID.search(value)


# UUIDs, also within names; digests of commits and images, and what follows one
_ID = re.compile(
    r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:^|[^0-9a-z])[0-9a-f]{40}(?:[^0-9a-z]|$)"
)


# Words that stand in the place of a value and are none; also code that asks the environment for it.
_NO_VALUE = (
    r"(?!\[secret:|\*{3}|\$|<|%[sdr({]|\{"
    r"|(?:os\.environ|(?:os\.|System\.)?getenv|process\.env|ENV)(?:[\[(.]|$)"
    r"|(?i:none|null|nil|true|false|undefined|required|missing|not|is|empty)\b)"
)
_WORDS = (
    r"(?i:password|passwd|passphrase|pwd|secret|token|credentials?|private_?key|api_?key|access_?key"
    r"|(?:jwt|secret|auth|signing|encryption|master|account|storage)[_-]?key)"
)
_ANCHORS = "password passwd passphrase pwd secret token credential key"

PATTERNS = (
    _pattern(
        "private-key",
        "-----begin",
        r"(?P<value>-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----"
        r"(?:[^-]{1,20000}(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----)?)?)",
        lines=200,
    ),
    _pattern("jwt", "eyj", r"(?<![\w-])(?P<value>eyJ[\w-]{8,8192}\.eyJ[\w-]{8,8192}(?:\.[\w-]*)?)"),
    _pattern(
        "aws-access-key", "akia asia", r"(?<![A-Za-z0-9])(?P<value>(?:AKIA|ASIA)[A-Z0-9]{16})(?![A-Za-z0-9])"
    ),
    _pattern(
        "github-token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"(?P<value>gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{40,255})",
    ),
    _pattern("slack-token", "xox", r"(?P<value>xox[abeoprs]-[A-Za-z0-9-]{10,250})"),
    _pattern("google-key", "aiza", r"(?P<value>AIza[\w-]{35})"),
    _pattern("circleci-token", "ccipat_ cciprj_", r"(?P<value>CCI(?:PAT|PRJ)_[\w-]{20,200})"),
    _pattern("npm-token", "npm_", r"(?P<value>npm_[A-Za-z0-9]{36})"),
    _pattern("pypi-token", "pypi-", r"(?P<value>pypi-[\w-]{50,500})"),
    _pattern(
        "gitlab-token",
        "glpat- gldt- glrt- glptt- glcbt-",
        r"(?P<value>gl(?:pat|dt|rt|ptt|cbt)-[\w-]{20,100})",
    ),
    _pattern("square-token", "sq0", r"(?P<value>sq0(?:csp|atp|idp)-[\w-]{22,43})"),
    _pattern("vault-token", "hvs. hvb.", r"(?<![A-Za-z0-9])(?P<value>hv[sb]\.[\w-]{20,300})"),
    _pattern(
        "azure-storage-key",
        "accountkey sharedaccesskey",
        r"(?i)(?:AccountKey|SharedAccessKey)\s{0,2}=\s{0,2}(?P<value>[A-Za-z0-9+/=]{40,120})",
    ),
    _pattern("stripe-key", "_live_ _test_", r"(?P<value>[rs]k_(?:live|test)_[A-Za-z0-9]{16,200})"),
    _pattern(
        "url-login",
        "://",
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://(?P<value>[^\s/@:'\"<>]{0,256}:[^\s@/'\"<>]{1,512})@",
    ),
    _pattern(
        "signature",
        "x-amz- signature= sig=",
        r"(?i)[?&;](?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|sig)=(?P<value>[^\s&\"'<>]{8,4096})",
    ),
    _pattern(
        "authorization",
        "bearer basic circle-token",
        r"(?i)\b(?:bearer|authorization\W{1,4}basic|circle-token\W{1,4})\s{0,4}(?P<value>[\w.~+/=-]{16,8192})",
    ),
    _pattern(  # NAME=value, NAME => value, "name": "value", as programs and shells write it
        "secret",
        _ANCHORS,
        rf"{_WORDS}s?[\w.-]{{0,32}}(?:[\"'\\\]]{{0,3}}\s{{0,4}}(?:=>|:=|=)|[\"'\\]{{1,3}}\s{{0,4}}:)\s{{0,4}}"
        rf"(?:[\"'\\]{{1,3}})?{_NO_VALUE}(?P<value>[^\s\"'\\,;&)\]}}]{{4,4096}})",
    ),
    _pattern(  # name: value, as YAML and people write it: there an ordinary word is no value
        "secret",
        _ANCHORS,
        rf"{_WORDS}s?\s?:\s{{1,4}}[\"']?{_NO_VALUE}(?=[^\s\"']{{0,64}}[0-9!@#$%^*+/_=-])"
        rf"(?P<value>[^\s\"',;&)\]}}]{{4,4096}})",
    ),
    _pattern(  # random text a few words behind a name: 'the token for deploys is …'
        "secret",
        _ANCHORS,
        rf"{_WORDS}s?\b[^\n]{{0,48}}?(?<![\w./@-])(?P<value>[A-Za-z0-9+/_=-]{{20,512}})(?![\w.@-])",
        accepts=_unnamed,
    ),
)

# Known by their form, which no single word announces.
SHAPES = (
    _shape("sendgrid-key", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
    _shape("openai-key", r"sk-[A-Za-z0-9_-]{20,180}", looks_random),
    _shape("mailchimp-key", r"[0-9a-f]{32}-us[0-9]{1,2}"),
    _shape("twilio-key", r"(?:AC|SK)[0-9a-f]{32}"),
    _shape("telegram-token", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    _shape("discord-token", r"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}"),
    _shape("artifactory-key", r"AKC[A-Za-z0-9]{20,200}|AP[0-9A-F][A-Za-z0-9]{60,200}", looks_random),
)

# Where not all secrets are known: what nothing introduces, but looks random.
STRICT = (_shape("random", r"[A-Za-z0-9+/_=~-]{20,4096}", _unnamed),)
