r"""The forms in which programs complain, as patterns of `re` in its verbose form ('\ ' is a blank)."""

from __future__ import annotations

from typing import Literal, TypeAlias

Form: TypeAlias = Literal[
    "place",  # a place in a file, and 'error'
    "exception",
    "said",  # 'error: …', 'program: fatal: …'
    "shell",  # what the shell and the system say
    "test",  # a failed test in a list
    "progress",  # a failed test while others run on: what it did wrong comes later
    "killed",
    "level",  # a log line of level ERROR
    "refusal",  # 'could not …', 'unable to …'
    "complaint",  # a place in a file and a remark: linters
    "listed",  # the first in a list of what failed
    "remark",  # a warning, where warnings are errors
    "find",  # what a search through the sources found, as a run's last words
    "words",  # nothing but words that speak of a failure
    "refused",  # what stands right above a program's help, which it prints instead of working
    "last",  # no complaint by its form, but the last that a command said before it failed
]
# What stands before a line's own words: a time, a step of a build, a container.
CARRIER = r"""^(?:\s*(?:
    Step\ \#\d+(?:\ -\ "[^"]*")?: | \#\d+\ \d+\.\d+ | \d+\.\d{2,3}(?=\ {1,4}\S)
    | \[?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:\ UTC)?\]?
    | \[?\d{4}-\d\d-\d\d[T\ ]\d\d:\d\d:\d\d[^\s\]]*(?:\ [+-]\d{4})?\]?
    | ➤\ YN0000:\ │\ \S+\ STD(?:ERR|OUT)(?=\ )
    | [\w.-]+\ +\| | [\w.-]+\ {2,}>\ | \ +\[[a-z]+\](?=\ ) | remote: | \#\#\[error\](?=\s*\S)
    | \d+\ (?=error\ ) | \[[\w-]+(?:/[\w.-]+)+\](?:\ ?(?:OUT|ERR|\[ERR\]|\[OUT\]))? | (?:OUT|ERR)(?=\ )
))+\s?"""

# A frame of a stack, an excerpt of code with its number, a mark under it.
FRAME = r"""^\s*(?:
    \S+:\d+:in\ [`'][^']*'\s*$ | from\ \S+:\d+ | at\ | File\ " | in\ | from\ | \.\.\.\ \d+\ more
    | \^+\s*$ | ~+
    | \d+:\s+0x | \d+:\ \( | \#\d+\ +0x | goroutine\ | \s*\d+\ \|
)"""

# It failed: but not why. (In lower and upper case.)
VERDICT = r"""^(?:
    the\ command\ " | done\.\ your\ build | exited\ with\ code | circleci\ received
    | (?:error:\ )?process\ completed | finished:\ | cleaning\ up | child\ process | command\ failed
    | g?make(?:\[\d+\])?:\ \*\*\*\ (?!no\ rule) | make(?:\[\d+\])?:\ target | ninja:\ build\ stopped
    | \d+\ issues?\ found\b | (?:\S*\ )?action\ failed$
    | npm\ (?:err!|error)\ (?:errno|code\ \w+$|exit\ status|failed\ at\ the
        |this\ is\ probably
        |a\ complete\ log|\s|path\ |command|aliases:|options:|run\ "|test\ failed|lifecycle
        |workspace|location|node\ |argv|file\ |linux|darwin|windows_nt|system\ |npm\ +v\d|cwd|tell\ the
        |there\ is\ likely|if\ you\ (?:need|do)|make\ sure\ you|you\ can\ get|not\ ok\ code|please\ include
        |additional\ logging|<?https?://|this\ is\ most\ likely
        |not\ with\ npm|or\ if\ that)
    | npm\ (?:err!|error)\ \S+@\S+\ [\w:-]+:\ ` | npm\ (?:err!|error)$ | error\ command\ failed
    | standarderror:\ an\ error\ has\ occurred,\ .*migrations\ canceled
    | rake\ aborted | aborted\ due\ to\ | \[error\]\ (?:failed|error):\ total
    | total:\ \d+\ | (?:\[error\]\ )?total\ time:
    | error:\ +(?:[\w.-]+:\ commands\ failed|invocationerror\b) | failed\ \((?:failures|errors|skipped)
    | [\w.-]+:\ exit\ \d+\ \([\d.]+\ seconds\)  # tox
    | error:\ step\ ‘.*’\ failed:  # Jenkins, of what it does after the build
    | [\w :]*(?:build|:\w+)\ failed$ | build\ failed | failure:\ build\ failed
    | tests?(?:\ run)?:\ ?\d+(?!.*<<<)
    | (?:some\ |\d+\ )?tests?\ failed\b(?!:\ \S) | failed:\ +\d | failed\ \d+/\d+
    | ok:\ \d+ | execution\ failed\ for\ task | .*:\ the\ following\ error\ occurred\ while\ executing
    | .*:\ (?:java|exec)\ returned:\ -?\d+$
    | \d+(?:\ \w+){1,3}\ (?:errors?|problems?|issues?|violations?|warnings?)\ found\b
    | \d+\ (?:tests?|examples?|runs|failing|passing|failed|problems?|offenses?|specs?|errors?|warnings?)\b
    | (?:\[\w+\]\ )?(?:found\ \d+\ errors?|there\ (?:are|were|was)|please\ refer|failed\ in:
        |failed\ examples
        |failures:)
    | .*\b(?:exit|exited|return|returned|error)\ (?:with\ )?(?:a\ )?(?:non-zero\ )?(?:code|status|exit)\b
    | .*returned\ non-zero | .*\bnon-zero\ exit | .*(?:exited\ with|failed\ with\ exit|exit)\ \d+\.?$
    | \[error\]\ (?:to\ see|re-run|for\ more|after\ correct|->\ \[help|\[help)
    | \*\ (?:try|what\ went\ wrong|get\ more)
    | error:\ command\ failed: | \#\d+\ failed\ tests? | .*\bone\ or\ more\ tests\ failed
    | \[error\]\ \([^)]+\)\ .*\b(?:failed|unsuccessful)\W*$ | command\ failed\ with\ status
    | \*+\ .*\bfailed\ \*+$ | test\ failures?$ | error:\ exception\( | error:\ failed\ building\ wheel
    | \[!\]\ .*\bdid\ not\ pass\ validation
    | .*\b(?:failing\ tests?|test\ failures)\b | \[error\]\s+mvn\ | failed\ components:
    | (?:result|status|test\ suite\ \S+|conclusion):\ .*\b(?:fail|error|failure)\b
    | error\ a\ complete\ log | (?:error:\ )?failed\ to\ compile(?:\ application\ .*)?\.?$
    | (?:error|failed|errors|failures|aborted|fail)[.!]?$ | (?:errors|failures):$ | error:\ \d+$ | \[error\]$
    | error:\ (?:could\ not\ compile|aborting\ due|script\ ".*"\ exited) | .*:\ error:\ recipe\ `
    | \S+:\d+:\ recipe\ for\ target\ '
    | traceback\ \(most | .{0,60}\bsee\b.*\b(?:above|logs?|output|details|config\.log)\b | \d+\ error\(s\)
    | (?:process|instance|app|application|container|staging|it|job|task|step|hook|script|command
        |session|run)s?
        \ (?:has\ |was\ )?(?:crashed|exited|failed|terminated)
    | application\ bundle\ generation\ failed
    | error:\ call\ retries\ were\ exceeded | fastlane\ finished\ with\ errors
    | error\ building\ the\ application\ -\ see
    | (?:caused:\ |also:\ +)?hudson\.(?:\w+\.)*\w+exception:\ .*\b(?:fail|exit\ code)  # Jenkins
    | rsync\ error:\ .*\(code\ \d+\) | %error:\ exiting\ due\ to | .*\bexited\ abnormally | .*\bboot\ failed$
    | ×\ git\ .*\bdid\ not\ run\ successfully\b | (?:rule|workflow)(?:exception|error):$
    | .*\bsubprocess(?:-|\ )exited\b | .*\bresolutionimpossible:?\ for\ help
    | curl\ failed\ to\ verify\ the\ legitimacy | .*:\ ok=\d+\ .*\bfailed=[1-9]
    | \W*(?:\w+\ ){0,3}(?:tests?|checks?|pipeline|build|deploy(?:ment)?|job|suite)\ failed[.!]*(?:\ \w+:.*)?$
    | app\ instance\ exited | (?:\S+\ ){0,6}staging\ failed$ | .*errors\ occurred
        | encountered\ error:\ app\ staging
)"""

HARMLESS = r"""(?ix)
    (?<![\w.-])0\ (?:errors?|failures?|failed|failing|rejected|skipped|warnings?)\b | \bno\ errors?\b
    | (?:errors?|failures?|failed|fail)(?:\ (?:count|rate))?[:=]\ ?0\b(?!.*<<<)
    | ^\W*[A-Za-z][\w\ -]*:\ +0$
    | ^\W*(?:npm\ |yarn\ )?(?:warning|warn|info|debug|notice|note|deprecat\w*|ignor(?:ed|ing)|hint|tip|verbose
        |trace)\b(?!.*\*\*\*\ FAILED)
    | \d\ \[Note\]\ (?=\S)  # MySQL
    | \b(?:warning|(?-i:WARN|INFO|DEBUG|NOTICE))(?::|\]|\s-) | \bwarning\ [A-Z]+\d+: | \blevel=(?:info
        |warn|debug)
    | \bwill\ (?:be\ )?retr(?:y|ied) | \bretrying\b
    | ^Unable\ to\ find\ image\ '[^']*'\ locally$ | ^\s*Latex\ failed\ to\ resolve\ \d
    | \bNativeCommandError$ | \bcould\ not\ detect\ any\ (?:differences|changes) | ^\s*CommandError\s*$
    | ^Unauthorized\ error:\ You\ are\ not\ authorized\.\ Error:\ Invalid\ auth
    | ^\(!\)\ | ^\s*ℹ\ | ^stdin:\ is\ not\ a\ tty$ | ^mesg:\ ttyname\ failed
    | :\ +OK(?:\ \([\d.]+\ ?m?s\))?\s*$ | \(Wstat:\ \d+
    | ^(?:\S+:\d+:\ )?(?-i:[\w.]*[A-Z]\w*Warning):\  | (?<!not\ )\bas\ expected\W*$
    | \((?:as\ )?expected(?:\)|\ (?:by|in|here|error|failure)\b)
    | ^\W*\[new\ (?:branch|tag)\] | ^\[[\w/-]+(?:\ \(root-commit\))?\ [0-9a-f]{7,}\]
    | \bexpected\ (?:error|failure) | \bshould\ (?:fail|throw|reject)
    | ^\W*\((?:Static|SSG|ISR|Dynamic|Streaming|Server|Partial\ Prerender)\)
"""

# What merely mentions such words: names of files and options, what a tool is busy with, advice.
ACTIVITY = r"""(?ix)
    ^\[\ *\d+(?:/|\ of\ )\d+\] | [(\[]\d+/\d+[)\]]$ |
    deprecat | --?\w*error | \berror_\w | error[-.](?:js|py|rb|go|h|c|html|ts|prone|handler)\b
    | ignor(?:ed|ing) | \bskipp(?:ed|ing)\b | \bretry\b | ^if\ (?:you|this|it)\b
    | ^\s*(?:Installing|Downloading|Downloaded|Compiling|Collecting|Selecting|Unpacking|Setting\ up
        |Get:|Hit:|Using
        |Fetching|Parsing|Updating|Linting|Processing
        |Preparing|GEN|CC|Requirement\ already|Loading|Building|Adding|Writing|Copying
        |Creating|Running
        |Checking|pip\ install|npm\ (?:install|ci)|apt|Starting\ a\ Gradle|For\ more|Use|Learn\ more|Try
        |Please\ see
        |Visit)\b
    | \bPASS\b | \bpassed\b | https?://\S+\s*$ | ^\S+\ \(\S+\)$
"""

WORDS = r"""\b(?:
    errors? | failed | failure | fails? | cannot | can\ not | can't | could\ not | couldn't
    | unable\ to | not\ found
    | undefined | unresolved | missing | invalid | denied | refused | rejected | unsupported
    | unrecognized | unknown
    | exceed(?:s|ed) | must\ (?:be|have|not|appear|contain|exist|match) | does\ ?n[o']t | do\ not
    | not\ (?:exist|allowed|permitted|supported|available|installed|met|match|compatible|valid|defined
        |recognized
        |configured|set|enough|up\ to\ date)
    | no\ (?:such|matching|rule|version|module|tests?|\w+\ found) | out\ of\ (?:date|space|disk)
        | outdated
    | too\ (?:many|large|long|few|old|low) | expired | requires? | mismatch | unexpected | conflicts?
    | timed?\ ?out
    | timeout | specified | changed\ significantly | incompatible | violat\w+ | forbidden | unauthorized
    | insufficient | crash(?:ed)? | abort(?:ed|ing)? | corrupt\w* | incorrect\w* | illegal
    | unterminated | bad
    | dubious | already\ (?:exists|in\ use) | is\ not
)\b"""

_RAISED = r"""(?:(?:[\w$]+(?:[.:\\/]+))*[A-Z][\w$]*(?:Error|Exception|Failure|Fault|Exit|Interrupt
        |NotFound)|Errno::E[A-Z0-9]+)\b
    (?:\)|\ \[[\w$.]+\]|\ \([\w\ ]+\))?(?::|$|\ \()"""

# The first that fits is a line's form.
# Something of every form and of the words, in lower case: a line without any of it needs no closer look.
HINTS = (
    "error", "fail", "fatal", "exception", "fault", "exit", "interrupt", "not", "panic", ".rb", "e: ",
    "critical", "severe", "abort", "docker", "err", "runtime", "f ", "denied", "can", "n't", "refused",
    "timed", "no ", "device", "reset", "unbound", "bad", "directory", "pipe", "permitted", "syntax",
    "killed", "memory", "segment", "illegal", "bus", "floating", "assert", "expected", "undefined",
    "unresolved", "missing", "invalid", "rejected", "unable", "unsupported", "unrecognized", "unknown",
    "exceed", "must", "out", "too ", "expired", "require", "mismatch", "unexpected", "conflict",
    "specified", "changed", "incompatible", "violat", "forbidden", "unauthorized", "insufficient", "crash",
    "corrupt", "incorrect", "unterminated", "dubious", "already", "!", "[-]", "✘", "⨯", "×", "✗", "✖", "✕",
    "❌",
    "●", "___", "===", "(x)", "** (", "line ", "read-only", "too long", "busy", "file handle", "route to",
)  # fmt: skip
# The same for what is no word.
PLACE = r"[:(]\d|\d\)"

# The sum of a test runner, which says that tests failed.
SUMMARY = r"""^\s*(?:
    fail$ | fail\t | (?:\[error\]\ )?failed:\ total\ \d
    | tests?(?:\ suites?|\ run)?:.*\b[1-9]\d*\ (?:failed|errors?) | tests\ run:.*(?:failures|errors):\ [1-9]
    | [1-9]\d*\ (?:failing|examples?,\ [1-9]\d*\ failures?|runs?,.*\b[1-9]\d*\ (?:failures|errors))
    | failed\ \((?:failures|errors) | =+\ .*[1-9]\d*\ (?:failed|errors?)\b.*=+$ | failures!$
        | .*there\ were\ failing\ tests
    | [1-9]\d*\ (?:of\ \d+\ )?tests?\ failed | tests:\ .*failures:\ [1-9] | not\ ok | \#\ fail\ +[1-9]
    | executed\ \d+\ tests?,\ with\ [1-9] | failed\ [1-9]\d*/\d+\ (?:test|subtest)
)"""

# What stands above a list of what failed, at the end of a run.
HEADING = r"""^[\s=*\#─━-]*(?:failures|failed\ tests?(?:\ summary)?|test\ failures
    |failed\ specs?|summary\ of\ (?:all\ )?(?:failing|failed)\ tests?|the\ following\ tests?\ failed
    |failed\ scenarios|\[\ +(?:failed|error)\ +\]\ \d+\ (?:tests?|errors?|failures?),\ listed\ below
)[:.]?[\s=*\#─━-]*$"""
RULER = r"[\s=*#_─━~-]*$"
# A warning with its place: the cause where warnings count as errors.
REMARK = r"^\s*[^\s:()]+[:(]\d+(?:[:,]\d+)?\)?:?\ *[Ww]arning\b"
# Warnings count as errors, and the last one did it; a linter counts all.
WERROR = r"-Werror\b|warnings?\ (?:being\ )?treated\ as\ errors?"
LINTED = r"(?i)\bfound\ [1-9]\d*\ (?:violation|warning|offense|issue)s?\b"
# The head of a program's help, and what stands in it.
USAGE = r"^(\s*)(?:[Uu]sage(?! [Ee]rror:)|USAGE|Synopsis|SYNOPSIS):?(?:\s|$)"
HELP = r"\s|$|-|[A-Z][\w ]*:$"
# With this those that started a command say that it failed.
ENDED = r"""^(?:npm\ (?:ERR!|error)\ | error\ Command\ failed | g?make(?:\[\d+\])?:\ \*\*\* | The\ command\ "
    | Exited\ with\ code | \#\#\[error\]Process\ completed)"""
# Between what a command said last and the word that it failed.
MURMUR = (
    r"^(?:$|travis_(?:time|fold):|info Visit |\W*$"
    r"|\s*(?:Container|Network|Volume) \S+ +(?:Stop|Remov|Creat|Start)"
    r"|[Ee]lapsed\b|[Tt]ook [\d.]|[Rr]untime\b|\d+/\d+ \[)"
)
# Nothing that anyone fails of: it went well, or it is what a tool was busy with.
WELL = r"""(?ix)
    \b(?:done|ok|passed|success\w*|succeeded|finished|completed?|saved|well|up[ -]to[ -]date)\b
    | ^\W*(?:\w+ing|downloaded?|wrote|copied|created|fetched|installed|uploaded)\b
    | ^\[INFO\] | \.\.\.$ | \d\ ?%
"""
# As `grep -n` prints what it found.
FIND = r"[\w./+-]+\.\w{1,5}:\d+:(?!\d|\s*$)"
# What stands about the name of a failed test.
MARK = r"""^\W*(?:FAIL(?:ED|URE)?|ERROR|not\ ok\ \d+(?:\ -)?)?\W* | \ *(?:\.\.\.)?\ *(?:FAILED|FAIL|ERROR)?
    (?:\ *[(\[]\ ?[\d.]+\ ?m?s(?:econds)?\ ?[)\]])?$"""

# As Node prints why an error was thrown, below it.
CAUSE = r"\s+\[cause\]: \S"
# One of several reasons, below what announces them.
ITEM = r"\s*(?:[*•>-]|\d+[.)]) +\S"
# As tools list the files that they would change.
FILE = r"[\w./-]+\.\w{1,5}$"

FORMS: tuple[tuple[Form, str], ...] = (
    (
        "place",
        r"""^\s*(?:\[?(?:ERROR|error
        |e)\]?:?\ *)?(?:file://)?[^\s:()\[\]]+[:(]\d+(?:[:,.]\d+)*\)?:?\ *(?:-\ )?
        (?:fatal\ |syntax\ |internal\ |parse\ )?(?:error|Error|ERROR)\b""",
    ),
    ("place", r"^\[error\]\ (?:/|[A-Z]:\\)\S+:\d+(?::\d+)?:\ \S"),
    ("refusal", r"^\[ERROR\]\ Failed\ to\ execute\ goal\b"),
    ("said", r"^dpkg:\ error\ processing\ "),
    ("place", r"^\s*error\ [•-]\ \S.*\ [•-]\ \S+:\d+:\d+\ [•-]\ "),  # Dart
    ("place", r"^\s*Compilation\ failed\ for\ testPath=.+:\d+:\d+:\ Error:\ \S"),  # Dart
    ("test", r"^\d\d:\d\d\ \+\d+.*\ -\d+:\ \S.*\ \[E\]$"),
    ("place", r"^error(?:\[E\d+\]|\ TS\d+|\ CS\d+):\ \S"),
    ("exception", r"^(?:PHP\ )?(?:Fatal|Parse|Catchable\ fatal)\ error:\ "),
    (
        "exception",
        rf"""^\ {{0,10}}(?:(?:\(node:\d+\)\ )?Unhandled(?:PromiseRejectionWarning:|\ rejection)?[ ]
        |Uncaught\ |Caused\ by:\ |Exception\ in\ thread\ "[^"]*"\ |\*\*\ \(
        |thread\ '[^']*'\ panicked\ at\ )?{_RAISED}""",
    ),
    (
        "exception",
        r"""^(?:thread\ '[^']*'\ (?:\(\d+\)\ )?panicked\ at|panic:\ |panicked\ at
        |\*\*\ \((?:[\w.]*(?:Error|Exception)|throw|exit|Mix|EXIT\ from\ [^)]*\)?)\)\ \S
        |\S+\.rb>?:\d+:in\ [`'].*':\ \S
        |\S+\.\w+:\d+:in\ .+:\ .+\(\w+)""",
    ),
    ("exception", r"^E\ \ \ +[\w.]*(?:Error|Exception|Exit|assert|Failed)\b"),
    (
        "said",
        r"""^\s*["'`]?(?:error\ )?(?:[A-Z]?\w+\ )?(?:error|Error|ERROR|ERR!?|Failure)
        (?:\ [A-Z]{1,4}\d+|\ \d+(?:\ \(\w+\))?
        |\ \[\w+\])?[:!]\ *\S""",
    ),
    (
        "said",
        r"""^(?:[\w./@-]+(?:\[\d+\])?:\ )+(?:line\ \d+:\ )?
        (?:fatal\ |syntax\ |internal\ |parse\ |runtime\ |unrecoverable\ |configure:\ )?
        (?:error|Error|ERROR|fatal|FATAL|ERR!)(?:\ [A-Z]+\d+)?:\ ?\S""",
    ),
    (
        "said",
        r"""^\ {0,4}(?:fatal|FATAL|Fatal\ error|fatal\ error|FATAL\ ERROR|E|CRITICAL|ABORT|OCI\ runtime\b.*
        |docker
        |configure:\ error|CMake\ Error)(?:\ at\ \S+)?:\ \S""",
    ),
    (
        "said",
        r"""^(?:npm\ (?:ERR!|error)|yarn\ error|error|\[?ERR_PNPM_\w+\]?|ERROR|!!?(?!\ +\w+:\ )|➤\ YN\d{4}:\ ×
        |\S{1,3}\ \[ERROR\]|✘|×|⨯|\[!\])
        \ {1,4}\S""",
    ),
    ("said", r"^Error\ in\ \S.*:|(?:^|:)E\d{1,4}:\ \S"),  # R, Vim
    ("said", r"^[\w-]+\ ERR!\ (?!\S+\ *$)\S"),
    ("said", r"^\[(?:ERROR|error|FATAL|fatal|err|Error|FAIL|!|✖|x)\]\ +\S"),
    ("said", r"^\[[A-Z]\w*(?:Error|Exception|NotFound|Impossible|Version)\]:\ \S"),  # PDM
    ("level", r"\b(?:ERROR|FATAL|CRITICAL|SEVERE|level=(?:error|fatal|panic))\b"),
    (
        "shell",
        r"""(?:command\ not\ found|:\ not\ found|[Nn]o\ such\ file\ or\ directory
        |executable\ file\ not\ found|Broken\ pipe|[Pp]ermission\ denied
        |cannot\ execute(?:\ binary\ file)?|Operation\ not\ permitted|Not\ a\ directory|Is\ a\ directory
        |unbound\ variable|ambiguous\ redirect|bad\ substitution|[Tt]ext\ file\ busy
        |No\ space\ left\ on\ device|Read-only\ file\ system|Argument\ list\ too\ long|Exec\ format\ error
        |Disk\ quota\ exceeded|Input/output\ error|Cannot\ allocate\ memory|Too\ many\ open\ files
        |Address\ already\ in\ use|Network\ is\ unreachable|No\ route\ to\ host|File\ name\ too\ long
        |Too\ many\ levels\ of\ symbolic\ links|Device\ or\ resource\ busy|Invalid\ cross-device\ link
        |Stale\ file\ handle
        |Connection\ (?:refused|reset\ by\ peer|timed\ out))\b.{0,25}$|syntax\ error\ near""",
    ),
    (
        "progress",
        r"""^\s*FAIL\ \ ?\S+\.\w+(?:\ \(.*\))?$ | ^FAIL\t | ^\S+::.+\ FAILED\b
        | ^.{3,200}\ \.\.\.\ (?:FAILED|FAIL|ERROR)$
        | ^\s+\d+\)\ [^:]*$ | ^\s*_{5,}\ .+\ _{3,}$ | ^\s*={5,}\ (?:FAIL|ERROR)
        | ^\s*[✕✗✘×]\ .*\(\d+\ ?m?s\)$""",
    ),
    (
        "test",
        r"""^\s*(?:\d+\)\ )?(?:Failure|Error):$
        | ^\s*(?:FAIL(?:ED|URE)?[:\ \t]|not\ ok\ \d|---\ FAIL|\[\ +FAILED\ +\]|✗\ |×\ |✖\ |✘\ |✕\ |❌
        |●\ (?!Console)
        |\d+\)\ |\[-\]\ |F\ \S|ASSERT:
        |(?:Module|Test|Assertion)\ Failed:\ |\*\*\*\ \[(?:err|exception)\]|.*\]\ \(X\)\ )
        | ^.{3,200}(?:\ \.\.\.)?\ (?:FAILED|FAIL|ERROR|FAILURE!)(?:\ \[.*\])?$
        | \*\*\*\ FAILED\ \*\*\* | <<<\ (?:FAILURE
        |ERROR)!""",
    ),
    (
        "test",
        r"""(?i)\bassert(?:ion)?s?\b.*\bfail | ^\s*(?:Failure|Error)/\w+: | Failed\ asserting
        | ^\s*expected\b.*\b(?:got|but|to|received|actual)\b | ^Expected:?\ .*""",
    ),
    (
        "killed",
        r"""^(?:.*:\ +\d+\ )?(?:Segmentation\ fault|Aborted|Illegal\ instruction|Bus\ error
        |Floating\ point\ exception)\b
        | ^Killed | \bKilled$ | out\ of\ memory""",
    ),
    ("complaint", r"\bat\ line\ \d+,?\ col(?:umn)?\.?\ \d+\b"),
    (
        "refusal",
        r"""^(?:\*\ )?(?i:error\b[\w\ ]*: | (?:\S+\ ){0,5}?(?:could\ not|couldn't|cannot|can't
        |unable\ to|failed\ to|execution\ failed
        |timed\ out\ (?:after|waiting)|exceeded\ (?:the|your)|(?:permission|access|request)\ denied
        |unauthorized))\b""",
    ),
    ("complaint", r"^\s*[\w./@\\-]+\.\w{1,6}(?::\ ?|\()\d+(?:[:,]\d+)?\)?:?\ ?[A-Za-z(\[/]\S*\ "),
    ("complaint", r"^\s+\d+:\d+\s+(?:error|Error:|✖|✗|×)\s"),
)
