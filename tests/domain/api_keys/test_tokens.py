"""Tokens: made with a name, ended, deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.api_keys.commands import CreateApiKey, DeleteApiKeys, ExpireApiKey, NoteFailedLogin, NotePasscodeRequest
from domain.api_keys.decisions import (
    Holder,
    decide_create_api_key,
    decide_delete_api_keys,
    decide_expire,
    decide_note_failed_login,
    decide_note_passcode_request,
    token_name_stream,
)
from domain.api_keys.events import ApiKeyCreated, ApiKeyDeleted, ApiKeyExpirySet, LoginFailed, PasscodeRequested
from domain.api_keys.state import API_KEY, FAILED_LOGINS
from domain.api_keys.values import max_token_lifetime
from domain.kernel.errors import Forbidden, NameTaken, NotFound
from domain.kernel.ids import api_key_stream_id
from domain.reservations.events import NameReleased, NameReserved
from domain.reservations.values import Reservation
from tests.support.spec import ALICE, BOB, NOON, context, given

HOLDER = Holder(True, False, "active", 3)
DELETE = DeleteApiKeys(("k",))
WEEK = timedelta(days=7)
CREATE = CreateApiKey("k", BOB, "token", WEEK, ("coder:all",), ("*:*",), "ci")
CREATED = ApiKeyCreated("k", BOB, "token", ["coder:all"], ["*:*"], "ci", 604800, NOON + WEEK, 3)


def test_a_token_reserves_its_name() -> None:
    given(API_KEY).when(lambda _: decide_create_api_key(CREATE, HOLDER, Reservation(), context())).then(
        CREATED, NameReserved("token", api_key_stream_id("k"))
    )


def test_a_session_key_has_no_name() -> None:
    command = CreateApiKey("k", BOB, "password", WEEK, ("coder:all",), ("*:*",))
    given(API_KEY).when(lambda _: decide_create_api_key(command, HOLDER, Reservation(), context())).then(
        ApiKeyCreated("k", BOB, "password", ["coder:all"], ["*:*"], "", 604800, NOON + WEEK, 3)
    )


def test_less_than_a_second_is_stored_as_a_day() -> None:
    command = CreateApiKey("k", BOB, "password", timedelta(milliseconds=5), ("coder:all",), ("*:*",))
    [created] = given(API_KEY).when(lambda _: decide_create_api_key(command, HOLDER, Reservation(), context())).events
    assert isinstance(created, ApiKeyCreated)
    assert (created.lifetime_seconds, created.expires_at) == (86400, NOON + timedelta(milliseconds=5))


def test_a_name_is_given_once() -> None:
    given(API_KEY).when(lambda _: decide_create_api_key(CREATE, HOLDER, Reservation(ALICE), context())).then_raises(NameTaken, field="name")


@pytest.mark.parametrize("holder", [Holder(True, True, "active", 0), Holder(False, False, "active", 0)])
def test_system_and_deleted_users_get_no_keys(holder: Holder) -> None:
    given(API_KEY).when(lambda _: decide_create_api_key(CREATE, holder, Reservation(), context())).then_raises(Forbidden)


def test_a_changed_password_frees_the_names_of_tokens() -> None:
    assert token_name_stream(BOB, 0, "ci") != token_name_stream(BOB, 1, "ci")
    assert token_name_stream(BOB, 0, "ci") != token_name_stream(BOB, 0, "CI")


def test_owners_have_a_maximum_of_their_own() -> None:
    assert max_token_lifetime(is_owner=True) < max_token_lifetime(is_owner=False)


def test_a_key_is_ended_now_and_once() -> None:
    given(API_KEY, CREATED).when(lambda s: decide_expire(ExpireApiKey("k"), s, HOLDER, context())).then(ApiKeyExpirySet("k", BOB, NOON))
    ended = ApiKeyExpirySet("k", BOB, NOON - WEEK)
    given(API_KEY, CREATED, ended).when(lambda s: decide_expire(ExpireApiKey("k"), s, HOLDER, context())).then_nothing()


def test_a_key_of_an_older_password_is_gone() -> None:
    later = Holder(True, False, "active", 4)
    given(API_KEY, CREATED).when(lambda s: decide_expire(ExpireApiKey("k"), s, later, context())).then_raises(NotFound)
    given(API_KEY, CREATED).when(lambda s: decide_delete_api_keys(DELETE, [("k", s, later)], context())).then_nothing()


def test_a_deleted_token_gives_up_its_name() -> None:
    given(API_KEY, CREATED).when(lambda s: decide_delete_api_keys(DELETE, [("k", s, HOLDER)], context())).then(
        ApiKeyDeleted("k", BOB), NameReleased("token", api_key_stream_id("k"))
    )


def test_the_key_that_its_owner_signs_out_with_is_told_from_those_that_end_with_it() -> None:
    session = replace(CREATED, login_type="password", token_name="")
    both = DeleteApiKeys(("k", "application"), signed_out="k")
    given(API_KEY, session).when(lambda s: decide_delete_api_keys(both, [("k", s, HOLDER), ("application", s, HOLDER)], context())).then(
        ApiKeyDeleted("k", BOB, signed_out=True), ApiKeyDeleted("application", BOB)
    )


def test_deleting_nothing_and_deleting_twice_change_nothing() -> None:
    given(API_KEY).when(lambda s: decide_delete_api_keys(DELETE, [("k", s, HOLDER)], context())).then_nothing()
    given(API_KEY, CREATED, ApiKeyDeleted("k", BOB)).when(
        lambda s: decide_delete_api_keys(DELETE, [("k", s, HOLDER)], context())
    ).then_nothing()


def test_a_failed_login_is_noted() -> None:
    note = NoteFailedLogin(BOB, "2026-03-02", BOB, "password")
    given(FAILED_LOGINS).when(lambda _: decide_note_failed_login(note, "0" * 36, context())).then(LoginFailed(BOB, "password"))


@pytest.mark.parametrize("user_id", [BOB, None])
def test_who_forgot_a_password_is_noted_known_or_not(user_id: str | None) -> None:
    note = NotePasscodeRequest(BOB, "2026-03-02", user_id)
    given(FAILED_LOGINS).when(lambda _: decide_note_passcode_request(note, "0" * 36, context())).then(PasscodeRequested(user_id))
