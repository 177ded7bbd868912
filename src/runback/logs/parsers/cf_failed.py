"""The cf CLI's word FAILED: what it was doing, and what it said of why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window

# cloudfoundry/cli 8, util/ui/ui.go, DisplayError: the message, then FAILED. Version 6, cf/terminal/ui.go: the
# other way round. The heading of a command says what it does, and in which org and space.
_HEADING = re.compile(
    r"\s*(?P<doing>[A-Z][a-z]+ing .*\bas \S+?\.{3}"
    r"|API endpoint: \S.*|Pushing (?:app|from manifest) .*|Applying manifest .*|Authenticating\.\.\."
    r"|Staging app and tracing logs\.\.\.|Setting api endpoint to .*"
    # or what the shell or the person typed
    r"|(?:[$>+#❯] ?)?(?:g?cf[678]?|(?:ibmcloud|bx) cf) [a-z][\w-]*(?: .*)?$)"
)
_BUSY = re.compile(r".*\.\.\.$|OK$|Waiting for |\d+ of \d+ |\s*$")
_ADVICE = re.compile(r"\s*$|TIP: ")
_CONTINUED = re.compile(r"\s+\S|- ")
# What nobody but cf says, where its command is not in the log.
_OWN = re.compile(
    r"\s*(?:Incorrect [Uu]sage: |Job \(?[\w-]{36}\)? failed|Not logged in\. "
    r"|(?:No|Warning: Error) .*(?:Endpoint|config)|.*\b(?:API|CLI) (?:version|endpoint)\b"
    r"|.*\b(?:org|space|app|route|domain|service instance|service account|buildpack|droplet|plugin|process"
    r"|manifest|quota)s?\b)"
)
_FAR = 400  # lines: the log of a staging may stand between
_NEAR = 6  # lines that may stand between the message and the word


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    above = range(window.at - 1, max(-1, window.at - _FAR), -1)
    heading = next((match for at in above if (match := _HEADING.match(lines[at]))), None)
    said = (at for at in above[:_NEAR] if not _ADVICE.match(lines[at]))
    proof = next(said, None)
    if proof is None or _BUSY.match(lines[proof]) or _says_after(lines, window.at):
        proof = window.next(window.at)
    if proof is None:
        return
    if heading is None and not _OWN.match(lines[proof]):
        return  # another program's word
    while _CONTINUED.match(lines[proof]) and proof > 0 and not _BUSY.match(lines[proof - 1]):
        proof -= 1
    doing = "a command above" if heading is None else heading["doing"].strip().rstrip(".")
    values = {"doing": doing, "message": lines[proof].strip()}
    yield Parsed(proof, values, first=min(window.at, proof), last=max(window.at, proof))


def _says_after(lines: Sequence[str], at: int) -> bool:
    """Whether it is version 6: it leaves a line free, says FAILED, and then why."""
    free = at == 0 or not lines[at - 1].strip()
    return free and at + 1 < len(lines) and not _ADVICE.match(lines[at + 1])


PARSER = Parser(columns=("doing", "message"), parse=_parse)
