"""Documents are rendered so many at a time: a rebuild, or a template that is renamed, may touch all there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

AT_ONCE = 1000


def portions(positions: Mapping[str, int], size: int = AT_ONCE) -> Iterator[dict[str, int]]:
    """The same ids and positions, `size` at a time."""
    rest = iter(positions.items())
    while portion := dict(islice(rest, size)):
        yield portion
