"""What stops a command: its text goes to standard error, FAILED to standard output."""

from __future__ import annotations


class CfError(Exception):
    """A command failed. The exit code is 1."""


class IncorrectUsage(CfError):
    """The words on the command line do not fit; the command's help follows."""


class AllInstancesCrashed(CfError):
    """The app has been started and not one instance of it runs."""


class StartTimedOut(CfError):
    """The app has been started, and for as long as cf waits no instance of it ran."""


class ApiError(CfError):
    """The platform refused. `status` is the HTTP status, `code` the platform's own number."""

    def __init__(self, message: str, status: int, code: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
