"""Password hashes, their bounded pool of threads, and the strength rule (contract/identity.md 3.3)."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import TooMany
from service.auth.password_strength import strength_bits, weakness
from service.auth.passwords import Passwords, hash_password, needs_rehash, verify_password

SALT = bytes(range(16))


def pbkdf2(password: str, iterations: int = 65535) -> str:
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, iterations, 64)
    salt, hashed = (base64.b64encode(part).decode().rstrip("=") for part in (SALT, key))
    return f"$pbkdf2-sha256${iterations}${salt}${hashed}"


def test_new_hashes_are_argon2id_and_salted() -> None:
    one, two = hash_password("s\u00e9cret"), hash_password("s\u00e9cret")
    assert one.startswith("$argon2id$")
    assert one != two
    assert verify_password("s\u00e9cret", one)
    assert not verify_password("secret", one)
    assert not needs_rehash(one)


@pytest.mark.parametrize("iterations", [65535, 1000])
def test_hashes_of_the_reference_are_verified_with_their_own_iterations(iterations: int) -> None:
    stored = pbkdf2("SomeSecurePassword1!", iterations)
    assert verify_password("SomeSecurePassword1!", stored)
    assert not verify_password("SomeSecurePassword1", stored)
    assert needs_rehash(stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "$pbkdf2-sha256$",
        "$pbkdf2-sha256$0$AAAA$AAAA",
        "$pbkdf2-sha256$x$AAAA$AAAA",
        "$pbkdf2-sha256$1000$!$AAAA",
        "$argon2id$v=19$broken",
        "$pbkdf2-sha256$1000$AAAAAAAAAAAAAAAAAAAAAA$",
        "$pbkdf2-sha256$1000$AAAA$\u00e9\u00e9\u00e9\u00e9",
    ],
)
def test_what_is_no_hash_never_matches(stored: str) -> None:
    assert not verify_password("", stored)
    assert not verify_password(stored, stored)
    assert needs_rehash(stored)


def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    async def run() -> None:
        passwords, ticks = Passwords(threads=1), 0
        try:
            work = asyncio.ensure_future(passwords.hash("x"))
            while not work.done():
                await asyncio.sleep(0)
                ticks += 1
            assert await passwords.verify("x", work.result())
            assert not await passwords.verify("x", "")
        finally:
            passwords.close()
        assert ticks > 5

    asyncio.run(run())


def test_a_full_line_refuses_newcomers_and_then_recovers() -> None:
    async def run() -> None:
        passwords = Passwords(threads=1, waiting=1)
        try:
            answers = await asyncio.gather(*(passwords.hash("x") for _ in range(5)), return_exceptions=True)
            assert [isinstance(a, TooMany) for a in answers] == [False, False, True, True, True]
            assert await passwords.hash("x")
        finally:
            passwords.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "password", ["SomeSecurePassword1!", "AnotherSomeSecurePassword1!", "correct horse battery staple", "xK9#mQ2$vL7p", "\u674e\u96f7" * 20]
)
def test_strong_passwords(password: str) -> None:
    assert (weakness(password) == "") == (len(password.encode()) <= 64)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "weak",
        "password",
        "a" * 64,
        "a" * 65,
        "x" * 65,
        "12345678901234567890",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjkl",
        "zyxwvutsrqponm",
        "S0meSecurePassword!" * 4,
    ],
)
def test_weak_passwords(password: str) -> None:
    assert weakness(password)


def test_pools_add_up() -> None:
    assert strength_bits("aZ") == pytest.approx(2 * 5.7004, abs=1e-3)  # 52 characters to choose from
    assert strength_bits("a9!_#\u00e9") == pytest.approx(6 * 6.1293, abs=0.01)  # 26 + 10 + 5 + 6 + 22 + 1
    assert strength_bits("") == 0


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_more_never_makes_weaker(password: str) -> None:
    assert strength_bits(password) <= strength_bits(password + "\u00df#7") + 1e-9
