"""What carries a log puts a time, a source or a container before each line; here it is taken away again.

The number of lines never changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from runback.logs import json_lines, mojibake, powershell
from runback.logs.margin import margin
from runback.logs.marks import Marks
from runback.logs.render import render
from runback.logs.sift import on_marked

_ALL_LINES = 0.6  # of the first lines must carry a prefix before it is taken from all

# GitHub Actions, downloaded by its CLI: 'job<TAB>step<TAB>time text'
_BY_CLI = re.compile(rb"^[^\t\n]+\t[^\t\n]+\t(?=\d{4}-)", re.MULTILINE)
# Of such a log a step's first line begins with a mark of its encoding (which Windows' shells spell in letters
# of their own), and the further lines of one message have no time.
_EVERY_LINE_BY_CLI = re.compile(rb"^[^\t\n]+\t[^\t\n]+\t(?:[^\x00-\x7f]+\??(?=\d{3,4}-\d\d-))?", re.MULTILINE)

_CARRIERS = (
    # cf logs: '   2026-03-03T15:00:00.00+0000 [APP/PROC/WEB/0] OUT text'
    re.compile(
        rb"^ {0,3}\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d{4}) \[(?P<source>[^\]\n]+)\] (?:OUT|ERR) ?", re.MULTILINE
    ),
    # what users paste of it: '2017-07-12 10:11:41 [STG/0] ERR text'
    re.compile(
        rb"^ {0,3}\d{4}-\d\d-\d\d[ T][\d:.,]+ ?(?:Z|[+-]\d\d:?\d\d)? "
        rb"\[(?P<source>[A-Z][A-Z/_\d-]*)\] *(?:OUT|ERR|\[(?:OUT|ERR)\]) ?",
        re.MULTILINE,
    ),
    # the CF guide's and stern-like tools' form: '09:38:02.638: [APP/PROC/WEB.0] text'
    re.compile(rb"^\d\d:\d\d:\d\d\.\d{3}: \[(?P<source>[A-Z][A-Z/_.\d-]*)\] ?", re.MULTILINE),
    # Heroku and other log drains: '2020-02-22T16:00:00.284950+00:00 app[web.1]: text'
    re.compile(
        rb"^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) (?P<source>[\w.-]+\[[\w.-]+\]): ?", re.MULTILINE
    ),
    # docker compose: 'backend-1  | text'
    re.compile(rb"^(?P<source>[\w.-]+[-_.]\d+) +\| ?", re.MULTILINE),
    # GitHub Actions and docker logs --timestamps: '2026-03-03T15:00:00.1234567Z text'
    # (behind the mark of its encoding, of which a wrong encoding may have eaten a digit: '锘?026-03-03T…')
    re.compile(rb"^(?:[^\x00-\x7f]{2,9}\??)?\d{3,4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ?", re.MULTILINE),
    # Jenkins' Timestamper in pipelines, Buildkite: '[2026-03-03T15:00:00.123Z] text'
    re.compile(rb"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\] ?", re.MULTILINE),
    # Timestamper elsewhere ('15:00:00  text'), Netlify ('3:00:00 PM: text'), Vercel, Cloudflare's tab
    re.compile(
        rb"^(?:\d{1,2}:\d\d:\d\d(?:\.\d{3})?(?:\t| [AP]M: |  )|\[\d\d:\d\d:\d\d\.\d{3}\] )",
        re.MULTILINE,
    ),
    re.compile(rb"^\d{1,2}:\d\d:\d\d(?:\.\d{3})? ", re.MULTILINE),
    # Flutter, as it is asked to say more: '[  +12 ms] text', '[        ] text'
    re.compile(rb"^\[(?: {4,}| *\+\d[\d,]* m?s)\] ?", re.MULTILINE),
    # GitLab's runner from 17 on, behind the time: '00O text', '00E+continued' (number and stream)
    re.compile(rb"^[0-9a-f]{2}[OE][ +]", re.MULTILINE),
    # of Zuul, with or without the node's name: '2026-03-03 15:00:00.123456 | node | text'
    re.compile(rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} \| ?(?:[\w.-]+ \| ?)?", re.MULTILINE),
    # Taskcluster's: '[task 2026-03-03T15:00:00.123Z] text'
    re.compile(rb"^\[[a-z]+ \d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3}Z\] ?", re.MULTILINE),
    # TeamCity's, with a letter for the level: '[15:00:00]W:<TAB> [Step 1/2] text'
    re.compile(rb"^\[\d\d:\d\d:\d\d\][ WEFi]:\t ?(?:\[Step \d+/\d+\] )?", re.MULTILINE),
    # Bamboo's: 'build<TAB>03-Mar-2026 15:00:00<TAB>text'
    re.compile(rb"^(?:simple|build|error|command)\t\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d\t", re.MULTILINE),
    # Kubernetes' CLI with --prefix: '[pod/web-5d9f/web] text'
    re.compile(rb"^\[pod/(?P<source>[\w.-]+/[\w.-]+)\] ?", re.MULTILINE),
    # what a push prints of the build that it begins at Heroku or Dokku: 'remote:        text'
    re.compile(rb"^remote:(?: {8}| {1,2}(?=-----> |!  )| *$)", re.MULTILINE),
    # Google Cloud Build's: 'Step #2 - "test": text'
    re.compile(rb"^Step #\d+(?: - \"[^\"\n]+\")?: ?", re.MULTILINE),
    # SAP's Piper: 'info  cloudFoundryDeploy - text'
    re.compile(rb"^(?:debug|info|warn|error|fatal) {1,2}[a-z]\w+ - ", re.MULTILINE),
    # Railway and the like: '[err]  text'
    re.compile(rb"^\[(?:inf|err|wrn|dbg)\] {1,2}", re.MULTILINE),
    _BY_CLI,
)
# docker compose mixed with other lines: safe to know by its own form
_COMPOSE = re.compile(rb"^[\w.-]+[-_]\d+ +\| ?", re.MULTILINE)
# Amid their own lines: turbo and Nx ('@acme/web:build: text'), pnpm ('packages/web build: text')
_TASKS = re.compile(
    rb"^(?:(?:@[\w.-]+/)?[\w.-]+:|[\w.@-]+(?:/[\w.@-]+)+ )"
    rb"(?:build|test|lint|typecheck|check-types|dev|start|deploy)(?::[\w-]+)?: ",
    re.MULTILINE,
)
_OF_TASKS = {b":build: ", b":test: ", b":lint: ", b" build: ", b" test: ", b" lint: ", b" typecheck: "}
# CodeQL, of the build that it watches: '[2026-03-03 15:00:00] [autobuild] text'
_AUTOBUILD = re.compile(
    rb"^(?:\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \[(?:build-std(?:out|err)|autobuild)\] )+", re.MULTILINE
)
# GitHub marks lines of compilers and linters that it knows; as they stand in them they are known here, too.
_KNOWN_TO_GITHUB = re.compile(
    rb"^##\[error\](?=\s+\d+:\d+ +error\b|[^\s:()]+(?:\(\d+,\d+\): |:\d+:\d+: ?))", re.MULTILINE
)
# Dart's reporter folds what each failed test printed.
_FOLDED = "##[group]❌".encode()
_FOLDED_FAILURE = re.compile("^##\\[group\\](?=❌ )".encode(), re.MULTILINE)
# Colours whose escape character was lost on the way, or is spelled out.
_LOST_COLOURS = re.compile(rb"(?:\^\[|\xe2\x86\x90)?\[\d{1,2}(?:;\d{1,3})*m(?!\])")
_RESETS = {b"[0m", b"[39m", b"[22m"}
# Spaces of other widths than the usual one: pnpm sets its codes in thin ones.
_SPACES = (b"\xe2\x80\x89", b"\xe2\x80\xaf", b"\xc2\xa0")
_SPACE = re.compile(b"|".join(_SPACES))
# BuildKit, amid its own lines: '#10 2.204 text' of the command that it runs
_BUILDKIT = re.compile(rb"\n#\d+ \d+\.\d+ ?")
_BUILDKIT_FIRST = re.compile(rb"#\d+ \d+\.\d+ ?")
# At its end it says again what the command that failed printed.
_BUILDKIT_AGAIN = re.compile(rb"^-{6}\n > \[.*\n(?:\d+\.\d+(?: .*)?\n)+", re.MULTILINE)
_SECONDS = re.compile(rb"^\d+\.\d+ ?", re.MULTILINE)
# Jenkins' Timestamper stamps what steps print, but not the pipeline's own lines.
_STAMP = re.compile(rb"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] ", re.MULTILINE)
# Terraform's provisioners: 'null_resource.build (local-exec): text'
_PROVISIONED = re.compile(rb"^[\w.\[\]\"-]+ \((?:local|remote)-exec\): ?", re.MULTILINE)
# fastlane stamps what it says and what xcodebuild does, in a log of others.
_FASTLANE = re.compile("^\\[\\d\\d:\\d\\d:\\d\\d\\]: (?:▸ ?)?".encode(), re.MULTILINE)
# npm's own log: '66 error text', of which the number says nothing
_NPM_LOG = re.compile(rb"^\d+ (?=error\b)", re.MULTILINE)
# What a program says that Ant runs
_EXEC = re.compile(rb"^ {3,}\[exec\] ", re.MULTILINE)
# Logs of Travis' macOS machines are kept with 'nl' for empty lines, and before the line after them.
_NAMED_NEWLINES = re.compile(rb"^(?:nl\n){2,}(?:nl)?", re.MULTILINE)


class _Amid(NamedTuple):
    """What is taken away amid other lines, where one of these marks occurs."""

    marks: frozenset[bytes]
    clean: Callable[[bytes], bytes]
    only_marked: bool = False  # it changes no line that holds none of the marks


# In this order; none occurs in most logs.
_AMID = (
    _Amid(frozenset((b"nl\nnl\n",)), partial(_NAMED_NEWLINES.sub, lambda run: b"\n" * run[0].count(b"\n"))),
    _Amid(frozenset((b"] [autobuild] ",)), partial(_AUTOBUILD.sub, b"")),
    _Amid(frozenset((b"Z] ",)), partial(_STAMP.sub, b""), only_marked=True),
    _Amid(frozenset(("]: ▸ ".encode(),)), partial(_FASTLANE.sub, b"")),
    _Amid(frozenset((b" verbose exit ",)), partial(_NPM_LOG.sub, b"npm ")),
    _Amid(frozenset(json_lines.MARKS), json_lines.as_text, only_marked=True),
    _Amid(frozenset((b"  [exec] ",)), partial(_EXEC.sub, b""), only_marked=True),
    _Amid(frozenset((b"-exec): ",)), partial(_PROVISIONED.sub, b""), only_marked=True),
    _Amid(frozenset(_RESETS), partial(_LOST_COLOURS.sub, b"")),
    _Amid(frozenset(_SPACES), partial(_SPACE.sub, b" "), only_marked=True),
    _Amid(frozenset((b"##[error]",)), partial(_KNOWN_TO_GITHUB.sub, b""), only_marked=True),
    _Amid(frozenset((_FOLDED,)), partial(_FOLDED_FAILURE.sub, b""), only_marked=True),
    _Amid(frozenset(_OF_TASKS), partial(_TASKS.sub, b"")),
    _Amid(frozenset((b"\n#",)), partial(_BUILDKIT.sub, b"\n")),
    _Amid(frozenset((b"\n > [",)), partial(_BUILDKIT_AGAIN.sub, lambda said: _SECONDS.sub(b"", said[0]))),
    _Amid(frozenset((b" |",)), partial(_COMPOSE.sub, b""), only_marked=True),
)
_MARKS = Marks(*mojibake.MARKS, powershell.MARK, *(mark for amid in _AMID for mark in amid.marks))


def cleaner(sample: bytes) -> Callable[[bytes], bytes]:
    """What cleans a log that starts with `sample`: rendering, and the removal of what carries each line."""
    outer = carriers(sample)

    def clean(raw: bytes) -> bytes:
        return without(outer, render(raw))

    return clean


def carriers(sample: bytes) -> list[re.Pattern[bytes]]:
    """What stands before each line of a log that starts with `sample`, from the outside in.

    A group `source` tells lines of different origin apart.
    """
    found: list[re.Pattern[bytes]] = []
    text = render(sample)
    while (carrier := _carrier(text)) is not None and len(found) < len(_CARRIERS):
        carrier = _EVERY_LINE_BY_CLI if carrier is _BY_CLI else carrier
        found.append(carrier)
        text = carrier.sub(b"", text)
    return found


def without(outer: list[re.Pattern[bytes]], text: bytes) -> bytes:
    """The rendered text without its carriers."""
    for carrier in outer:
        text = carrier.sub(b"", text)
    marks = _MARKS.of(text)
    if not marks.isdisjoint(mojibake.MARKS):
        text = mojibake.repaired(text)
        marks = _MARKS.of(text)
    if powershell.MARK in marks:
        text = powershell.tidied(text)
    for amid in _AMID:
        if here := tuple(amid.marks & marks):
            text = on_marked(amid.clean, here, text) if amid.only_marked else amid.clean(text)
    return _BUILDKIT_FIRST.sub(b"", text, count=1) if text.startswith(b"#") else text


def _carrier(text: bytes) -> re.Pattern[bytes] | None:
    lines = text.count(b"\n") + 1
    blank = text.count(b"\n\n")
    for carrier in _CARRIERS:
        if sum(1 for _ in carrier.finditer(text)) > _ALL_LINES * (lines - blank):
            return carrier
    return margin(text)
