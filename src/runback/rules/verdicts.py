"""The lines with which platforms and tools say how a run ended."""

from __future__ import annotations

from typing import Literal, TypeAlias

from runback.rules.sums import SUMS

Kind: TypeAlias = Literal[
    "run failed",  # the last such line of a log decides
    "run passed",
    "command failed",
    "command passed",
    "command starts",
    "command retried",
    "command named",  # the first line of a failed command of several lines
    "steps end",
    "job starts",  # of a log of several jobs
    "machine named",  # so it is Travis: its log has another word for the end of each command
    "command ends",
    "annotation",  # GitHub's mark of an error: fails the command that printed it
    "tool failed",
    "tool passed",
    "tool done",  # well, but that is no word on how all ended
]

LINES: tuple[tuple[str, Kind], ...] = (
    # CircleCI
    (r"^Exited with code exit status [1-9]", "command failed"),
    (r"^(?:Error: )?Exited with code [1-9]\d*$", "command failed"),  # until 2020; the client still says so
    (r"^CircleCI received exit code [1-9]", "command failed"),
    (r"^CircleCI received exit code 0", "command passed"),
    (r"^Too long with no output \(exceeded", "command failed"),
    (r"^(?:Build was canceled|Received \"[a-z ]+\" signal)", "command failed"),
    # GitHub: actions/runner, src/Runner.Worker
    (r"##\[group\]Run ", "command starts"),
    (r"^Current runner version: '", "job starts"),
    (r"^(?:Post job cleanup\.|Cleaning up orphan processes)", "steps end"),
    (r"##\[error\]Process completed with exit code [1-9]", "command failed"),
    (r"##\[error\]", "annotation"),
    # Travis: travis-ci/travis-build, lib/travis/build/bash
    (r"^(?:travis_fold:start:)?(?:Worker|Build system) information$", "machine named"),
    (r"^\$ (?P<command>.+)", "command starts"),
    (r"^travis_time:end:", "command ends"),
    (r'^The command "(?P<command>.+)" (?:failed and )?exited with [1-9]\d*', "command failed"),
    (r'^The command "(?P<command>[^"]+)$', "command named"),
    (r'^[^"]*" exited with [1-9]\d*\.$', "command failed"),  # the end of a command of several lines
    (r'^The command ".+" failed\. Retrying', "command retried"),
    (r'^The command ".+" failed \d+ times', "command failed"),
    (r"^The command .+ exited with 0\.", "command passed"),
    (r'^[^"]*" exited with 0\.$', "command passed"),
    (r"^No output has been received in the last \d+", "command failed"),
    (r"^The job exceeded the maximum (?:time limit|log length)", "command failed"),
    (r"^Done\. Your build exited with [1-9]", "run failed"),
    (r"^Done\. Your build exited with 0", "run passed"),
    # Jenkins
    (r"^Finished: (?:FAILURE|UNSTABLE|ABORTED)", "run failed"),
    (r"^Finished: SUCCESS", "run passed"),
    (r"^Build step '.+' marked build as failure", "command failed"),
    (r"^ERROR: script returned exit code [1-9]", "command failed"),
    # GitLab: gitlab-org/gitlab-runner, common/build.go
    (r"^ERROR: Job failed(?::| \()", "run failed"),
    (r"^Job succeeded$", "run passed"),
    # Buildkite, TeamCity, AppVeyor, CodeBuild, Cloud Build, Zuul, Taskcluster, Bamboo
    (r"\bError: The command exited with status [1-9]", "command failed"),
    (r"^Process exited with code [1-9]\d*(?: \(Step: .+)?$", "command failed"),
    (r"^Command exited with code -?[1-9]\d*$", "command failed"),
    (
        r"^\[Container\] \S+ \S+ (?:Command did not exit successfully |Phase complete: \w+ State: FAILED)",
        "command failed",
    ),
    (r'^ERROR: build step \d+ ".*" failed: ', "run failed"),
    (r"^\[Zuul\] Job complete, result: (?:FAILURE|TIMED_OUT|ABORTED)", "run failed"),
    (r"^\[Zuul\] Job complete, result: SUCCESS", "run passed"),
    (r"^Unsuccessful task run with exit code: ", "run failed"),
    (r"^Successful task run with exit code: 0", "run passed"),
    (r"^\[taskcluster:error\] ", "run failed"),
    (r"^Failing task since return code of \[.+\] was -?[1-9]\d* while expected 0", "command failed"),
    # Netlify; Expo's EAS
    (r'^Failing build: |^Build failed due to |^"build\.command" failed', "command failed"),
    (r"^Failed during stage '", "run failed"),
    (r"^\(Netlify Build completed in |^Site is live\b", "run passed"),
    (r"\bexited with non-zero code: [1-9]", "command failed"),
    (r"^Start phase: FAIL_BUILD$", "run failed"),
    (r"^exiting with code [1-9]", "command failed"),  # Flutter, as it is asked to say more
    (r"^exiting with code 0$", "command passed"),
    (r"^Start phase: ON_BUILD_SUCCESS_HOOK$", "run passed"),
    (r"^(?:ERROR: )?(?:failed to build: )?failed to solve: ", "tool failed"),  # BuildKit
    (r"^(?:ERROR: .*)?The command '.+' returned a non-zero code: [1-9]", "tool failed"),  # Docker before it
    # tools
    (r"^ninja: (?:build stopped: |(?:fatal|error): )", "tool failed"),
    (r"^FAILED: \[code=[1-9]\d*\] ", "tool failed"),  # ninja from 1.13 on
    (
        r"^FAILED(?:$| \((?:[A-Z]+=\d+, )*(?:failures|errors|skipped))",
        "tool failed",
    ),
    (r"^OK(?:$| \()", "tool passed"),
    (r"^  evaluation failed :\(", "tool failed"),  # tox
    (r"^This progress looks :\( because there were ", "tool failed"),  # Luigi
    (r"^  congratulations :\)", "tool passed"),
    (r"^=+ .*\b[1-9]\d* (?:failed|errors?)\b.* =+$", "tool failed"),
    (r"^=+ (?:[1-9]\d* (?:skipped|deselected|xfailed|xpassed), )*\d+ passed\b[^=]* =+$", "tool passed"),
    (r"^[1-9]\d* passed(?:, \d+ [a-z]+)* in [\d.]+s(?: \([\d:]+\))?$", "tool passed"),  # asked to be quiet
    (r"^(?:  )?Tests: .*\b[1-9]\d* failed|^ {0,3}FAILED  \S.* > \S", "tool failed"),  # Jest; Pest
    (r"^  Tests: +(?:\d+ (?:skipped|todos?), )*\d+ passed \(", "tool passed"),
    (r"^Tests: +(?:\d+ (?:skipped|todo), )*\d+ passed, \d+ total", "tool passed"),
    (r"^\d\d:\d\d \+\d+(?: ~\d+)? -[1-9]\d*: Some tests failed\.$", "tool failed"),  # Dart
    (r"^\s*(?:Test Files|Tests) +.*\b[1-9]\d* failed\b", "tool failed"),  # Vitest
    (r"^ +[1-9]\d* failing$", "tool failed"),
    (r"^Application bundle generation failed\.|\bfailedTask=build\b", "tool failed"),  # Angular; Electron
    (r"^ [1-9]\d* fail$", "tool failed"),  # Bun
    (r"^ 0 fail$", "tool passed"),
    (r"^ +[1-9]\d* passing \([\d.]+m?s\)$", "tool passed"),  # Mocha says afterwards how many fail
    (r"^ *Tests +\d+ passed(?: \| \d+ \w+)* \(\d+\)$", "tool passed"),  # Vitest
    (
        r"^(?:TOTAL: \d+ SUCCESS|.*Executed \d+ of \d+ (?:\(skipped \d+\) )?SUCCESS \()",
        "tool passed",
    ),  # Karma
    (r"^npm (?:ERR!|error) |^\d+ verbose exit (?:\[ )?[1-9]", "tool failed"),  # in its own log, too
    (r"^(?:added|changed|removed|up to date)\b.* \d+ packages? in ", "tool passed"),
    (r"^error Command failed with exit code [1-9]", "tool failed"),
    (r"^Done in \d+\.\d+s\.$", "tool passed"),
    (
        r"^(?:Failed to compile\.$|> Build failed because of |error during build:$|Export encountered )",
        "tool failed",
    ),
    (r"^(?:\[(?:ERROR|INFO)\] )?BUILD FAILURE", "tool failed"),
    (r"^(?:\[INFO\] )?BUILD SUCCESS$", "tool passed"),
    (r"^BUILD FAILED", "tool failed"),
    (r"^FAILURE: Build failed with an exception", "tool failed"),
    (r"^BUILD SUCCESSFUL", "tool passed"),
    (r"^make(?:\[\d+\])?: \*\*\* .*(?:Error|Fehler) \d", "tool failed"),
    (r"^ *\[?ERR_PNPM_\w+\]?\s|^➤ YN0000: · Failed with errors ", "tool failed"),
    (r"^➤ YN0000: · Done (?:in|with warnings) ", "tool passed"),
    (r"^Aborted due to warnings\.$", "tool failed"),  # Grunt
    (r"^ +Errors +[1-9]\d* errors?$|^\S+ Validation Error:$", "tool failed"),  # Vitest, Jest
    (r"^\d+ scenarios? \(.*\b[1-9]\d* (?:failed|undefined|ambiguous|pending)\b", "tool failed"),  # Cucumber
    (r"^[1-9]\d* scenarios? \(\d+ passed\)$", "tool passed"),
    (r"^husky [>-] .*(?:hook failed|script failed|exited with code [1-9])", "tool failed"),
    (r"^(?:\[FAILED\] .+ \[FAILED\]|\S{1,3} lint-staged failed.*)$", "tool failed"),
    (r"^(?:\S+ )?[1-9]\d* specs?, [1-9]\d* failures?", "tool failed"),  # Jasmine
    (r"^[1-9]\d* specs?, 0 failures", "tool passed"),
    (r"^\S{1,3} fail [1-9]\d*$", "tool failed"),  # Node's test runner
    (r"^\S{1,3} fail 0$", "tool passed"),
    (r"^[1-9]\d* examples?, [1-9]\d* failures?", "tool failed"),
    (r"^[1-9]\d* examples?, 0 failures", "tool passed"),
    (r"^(?:FAILURES!|ERRORS!|There (?:was|were) [1-9]\d* (?:failure|error)s?:)$", "tool failed"),  # PHPUnit
    (r"Tests run: .*(?:Failures|Errors): [1-9]", "tool failed"),
    (
        r"^(?:\[(?:INFO|WARNING)\] )?Tests run: [1-9]\d*, Failures: 0, Errors: 0, Skipped: \d+\s*$",
        "tool passed",
    ),
    (r"^[1-9]\d* runs, .* [1-9]\d* (?:failures|errors), ", "tool failed"),
    (r"^[1-9]\d* runs, \d+ assertions, 0 failures, 0 errors, ", "tool passed"),
    (r"^(?:FAIL$|FAIL\t|panic: |fatal error: |fatal: (?:[^N\[]|N[^o]))", "tool failed"),
    (r"^(?:Apply|Destroy) complete! Resources: ", "tool passed"),  # Terraform
    (r"^\S+ +: ok=\d+ .*\b(?:unreachable|failed)=[1-9]", "tool failed"),  # Ansible
    (r"^--- FAIL: ", "tool failed"),
    (r"^ok  \t\S+\t", "tool passed"),
    (r"^Process failed\.$", "tool failed"),  # a multi-target deploy
    (r"^Process finished\.$", "tool passed"),
    (r"\bExited with status [1-9]\d*", "tool failed"),
    (r"^Killed$", "tool failed"),
    (r"^ERROR: +Application startup failed\. Exiting\.", "tool failed"),  # uvicorn
    *SUMS,
)
# As a log's last words these are enough.
COMPLAINTS = (
    r"^\s*(?:\S+: )?(?:[Ee]rror|ERROR|FATAL|[Ff]atal|CRITICAL)(?:[:\s]|$)",
    r"^(?:[\w.-]+ ){1,3}error: ",
    r"^[\w.]+(?:Error|Exception)(?::|$)",
    r"\[(?:ERROR|error|crit|alert|emerg)\]|\blevel=(?:error|fatal|panic)\b",
    r"\b(?:ERROR|FATAL): \S",
    r"^panic: |: panic: |^\S.*\.rb:\d+:in [`'].+': ",
    r"^\S.*\b[Ee]xit(?:ed)? (?:with )?(?:code|status):? [1-9]",
    r"command not found$",
    r"\bline \d+: +\d+ (?:Killed|Segmentation fault|Aborted|Bus error)\b",  # bash, of a script's child
    r": No such file or directory$",
    r": [Pp]ermission denied$",
    r"(?i)^\W*(?:some|\d+) tests? (?:have )?failed\W*$",
)
