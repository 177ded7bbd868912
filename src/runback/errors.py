"""The exceptions of Runback.

RunbackError                 exit code and advice for the person at the terminal
├── UsageError          2    a word on the command line names nothing: app, environment, scenario, page
├── ConfigurationError  2    runback.toml, a scenario or a page is malformed (file, line, what is allowed)
├── AccessError         3    a token or a host failed, so that nothing can be said
├── InputError          3    a log or a bundle that cannot be read as one
├── LabError            4    the lab could not be started
└── FetchError               one request that brought nothing; collect turns it into a Gap
"""

from __future__ import annotations


class RunbackError(Exception):
    """What went wrong in one plain line, and what to do about it in another.

    `str(error)` is what went wrong; `advice` is the next step ('' where there is none).
    """

    exit_code = 4

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class UsageError(RunbackError):
    """A word on the command line that names nothing."""

    exit_code = 2


class ConfigurationError(RunbackError):
    """A file that people write is malformed: which, in which line, and what is allowed."""

    exit_code = 2


class AccessError(RunbackError):
    """A token or a host failed, and without it nothing can be said."""

    exit_code = 3


class InputError(RunbackError):
    """A log or a bundle that cannot be read as one."""

    exit_code = 3


class LabError(RunbackError):
    """The lab could not be started."""

    exit_code = 4


class FetchError(RunbackError):
    """One request brought nothing. `status` is the HTTP status, or None where no answer came."""

    exit_code = 3

    def __init__(self, message: str, advice: str = "", *, status: int | None = None) -> None:
        super().__init__(message, advice)
        self.status = status
