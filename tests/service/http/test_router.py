"""The router: literal segments win, parameters are whole and decoded, methods are told apart from paths."""

from __future__ import annotations

import pytest

from service.http.router import Router

ROUTES = [
    ("GET", "/healthz", "health"),
    ("GET", "/users", "list"),
    ("POST", "/users", "create"),
    ("GET", "/users/first", "first"),
    ("GET", "/users/{user}", "one"),
    ("DELETE", "/users/{user}", "delete"),
    ("GET", "/users/{user}/keys/{key}", "key"),
    ("GET", "/users/{user}/keys/tokens", "tokens"),
    ("GET", "/orgs/{org}/members/roles", "roles"),
    ("PUT", "/orgs/{org}/members/{user}", "member"),
]
ROUTER = Router(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "parameters"),
    [
        ("GET", "/healthz", "health", {}),
        ("POST", "/users", "create", {}),
        ("GET", "/users/first", "first", {}),
        ("GET", "/users/ann", "one", {"user": "ann"}),
        ("DELETE", "/users/first", "delete", {"user": "first"}),
        ("GET", "/users/a%2Fb%25", "one", {"user": "a/b%"}),
        ("GET", "/users/{x}", "one", {"user": "{x}"}),
        ("GET", "/users/ann/keys/k1", "key", {"user": "ann", "key": "k1"}),
        ("GET", "/users/ann/keys/tokens", "tokens", {"user": "ann"}),
        ("PUT", "/orgs/o/members/roles", "member", {"org": "o", "user": "roles"}),
        ("POST", "/users/", "create", {}),
        ("DELETE", "/users/ann/", "delete", {"user": "ann"}),
        ("GET", "/orgs/o/members/roles/", "roles", {"org": "o"}),
    ],
)
def test_paths_lead_to_their_endpoint(method: str, path: str, endpoint: str, parameters: dict[str, str]) -> None:
    assert ROUTER.match(method, path) == (endpoint, parameters)


@pytest.mark.parametrize(
    "path", ["/", "", "/nothing", "/users//", "/users//keys/k", "/users/ann/keys", "/healthz//", "//healthz", "/USERS"]
)
def test_unknown_paths_lead_nowhere(path: str) -> None:
    assert ROUTER.match("GET", path) is None
    assert not ROUTER.allowed(path)


def test_a_known_path_tells_its_methods() -> None:
    assert ROUTER.match("PATCH", "/users/first") is None
    assert ROUTER.allowed("/users/first") == {"GET", "DELETE"}
    assert ROUTER.allowed("/users") == ROUTER.allowed("/users/") == {"GET", "POST"}


def test_one_place_has_one_endpoint() -> None:
    with pytest.raises(ValueError, match="two endpoints"):
        Router([("GET", "/a/{b}", 1), ("GET", "/a/{c}", 2)])
