"""What the platform refuses, in words of the step: what it is, in its own words, and what a person can do."""

from __future__ import annotations

import re

from runback.errors import AccessError, FetchError, RunbackError
from runback.model import PlanStep

# "policy quota exceeded" (policy server), "memory quota_exceeded", "… your organization's memory limit".
_LIMIT = re.compile(r"(?i)quota|\blimit\b|exceed")
_CIRCLECI = ("POST /workflow/", "PUT /context/")


def plain(error: FetchError, step: PlanStep) -> FetchError:
    """The refusal of a step; an error that is none comes back as it is."""
    words = _words(str(error))
    found = _refusal(error.status, words, step)
    if found is None:
        return error
    why, advice = found
    return FetchError(f"{step.sentence.rstrip('.')}: {why}: {words}", advice, status=error.status)


def may_come_back(error: RunbackError) -> bool:
    """Whether the same request may succeed later: nobody was reached, or nobody could answer just now."""
    if isinstance(error, FetchError):
        return error.status is None or error.status in (401, 409, 429) or error.status >= 500
    return isinstance(error, AccessError)


def _refusal(status: int | None, words: str, step: PlanStep) -> tuple[str, str] | None:
    if status == 401 and step.action.startswith(_CIRCLECI):
        return "CircleCI does not accept the token", "Put a valid one into CIRCLE_TOKEN."
    if status == 401:
        return "the login has ended", "Log in again with 'cf login', then give the same command."
    if status in (403, 422) and _LIMIT.search(words):
        return "a limit is reached", "Give up what is not needed, or ask whoever sets the limit for more."
    if status == 403:
        return "this login may not do it", f"It needs {step.needs}." if step.needs else ""
    if status == 409:
        return "something else is at work on it", "Wait until that has ended, then give the same command."
    if status == 422:
        return "the platform refuses it", ""
    return None


def _words(text: str) -> str:
    """What the platform itself said, which stands in brackets behind what we say."""
    return text[text.index("(") + 1 : -1] if text.endswith(")") and "(" in text else text
