"""Finds the endpoint of a request: literal segments before parameters, one look-up per segment.

aiohttp's own dispatcher builds several objects and tries patterns one by one for each request; on answers that are ready bytes
that was a fifth of all work, so requests come through its low-level server and are matched here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

E = TypeVar("E")

_NO_PARAMETERS: Mapping[str, str] = {}


class Match(NamedTuple, Generic[E]):
    """What a path led to; `parameters` are decoded."""

    endpoint: E
    parameters: Mapping[str, str]


class _Node(Generic[E]):
    __slots__ = ("endpoints", "literals", "parameter")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[E]] = {}
        self.parameter: _Node[E] | None = None
        self.endpoints: dict[str, tuple[E, tuple[str, ...]]] = {}


class Router(Generic[E]):
    """Built once from `(method, template, endpoint)`; a template's parameters are whole segments: `/users/{user}/keys`.

    Raises `ValueError` for two endpoints at one place.
    """

    def __init__(self, routes: Iterable[tuple[str, str, E]]) -> None:
        self._root: _Node[E] = _Node()
        # Where a path of literals ends in one parameter (`/workspaces/{workspace}`): what is asked for most often.
        self._parents: dict[str, _Node[E]] = {}
        for method, template, endpoint in routes:
            node, names = self._root, []
            for segment in template.split("/")[1:]:
                if segment.startswith("{"):
                    names.append(segment[1:-1])
                    node.parameter = node.parameter or _Node()
                    node = node.parameter
                else:
                    node = node.literals.setdefault(segment, _Node())
            if method in node.endpoints:
                raise ValueError(f"{method} {template} has two endpoints")
            node.endpoints[method] = (endpoint, tuple(names))
            parent, _, last = template.rpartition("/")
            if last.startswith("{") and len(names) == 1:
                self._parents[parent] = self._at(parent)

    def match(self, method: str, path: str) -> Match[E] | None:
        """The endpoint of `path`, in which only `%2F` and `%25` are still encoded; None when there is none for this method.

        One slash at the end makes no difference: clients ask for some lists with it (`/organizations/{id}/members/`).
        """
        return self._match(method, path) or (self._match(method, path[:-1]) if path.endswith("/") else None)

    def _match(self, method: str, path: str) -> Match[E] | None:
        parent, _, last = path.rpartition("/")
        above = self._parents.get(parent)
        if above is not None and above.parameter is not None and last and last not in above.literals:
            here = above.parameter.endpoints.get(method)
            return None if here is None else Match(here[0], {here[1][0]: _decoded(last)})
        segments = path.split("/")
        found = _find(self._root, segments, 1, method, ())
        if found is None:
            return None
        (endpoint, names), values = found
        if not names:
            return Match(endpoint, _NO_PARAMETERS)
        return Match(endpoint, {name: _decoded(value) for name, value in zip(names, values, strict=True)})

    def _at(self, path: str) -> _Node[E]:
        node = self._root
        for segment in path.split("/")[1:]:
            node = node.literals[segment]
        return node

    def allowed(self, path: str) -> frozenset[str]:
        """The methods that `path` has an endpoint for; empty for an unknown path."""
        methods: set[str] = set()
        _collect(self._root, path.removesuffix("/").split("/"), 1, methods)
        return frozenset(methods)


def _find(
    node: _Node[E], segments: list[str], at: int, method: str, values: tuple[str, ...]
) -> tuple[tuple[E, tuple[str, ...]], tuple[str, ...]] | None:
    if at == len(segments):
        here = node.endpoints.get(method)
        return None if here is None else (here, values)
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _find(literal, segments, at + 1, method, values)
        if found is not None:
            return found
    if node.parameter is not None and segment:
        return _find(node.parameter, segments, at + 1, method, (*values, segment))
    return None


def _collect(node: _Node[E], segments: list[str], at: int, methods: set[str]) -> None:
    if at == len(segments):
        methods.update(node.endpoints)
        return
    literal = node.literals.get(segments[at])
    if literal is not None:
        _collect(literal, segments, at + 1, methods)
    if node.parameter is not None and segments[at]:
        _collect(node.parameter, segments, at + 1, methods)


def _decoded(value: str) -> str:
    return value.replace("%2F", "/").replace("%25", "%") if "%" in value else value
