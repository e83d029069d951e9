"""Secrets and signatures are those of the Standard Webhooks specification."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from service.webhooks.signing import new_secret, parse_secret, secret_text, signed_headers


def test_the_published_example_comes_out() -> None:
    """The test vector that the specification's own libraries carry."""
    key = parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets_are_read_as_they_are_shown() -> None:
    secret = new_secret()
    assert len(secret) == 32
    assert new_secret() != secret
    assert parse_secret(secret_text(secret)) == secret


@pytest.mark.parametrize("size", [24, 64])
def test_sizes_of_the_specification_are_taken(size: int) -> None:
    assert len(parse_secret("whsec_" + base64.b64encode(bytes(size)).decode())) == size


@pytest.mark.parametrize("text", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_äöü", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"])
def test_what_is_no_secret_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="must be whsec_") as refusal:
        parse_secret(text)
    assert text in ("", "whsec_") or text not in str(refusal.value)


@pytest.mark.parametrize("size", [23, 65])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="24 to 64"):
        parse_secret("whsec_" + base64.b64encode(bytes(size)).decode())
