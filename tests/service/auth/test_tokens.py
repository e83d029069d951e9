"""Session tokens: shape, digest, where they travel, and the cross-site rule (contract/identity.md 2.1 to 2.3)."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from domain.kernel.errors import Unauthenticated
from service.auth.token_names import random_token_name
from service.auth.tokens import SIGNED_OUT, cross_site_refusal, find_token, mask_csrf_token, new_csrf_token, new_token, parse_token

COOKIE, HEADER = "coder_session_token", "Coder-Session-Token"


def test_new_tokens() -> None:
    tokens = [new_token() for _ in range(100)]
    assert all(re.fullmatch("[A-Za-z0-9]{10}-[A-Za-z0-9]{22}", token.text) for token in tokens)
    assert len({token.text for token in tokens}) == 100
    assert all(parse_token(token.text) == token for token in tokens)
    assert tokens[0].secret not in repr(tokens[0])


def test_only_the_digest_of_the_secret_proves_it() -> None:
    token = new_token()
    assert token.digest == hashlib.sha256(token.secret.encode()).digest()
    assert token.proves(token.digest)
    assert not new_token().proves(token.digest)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", COOKIE),
        ("rubbish", "Invalid API key format: "),
        ("a-b-c", "Invalid API key format: "),
        ("AAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAA", "Invalid API key format: "),
        ("AAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAA", "Invalid API key format: "),
        ("AAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAAA", "Invalid API key format: "),
        ("-", "Invalid API key format: "),
        ("AAAAA\0AAAA-AAAAAAAAAAAAAAAAAAAAAA", "API key is invalid."),
        ("AAAAA\u00e9AAAA-AAAAAAAAAAAAAAAAAAAAAA", "API key is invalid."),
    ],
)
def test_tokens_that_are_none(text: str, detail: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        parse_token(text)
    assert caught.value.message == SIGNED_OUT
    assert detail in caught.value.detail


@given(
    st.text()
    | st.binary(min_size=33, max_size=33).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
    | st.text(min_size=22, max_size=22).map(lambda s: "AAAAAAAAAA-" + s)
)
def test_any_text_is_a_token_or_refused(text: str) -> None:
    refusal = None
    try:
        assert len(parse_token(text).digest) == 32
    except Unauthenticated as error:
        refusal = error
    assert refusal is None or refusal.detail


PLACES: list[tuple[dict[str, str], dict[str, str], dict[str, str]]] = [
    ({COOKIE: "1"}, {}, {}),
    ({}, {COOKIE: "2"}, {}),
    ({}, {}, {HEADER: "3"}),
    ({}, {}, {"Authorization": "Bearer 4"}),
    ({}, {"access_token": "5"}, {}),
]


@pytest.mark.parametrize("first", range(len(PLACES)))
def test_the_first_place_that_is_not_empty_decides(first: int) -> None:
    cookies, query, headers = ({k: v for place in PLACES[first:] for k, v in place[i].items()} for i in range(3))
    for place in PLACES[:first]:
        cookies, query, headers = (
            {**given, **dict.fromkeys(more, "")} for given, more in zip((cookies, query, headers), place, strict=True)
        )
    assert find_token(cookies, query, CIMultiDict(headers)) == str(first + 1)


@pytest.mark.parametrize(
    ("value", "token"),
    [("bearer x", "x"), ("BEARER x", "x"), ("Bearer   x ", "x"), ("Basic x", ""), ("Bearer", ""), ("Bearerx", ""), ("", "")],
)
def test_bearer_spellings(value: str, token: str) -> None:
    assert find_token({}, {}, CIMultiDict({"authorization": value})) == token


CSRF = new_csrf_token()
T = "AAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAA"
PROOFS: list[tuple[dict[str, str], dict[str, str], dict[str, str]]] = [
    ({}, {}, {HEADER: T}),
    ({}, {COOKIE: T}, {}),
    ({}, {}, {"Authorization": "Bearer any"}),
    ({"csrf_token": CSRF}, {}, {"X-CSRF-TOKEN": CSRF}),
    ({"csrf_token": CSRF}, {}, {"X-CSRF-TOKEN": mask_csrf_token(CSRF)}),
]
NO_PROOFS: list[tuple[dict[str, str], dict[str, str], dict[str, str]]] = [
    ({}, {}, {}),
    ({}, {COOKIE: "other"}, {}),
    ({}, {"access_token": T}, {}),
    ({}, {}, {"Authorization": "Basic eDp5"}),
    ({"csrf_token": CSRF}, {}, {}),
    ({}, {}, {"X-CSRF-TOKEN": CSRF}),
    ({"csrf_token": CSRF}, {}, {"X-CSRF-TOKEN": new_csrf_token()}),
    ({"csrf_token": CSRF}, {}, {"X-CSRF-TOKEN": mask_csrf_token(new_csrf_token())}),
    ({"csrf_token": ""}, {}, {"X-CSRF-TOKEN": ""}),
    ({"csrf_token": "short"}, {}, {"X-CSRF-TOKEN": "\u00e9"}),
]


def refusal(
    cookies: dict[str, str], query: dict[str, str], headers: dict[str, str], method: str = "POST", path: str = "/api/v2/authcheck"
) -> str:
    return cross_site_refusal(method, path, cookies, query, CIMultiDict(headers))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("cookies", "query", "headers"), NO_PROOFS)
def test_the_cookie_alone_may_not_change_anything(
    method: str, cookies: dict[str, str], query: dict[str, str], headers: dict[str, str]
) -> None:
    assert COOKIE in refusal({COOKIE: T, **cookies}, query, headers, method)
    assert refusal({COOKIE: "", **cookies}, query, headers, method) == refusal(cookies, query, headers, method) == ""


@pytest.mark.parametrize(("cookies", "query", "headers"), PROOFS)
def test_what_another_site_could_not_send_lets_it_pass(cookies: dict[str, str], query: dict[str, str], headers: dict[str, str]) -> None:
    assert refusal({COOKIE: T, **cookies}, query, headers) == ""


def test_who_is_not_asked() -> None:
    assert all(refusal({COOKIE: T}, {}, {}, method) == "" for method in ("GET", "HEAD", "OPTIONS"))
    assert refusal({COOKIE: T}, {}, {}, path="/api/v2/users/first") == refusal({COOKIE: T}, {}, {}, path="/healthz") == ""
    assert refusal({COOKIE: T}, {}, {}, path="/api/v2/users/login")


def test_cookie_and_header_that_differ_are_named() -> None:
    text = refusal({COOKIE: T}, {}, {HEADER: "other"})
    assert COOKIE in text
    assert HEADER in text


def test_masks_differ_and_all_fit() -> None:
    masks = {mask_csrf_token(CSRF) for _ in range(20)}
    assert len(masks) == 20
    assert all(refusal({COOKIE: T, "csrf_token": CSRF}, {}, {"X-CSRF-TOKEN": mask}) == "" for mask in masks)


def test_random_token_names() -> None:
    names = {random_token_name() for _ in range(50)}
    assert all(re.fullmatch("[a-z]+_[a-z]+[0-9]{4}", name) for name in names)
    assert len(names) > 45
