"""The sums with which build tools and test runners end, of the ecosystems beside those in `verdicts`.

Most that go well are but one of several things that a log tells: after them it may still end badly.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from runback.rules.went_well import ANSIBLE

Sum: TypeAlias = Literal["tool failed", "tool passed", "tool done"]

SUMS: tuple[tuple[str, Sum], ...] = (
    (r"^(?:All tests successful\.$|Result: PASS$)", "tool done"),  # Perl's Test::Harness
    (r"^Result: FAIL$", "tool failed"),
    (r"^OK, but (?:incomplete|there were|some tests)\b", "tool passed"),  # PHPUnit
    (r"^test result: ok\. [1-9]\d* passed; 0 failed", "tool done"),  # Cargo
    (r"^(?:test result: FAILED\.|error: test failed, to rerun pass)", "tool failed"),
    (r"^\d+% tests passed, [1-9]\d* tests failed out of \d", "tool failed"),  # CTest
    (r"^100% tests passed, 0 tests failed out of \d", "tool done"),
    (r"^-- Configuring incomplete, errors occurred!", "tool failed"),  # CMake
    (r"^-- Build files have been written to: ", "tool done"),
    (r"^(?:[1-9]\d* doctests?, )?[1-9]\d* tests?, [1-9]\d* failures?\b", "tool failed"),  # ExUnit
    (r"^(?:[1-9]\d* doctests?, )?[1-9]\d* tests?, 0 failures\b", "tool done"),
    (
        r"^\d+ success(?:es)? / (?:[1-9]\d* failures? /|\d+ failures? / [1-9]\d* errors?)",
        "tool failed",
    ),  # busted
    (r"^[1-9]\d* success(?:es)? / 0 failures / 0 errors", "tool done"),
    (r"^[1-9]\d* tests?, \d+ passed, [1-9]\d* failed$", "tool failed"),  # Robot Framework
    (r"^[1-9]\d* tests?, [1-9]\d* passed, 0 failed$", "tool done"),
    (r"^\d+ scenarios? passed, [1-9]\d* failed", "tool failed"),
    (r"^(?:Passed!  - Failed: +0,|Build succeeded\.$)", "tool done"),  # .NET
    (r"^(?:Failed!  - Failed: +[1-9]|Build FAILED\.$)", "tool failed"),
    (r"^\[success\] Total time: ", "tool done"),  # sbt
    (r"^\*\* (?:TEST|BUILD|ARCHIVE) SUCCEEDED \*\*", "tool done"),  # Xcode
    (r"^\*\* (?:TEST|BUILD|ARCHIVE) FAILED \*\*", "tool failed"),
    (r"^\d\d:\d\d \+[1-9]\d*(?: ~\d+)?: All tests passed!$", "tool done"),  # Dart
    (r"^Successfully installed \S+-\d", "tool done"),  # pip
    (r"^Bundle complete! \d+ Gemfile dependenc", "tool done"),  # Bundler
    (r"^webpack \d\S* compiled (?:successfully|with \d+ warnings?) in ", "tool done"),
    (r"^webpack \d\S* compiled with [1-9]\d* errors?", "tool failed"),
    (r"^✓ built in \d", "tool done"),  # Vite
    (r"^Successfully (?:built [0-9a-f]{12}$|tagged \S+:\S+$)", "tool done"),  # Docker
    (r"^(?:Success! The configuration is valid|Terraform has been successfully initialized!)", "tool done"),
    (r"^\d{4}-\d\d-\d\d [\d:]+ \([\d.,]+ [KMG]?B/s\) - .* saved \[", "tool done"),  # Wget
    (r"^< HTTP/[\d.]+ 2\d\d\b", "tool done"),  # curl -v
    (f"^{ANSIBLE}", "tool done"),
)
