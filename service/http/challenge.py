"""What a 401 of the pipeline tells programs about how to get in (RFC 6750, RFC 9728; contract/identity.md 2.3)."""

from __future__ import annotations

from domain.kernel.errors import Unauthenticated

HEADER = "WWW-Authenticate"


def challenge(error: Unauthenticated, access_url: str) -> str:
    """The value of the header: whether the token ended or never was one, and where the rules of the house are."""
    has_expired = "expired" in f"{error.message} {error.detail}"
    description = "The access token has expired" if has_expired else "The access token is invalid"
    metadata = f"{access_url}/.well-known/oauth-protected-resource"
    return f'Bearer realm="coder", error="invalid_token", error_description="{description}", resource_metadata="{metadata}"'
