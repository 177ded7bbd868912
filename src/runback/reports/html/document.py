"""The file around the report: head, style, script, and the policy that forbids everything else."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

import htpy as h
from markupsafe import Markup

# Whatever slipped through: no byte that a reader cannot see, and no mark that turns text around.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)


def document(title: str, body: h.Node) -> str:
    """The HTML file with this title. Style and script are in it, and the policy allows these two alone."""
    style, script = _part("report.css"), _part("report.js")
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)};"
        " base-uri 'none'; form-action 'none'"
    )
    page = h.html(lang="en")[
        h.head[
            h.meta(charset="utf-8"),
            h.meta({"http-equiv": "Content-Security-Policy", "content": policy}),
            h.meta(name="viewport", content="width=device-width, initial-scale=1"),
            h.meta(name="color-scheme", content="light dark"),
            h.meta(name="referrer", content="no-referrer"),
            h.title[f"{title[:120]} · Runback"],
            h.style[Markup(style)],  # noqa: S704 - a file of this package
        ],
        h.body[body, h.script[Markup(script)]],  # noqa: S704 - a file of this package
    ]
    return _UNSEEN.sub(lambda match: f"\\x{ord(match[0]):02x}", str(page)) + "\n"


def _part(name: str) -> str:
    return files("runback.reports.html").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
