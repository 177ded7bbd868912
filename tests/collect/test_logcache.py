"""Reading log-cache backwards, against a log-cache with its limits and traps."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collect.platform_server import envelope
from loopback import Answer, Loopback, Seen, serve
from runback.collect import logcache
from runback.collect.interface import RawLog
from runback.collect.session import Endpoints, Session
from runback.http import Client, Limits
from runback.model import Gap

QUICK = Limits(attempts=1, backoff=0.01)


def read(server: Loopback) -> tuple[RawLog, ...]:
    with Client({}, limits=QUICK) as client:
        endpoints = Endpoints(api=server.url, uaa=server.url, log_cache=server.url, policies=server.url)
        session = Session(endpoints, client, now=lambda: None, grant=None, access_token="bearer t")  # type: ignore[arg-type, return-value]
        found = logcache.recent(client, session, "g1", "backend")
    assert not isinstance(found, Gap)
    return found


@contextmanager
def cache(lines: list[dict[str, Any]], *, most: int = 1000, fail_after: int = 99) -> Iterator[Loopback]:
    """A log-cache that holds `lines`, gives no more than 1,000, and takes the end for exclusive."""

    def answer(to: Answer, seen: Seen) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(seen.path).query).items()}
        limit = int(asked["limit"])
        if limit > 1000:
            to.reply({"code": 2, "message": f"limit ({limit}) must be 1000 or less"}, 500)
        elif limit > most:
            to.reply({}, 429)
        elif len(server.seen) > fail_after:
            to.reply({}, 500)
        else:
            end = int(asked.get("end_time", 2**62))
            kept = [line for line in lines if int(line["timestamp"]) < end]
            kept.sort(key=lambda line: int(line["timestamp"]))
            to.reply({"envelopes": {"batch": kept[::-1][:limit]}})

    with serve(answer) as server:
        yield server


def texts(log: RawLog) -> list[str]:
    assert isinstance(log.data, bytes)
    return log.data.decode().splitlines()


def test_a_short_log_is_asked_for_once() -> None:
    with cache([envelope(at, f"line {at}") for at in range(1, 41)]) as server:
        (log,) = read(server)
    assert len(server.seen) == 1
    assert texts(log) == [f"line {at}" for at in range(1, 41)]
    assert not log.truncated


def test_a_log_of_more_than_a_thousand_lines_is_whole_and_in_order() -> None:
    with cache([envelope(at, f"line {at}", instance=str(at % 2)) for at in range(1, 3501)]) as server:
        even, odd = read(server)
    assert texts(even) == [f"line {at}" for at in range(2, 3501, 2)]
    assert texts(odd) == [f"line {at}" for at in range(1, 3501, 2)]
    assert even.times[:2] == (2, 4)
    assert not odd.truncated


def test_lines_of_one_time_at_the_edge_of_a_page_come_once() -> None:
    # 998 lines are newer than the five that share a time, so a page ends among them.
    shared = [envelope(100, f"shared {number}") for number in range(5)]
    with cache([envelope(50, "old"), *shared, *(envelope(at, f"{at}") for at in range(101, 1099))]) as server:
        (log,) = read(server)
    assert texts(log)[:7] == ["old", *(f"shared {number}" for number in range(5)), "101"]
    assert len(texts(log)) == 1004


def test_a_page_of_a_single_time_does_not_stop_the_reading() -> None:
    with cache([envelope(1, "first"), *(envelope(7, f"{number}") for number in range(1500))]) as server:
        (log,) = read(server)
    assert texts(log)[0] == "first"


def test_a_busy_log_cache_is_asked_for_less_on_every_page() -> None:
    with cache([envelope(at, f"{at}") for at in range(700)], most=250) as server:
        (log,) = read(server)
    assert len(texts(log)) == 700
    assert sum("limit=1000&" in path for path in server.paths()) == 1


def test_a_page_that_fails_leaves_what_came_before_and_says_so() -> None:
    with cache([envelope(at, f"{at}") for at in range(2500)], fail_after=1) as server:
        (log,) = read(server)
    assert len(texts(log)) == 1000
    assert log.truncated


def test_a_million_lines_are_cut_and_flat_in_memory() -> None:
    with cache([envelope(at, "x" * 60) for at in range(30_000)]) as server:
        tracemalloc.start()
        (log,) = read(server)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(server.seen) == 10
    assert len(texts(log)) == 9_991  # the first of a page is the last of the one before
    assert log.truncated
    assert peak < 60 << 20
