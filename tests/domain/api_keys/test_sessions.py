"""Signing in, use and sliding: what a session goes through."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.api_keys.commands import RecordKeyUse, SignIn
from domain.api_keys.decisions import Holder, decide_record_use, decide_sign_in
from domain.api_keys.events import ApiKeyCreated, ApiKeyDeleted, ApiKeyUsed
from domain.api_keys.state import API_KEY
from domain.kernel.errors import Unauthenticated
from domain.users.events import UserSeen, UserStatusSet
from tests.support.spec import BOB, NOON, context, given

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACTIVE = Holder(True, False, "active", 0)
DORMANT = Holder(True, False, "dormant", 0)
SUSPENDED = Holder(True, False, "suspended", 0)
GONE = Holder(False, False, "active", 0)
LATER = Holder(True, False, "active", 1)

#: Histories start an hour before noon.
CREATED = ApiKeyCreated("k", BOB, "password", ["coder:all"], ["*:*"], "", 86400, NOON - HOUR + DAY)
TOKEN = ApiKeyCreated("k", BOB, "token", ["coder:all"], ["*:*"], "t", 86400, NOON - HOUR + DAY)
WOKEN = UserStatusSet("active", automatic=True)
USE = RecordKeyUse("k", BOB)


def test_a_session_lives_a_day_and_may_do_all() -> None:
    given(API_KEY).when(lambda _: decide_sign_in(SignIn("k", BOB, 0), ACTIVE, context())).then(
        ApiKeyCreated("k", BOB, "password", ["coder:all"], ["*:*"], "", 86400, NOON + DAY, 0, signed_in=True)
    )


def test_signing_in_wakes_a_dormant_person() -> None:
    given(API_KEY).when(lambda _: decide_sign_in(SignIn("k", BOB, 0), DORMANT, context())).then(
        ApiKeyCreated("k", BOB, "password", ["coder:all"], ["*:*"], "", 86400, NOON + DAY, 0, signed_in=True), WOKEN
    )


@pytest.mark.parametrize("holder", [SUSPENDED, GONE, LATER])
def test_nobody_signs_in_suspended_deleted_or_with_a_password_of_yesterday(holder: Holder) -> None:
    given(API_KEY).when(lambda _: decide_sign_in(SignIn("k", BOB, 0), holder, context())).then_raises(Unauthenticated)


def test_the_first_use_is_written_down() -> None:
    at = NOON - HOUR + timedelta(minutes=1)
    given(API_KEY, CREATED).when(lambda s: decide_record_use(USE, s, ACTIVE, context(at))).then(
        ApiKeyUsed("k", BOB, NOON - HOUR + DAY), UserSeen()
    )


def test_a_use_within_the_hour_is_not() -> None:
    used = ApiKeyUsed("k", BOB, NOON - HOUR + DAY)
    given(API_KEY, TOKEN, used).when(lambda s: decide_record_use(USE, s, ACTIVE, context(NOON - timedelta(minutes=1)))).then_nothing()


def test_a_session_slides_once_an_hour_and_a_token_never() -> None:
    used = ApiKeyUsed("k", BOB, NOON - HOUR + DAY)
    at = NOON + timedelta(minutes=1)
    given(API_KEY, CREATED, used).when(lambda s: decide_record_use(USE, s, ACTIVE, context(at))).then(
        ApiKeyUsed("k", BOB, at + DAY), UserSeen()
    )
    given(API_KEY, TOKEN, used).when(lambda s: decide_record_use(USE, s, ACTIVE, context(at))).then(
        ApiKeyUsed("k", BOB, NOON - HOUR + DAY), UserSeen()
    )


def test_any_use_wakes_a_dormant_person() -> None:
    used = ApiKeyUsed("k", BOB, NOON - HOUR + DAY)
    at = NOON - timedelta(minutes=30)
    given(API_KEY, CREATED, used).when(lambda s: decide_record_use(USE, s, DORMANT, context(at))).then(
        ApiKeyUsed("k", BOB, NOON - HOUR + DAY), WOKEN, UserSeen()
    )


@pytest.mark.parametrize("holder", [SUSPENDED, GONE, LATER])
def test_a_use_that_lost_a_race_leaves_no_trace(holder: Holder) -> None:
    given(API_KEY, CREATED).when(lambda s: decide_record_use(USE, s, holder, context())).then_nothing()
    given(API_KEY, CREATED, ApiKeyDeleted("k", BOB)).when(lambda s: decide_record_use(USE, s, ACTIVE, context())).then_nothing()
