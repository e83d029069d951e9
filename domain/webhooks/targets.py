"""Where webhooks may point: rules for URLs and for the addresses behind them.

A URL is judged when it is set, and only by what it says. What a name resolves to is judged by `is_public` whenever somebody
connects, since a name may resolve to anything at any time. Sources: RFC 3986; the IANA special-purpose address registries;
the WHATWG URL rule that a host whose last label is a number is an IPv4 address.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from domain.webhooks.values import MAX_URL

#: Spaces, control characters, and what parsers of URLs disagree about.
_UNFIT = re.compile(r"[^\x21-\x7e]|[\\<>\"^`{|}]")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_TRANSLATED = ip_network("64:ff9b::/96")
#: Ranges in which another address may hide, or that no receiver has any business in: compatible IPv4, local translation, Teredo,
#: 6to4 and its relays, site-local, assignments of protocols, documentation. Libraries know the registries as they once were.
_NOT_FOR_RECEIVERS = tuple(
    ip_network(text)
    for text in ("::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "3fff::/20", "fec0::/10", "192.0.0.0/24", "192.88.99.0/24")
)


def url_problem(url: str, *, private_allowed: bool) -> str:
    """What is wrong with a target, as the rest of a sentence that begins with "it"; "" for one that may be tried."""
    if len(url) > MAX_URL:
        return f"is longer than {MAX_URL} characters"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "is no URL"
    if _UNFIT.search(url) or not host or parts.scheme not in ("http", "https") or "%" in parts.netloc or port == 0:
        return "is not an http:// or https:// URL of printable ASCII characters"
    if "@" in parts.netloc:
        return "holds credentials: the signature says who sends"
    if "#" in url:
        return "holds a fragment, which no receiver would see"
    return _host_problem(host, is_bracketed="[" in parts.netloc, private_allowed=private_allowed)


def is_public(address: str) -> bool:
    """Whether the IP address (its text, a zone allowed) is one of the public internet, for one receiver. False for what is none."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public(parsed)
    hidden = parsed.ipv4_mapped or (IPv4Address(int(parsed) & 0xFFFFFFFF) if parsed in _TRANSLATED else None)
    if hidden is not None:
        return _is_public(hidden)
    return _is_public(parsed)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    is_usual = address.is_global and not address.is_multicast and not address.is_reserved
    return is_usual and not any(address in network for network in _NOT_FOR_RECEIVERS)


def _host_problem(host: str, *, is_bracketed: bool, private_allowed: bool) -> str:
    name = host.removesuffix(".")
    is_number = _NUMBER.fullmatch(name.rpartition(".")[2]) is not None
    if is_bracketed or is_number:
        try:
            ip_address(name)
        except ValueError:
            return "names no host: an address is spelled like 192.0.2.1 or [2001:db8::1]"
        is_private = not is_public(name)
    elif _NAME.fullmatch(name) is None:
        return "names no host"
    else:
        is_private = name == "localhost" or name.endswith(".localhost")
    return "is on a private address" if is_private and not private_allowed else ""
