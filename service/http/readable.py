"""Text out of a request's headers, whose bytes may be of no encoding at all: events, answers and logs are UTF-8."""

from __future__ import annotations


def readable(text: str) -> str:
    """`text` with U+FFFD for each byte that is no UTF-8; such bytes come as lone surrogates, which nothing could be encoded with."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
