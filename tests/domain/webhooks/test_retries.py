"""When what failed is tried again."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhooks.retries import Retries
from tests.support.spec import NOON

EXACT = Retries(jitter=0.0)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 3), (3, 9), (5, 81), (8, 2187), (10, 19683), (11, 21600), (5000, 21600)])
def test_waits_grow_up_to_the_longest(attempts: int, seconds: float) -> None:
    assert EXACT.wait(attempts, 0.5) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("drawn", "seconds"), [(0.0, 6.75), (0.5, 9.0), (0.999999, 11.25)])
def test_chance_makes_them_a_quarter_shorter_or_longer(drawn: float, seconds: float) -> None:
    assert Retries().wait(3, drawn).total_seconds() == pytest.approx(seconds, abs=0.001)


def test_a_receiver_may_ask_for_a_longer_wait_never_for_a_shorter_one() -> None:
    assert EXACT.wait(1, 0.5, timedelta(minutes=2)) == timedelta(minutes=2)
    assert EXACT.wait(4, 0.5, timedelta(seconds=1)) == timedelta(seconds=27)


@given(st.integers(0, 2**32))
def test_attempts_end_at_the_horizon_and_never_before(seed: int) -> None:
    chance, retries, now, attempts = random.Random(seed), Retries(), NOON, 1
    while True:
        asked = timedelta(seconds=chance.randrange(86400)) if chance.random() < 0.5 else None
        again = retries.next_attempt(NOON, now, attempts, chance.random(), asked)
        if again is None:
            break
        assert now < again <= NOON + retries.horizon
        now, attempts = again, attempts + 1
    assert now == NOON + retries.horizon
    assert attempts >= 4


def test_without_a_word_from_the_receiver_there_are_some_twenty_attempts() -> None:
    now, attempts = NOON, 1
    while (again := Retries().next_attempt(NOON, now, attempts, 0.5, None)) is not None:
        now, attempts = again, attempts + 1
    assert 18 <= attempts <= 24
