"""Where webhooks may point."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from domain.webhooks.targets import is_public, url_problem

FINE = [
    "https://hooks.example.com/services/T0/B0?room=1",
    "http://hooks.example.com:8080",
    "https://93.184.215.14/hook",
    "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:8443/hook",
    "https://xn--bcher-kva.example/hook",
    "https://my_host.example./hook",
    "HTTPS://EXAMPLE.COM/",
]
NO_TARGET = [
    "",
    "hooks.example.com",
    "/hook",
    "//hooks.example.com/hook",
    "ftp://hooks.example.com/hook",
    "file:///etc/passwd",
    "https:///hook",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:70000/",
    "https://hooks.example.com:x/",
    "https://user@hooks.example.com/",
    "https://user:password@hooks.example.com/",
    "https://hooks.example.com/#part",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nHost: other",
    "https://bücher.example/hook",
    "https://exa%6dple.com/",
    "https://-bad-.example/",
    "https://a..b/",
    "https://[2001:db8::1/",
    "https://[::1%25eth0]/",
    "https://1.2.3.4.5/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    f"https://example.com/{'a' * 2048}",
]
PRIVATE = [
    "http://localhost:8080/hook",
    "http://LOCALHOST./hook",
    "http://db.localhost/",
    "http://127.0.0.1/",
    "http://127.9.9.9/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://100.64.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[fec0::1]/",
    "http://[3fff::1]/",
    "http://192.0.0.8/",
    "http://192.88.99.1/",
    "http://[ff02::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
]


@pytest.mark.parametrize("url", FINE)
def test_these_are_targets(url: str) -> None:
    assert url_problem(url, private_allowed=False) == ""


@pytest.mark.parametrize("url", NO_TARGET)
@pytest.mark.parametrize("private_allowed", [False, True])
def test_these_are_none_whatever_is_allowed(url: str, private_allowed: bool) -> None:
    assert url_problem(url, private_allowed=private_allowed)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_addresses_must_be_allowed(url: str) -> None:
    assert url_problem(url, private_allowed=False) == "is on a private address"
    assert url_problem(url, private_allowed=True) == ""


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_known_in_every_form(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "::1%lo", "localhost", "", "1.1.1", "::ffff:10.0.0.1"])
def test_what_is_no_public_address_is_not_taken_for_one(address: str) -> None:
    assert not is_public(address)


@given(st.one_of(st.text(), st.from_regex(r"https?://[!-~]{1,30}(:[0-9]{1,6})?/?[!-~]{0,20}", fullmatch=True)))
def test_every_text_is_judged_and_what_passes_is_read_alike_by_whoever_connects(text: str) -> None:
    if url_problem(text, private_allowed=True):
        return
    read = URL(text)
    assert read.scheme in ("http", "https")
    assert read.user is None
    assert read.host is not None
    ours = urlsplit(text).hostname or ""
    # Addresses may be spelled in several ways.
    assert read.host == ours or ip_address(read.host) == ip_address(ours)
    assert read.port == (urlsplit(text).port or (443 if read.scheme == "https" else 80))
