"""What a session token looks like and where a request may carry it: pure functions over text, nothing is looked up here.

Sources: contract/identity.md 2.1 to 2.3. Only the digest of a secret is ever stored.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.kernel.errors import Unauthenticated

SESSION_COOKIE = "coder_session_token"
SESSION_HEADER = "Coder-Session-Token"
CSRF_COOKIE = "csrf_token"
CSRF_HEADER = "X-CSRF-TOKEN"

SIGNED_OUT = "You are signed out or your session has expired. Please sign in again to continue."
ID_LENGTH = 10
SECRET_LENGTH = 22

_ALPHABET = string.ascii_letters + string.digits
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_CSRF_EXEMPT = frozenset({"/api/v2/users/first"})
_CSRF_BYTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """The two halves of `<id>-<secret>`; the secret stays out of `repr`, hence out of logs."""

    id: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The token as it is shown to its owner, once."""
        return f"{self.id}-{self.secret}"

    @property
    def digest(self) -> bytes:
        """The 32 bytes that are stored in place of the secret."""
        return hashlib.sha256(self.secret.encode(errors="surrogateescape")).digest()

    def proves(self, digest: bytes) -> bool:
        """Whether the secret is the one behind the stored `digest`, in constant time."""
        return hmac.compare_digest(self.digest, digest)


def new_token() -> Token:
    """A fresh random token."""
    return Token(_random_text(ID_LENGTH), _random_text(SECRET_LENGTH))


def parse_token(text: str) -> Token:
    """The token that `text` spells. Raises `Unauthenticated` for none at all and for a wrong shape."""
    if not text:
        raise Unauthenticated(SIGNED_OUT, f'Cookie "{SESSION_COOKIE}" or query parameter must be provided.')
    parts = text.split("-")
    if len(parts) != 2:
        raise Unauthenticated(SIGNED_OUT, f"Invalid API key format: expected 2 parts around a hyphen, got {len(parts)}")
    for part, name, length in ((parts[0], "id", ID_LENGTH), (parts[1], "secret", SECRET_LENGTH)):
        if len(part) != length:
            raise Unauthenticated(SIGNED_OUT, f"Invalid API key format: the {name} must have {length} characters, got {len(part)}")
    if not (parts[0].isascii() and parts[0].isalnum()):
        raise Unauthenticated(SIGNED_OUT, "API key is invalid.")  # no key has such an id: not worth a look, and unfit for SQL
    return Token(parts[0], parts[1])


def find_token(cookies: Mapping[str, str], query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The token text of a request, "" for none: the first place that is not empty decides, even if what it holds is bad.

    `headers` must find names without regard to case.
    """
    return (
        cookies.get(SESSION_COOKIE)
        or query.get(SESSION_COOKIE)
        or headers.get(SESSION_HEADER)
        or _bearer(headers)
        or query.get("access_token")
        or ""
    )


def cross_site_refusal(method: str, path: str, cookies: Mapping[str, str], query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Why a change that relies on the session cookie is refused (a plain text for a 400), or "" when it may go on.

    Browsers attach cookies to requests that other sites start; the rest of what is asked for here, no other site can add.
    """
    session = cookies.get(SESSION_COOKIE)
    if not session or method in _SAFE_METHODS or not path.startswith("/api") or path in _CSRF_EXEMPT:
        return ""
    in_header = headers.get(SESSION_HEADER, "")
    if _same(in_header, session) or _same(query.get(SESSION_COOKIE, ""), session) or _bearer(headers):
        return ""
    if _csrf_token_fits(headers.get(CSRF_HEADER, ""), cookies.get(CSRF_COOKIE, "")):
        return ""
    if in_header:
        return f'The cookie "{SESSION_COOKIE}" and the header "{SESSION_HEADER}" hold different tokens. Send one, or the same in both.\n'
    return (
        f'A change that is authenticated by the cookie "{SESSION_COOKIE}" alone is refused. '
        f'Send the same token in the header "{SESSION_HEADER}", or a valid "{CSRF_HEADER}" header.\n'
    )


class _Randomness:
    """Random bytes, fetched by the page: every answer to a program takes some, and each fetch enters the kernel."""

    __slots__ = ("_bytes", "_used")
    _PAGE = 4096

    def __init__(self) -> None:
        self._bytes, self._used = b"", 0

    def take(self, size: int) -> bytes:
        """`size` bytes that nobody was or will be given."""
        start, end = self._used, self._used + size
        if end > len(self._bytes):
            self._bytes = secrets.token_bytes(self._PAGE)
            start, end = 0, size
        self._used = end
        return self._bytes[start:end]


_randomness = _Randomness()


def new_csrf_token() -> str:
    """A fresh value for the cookie `csrf_token`."""
    return binascii.b2a_base64(_randomness.take(_CSRF_BYTES), newline=False).decode()


def mask_csrf_token(token: str) -> str:
    """`token` under a one-time pad, for pages: compression of a page that holds it then reveals nothing of it."""
    plain = base64.b64decode(token)
    pad = secrets.token_bytes(len(plain))
    return base64.b64encode(pad + _xor(pad, plain)).decode()


def _csrf_token_fits(sent: str, cookie: str) -> bool:
    if not sent or not cookie:
        return False
    if _same(sent, cookie):
        return True
    try:
        masked = base64.b64decode(sent, validate=True)
        plain = base64.b64decode(cookie, validate=True)
    except (binascii.Error, ValueError):
        return False
    half = len(masked) // 2
    return len(plain) == _CSRF_BYTES == half and len(masked) == 2 * half and hmac.compare_digest(_xor(masked[:half], masked[half:]), plain)


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, rest = headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="surrogateescape"), other.encode(errors="surrogateescape"))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
