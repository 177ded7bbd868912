"""Rate limits: so many requests of one user in an hour."""

from __future__ import annotations

import threading

from runback.lab.server import Response

RESET_SECONDS = 3600


class RateLimit:
    """Counts requests of each user; `limit` may be lowered while the lab runs."""

    def __init__(self, limit: int = 20_000) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._spent: dict[str, tuple[int, int]] = {}  # user → end of the period, requests in it

    def headers(self, user_guid: str, now: float) -> tuple[tuple[tuple[str, str], ...], bool]:
        """The X-RateLimit headers of one more request, and whether it is one too many."""
        with self._lock:
            reset, spent = self._spent.get(user_guid, (0, 0))
            if reset <= now:
                reset, spent = int(now) + RESET_SECONDS, 0
            spent += 1
            self._spent[user_guid] = (reset, spent)
        left = max(0, self.limit - spent)
        headers = (
            ("X-RateLimit-Limit", str(self.limit)),
            ("X-RateLimit-Remaining", str(left)),
            ("X-RateLimit-Reset", str(reset)),
        )
        if spent <= self.limit:
            return headers, False
        return (*headers, ("Retry-After", str(max(1, int(reset - now))))), True


def too_many(refusal: Response) -> Response:
    """The 429 is JSON, but Cloud Controller labels it as text (middleware/rate_limiter.rb)."""
    return Response(refusal.status, refusal.body, "text/plain; charset=utf-8", refusal.headers)
