"""Hits per key and minute, with a clock that the test turns."""

from __future__ import annotations

from service.auth.rate_limit import RateLimit


class Clock:
    """Seconds, as told."""

    def __init__(self) -> None:
        self.now = 600.0

    def __call__(self) -> float:
        return self.now


def test_the_limit_is_per_key() -> None:
    limit = RateLimit(2, clock=Clock())
    assert [limit.hit("a").allowed for _ in range(3)] == [True, True, False]
    assert limit.hit("b").allowed


def test_the_caller_is_told_what_is_left_and_when_the_window_ends() -> None:
    clock = Clock()
    limit = RateLimit(3, clock=clock)
    clock.now += 15
    verdict = limit.hit("a")
    assert (verdict.limit, verdict.remaining, verdict.reset_seconds) == (3, 2, 45)


def test_the_minute_before_fades_away() -> None:
    clock = Clock()
    limit = RateLimit(10, clock=clock)
    assert all(limit.hit("a").allowed for _ in range(10))
    clock.now += 60
    assert not limit.hit("a").allowed, "all of it still overlaps"
    clock.now += 30
    assert [limit.hit("a").allowed for _ in range(6)].count(True) == 5, "half of it does"
    clock.now += 120
    assert limit.hit("a").remaining == 9, "an idle minute clears the count"


def test_what_was_refused_does_not_count() -> None:
    clock = Clock()
    limit = RateLimit(1, clock=clock)
    assert limit.hit("a").allowed
    for _ in range(50):
        assert not limit.hit("a").allowed
    clock.now += 120
    assert limit.hit("a").allowed


def test_a_flood_of_keys_takes_no_memory() -> None:
    limit = RateLimit(1, capacity=100, clock=Clock())
    for key in range(10_000):
        limit.hit(key)
    assert len(limit._counts) == 100
