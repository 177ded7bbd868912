"""A failed step of CI beside its last green run."""

from __future__ import annotations

from datetime import datetime

from runback.model.record import Record


class Novel(Record, frozen=True, kw_only=True):
    """Lines of a log that never occur in the successful ones, from 1, both included."""

    first: int
    last: int
    text: str
    score: float


class Since(Record, frozen=True, kw_only=True):
    """What differs from the last green run of the same job."""

    pipeline: int  # in which it was green
    branch: str | None
    sha: str | None
    at: datetime | None
    url: str | None = None
    commits: tuple[str, ...] = ()  # '371d7212 Give a month more (Maya Okafor)', newest first
    files: tuple[str, ...] = ()  # 'changed backend/quarters.py'
    versions: tuple[str, ...] = ()  # 'celery 5.3.6 → 5.4.0 (backend/requirements.txt)'
    slower: tuple[str, ...] = ()  # "step 'Install' took 240 s instead of 31 s"
    unknown: str = ""  # why the checkout cannot tell what changed


class StepSeen(Record, frozen=True, kw_only=True):
    """A failed step: how to run it at home, and what its last green run did not show."""

    log: str | None  # Log.id
    job: str
    step: str
    run: int  # parallel run, from 0
    image: str | None
    directory: str
    command: str
    paste: str  # for a shell in the checkout; '' where CircleCI does not tell the command
    needs: str = ""  # what the paste cannot bring: contexts
    since: Since | None = None
    novel: tuple[Novel, ...] = ()
