"""Old event payloads made readable: one small step from each version to the next, applied in a chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Payload = dict[str, Any]
Step = Callable[[Payload], Payload]

_STEPS: dict[tuple[str, int], Step] = {}


def upcaster(name: str, from_version: int) -> Callable[[Step], Step]:
    """Register the step that turns version `from_version` of event `name` into the next one.

    Raises `ValueError` when the step exists already.
    """

    def register(step: Step) -> Step:
        if (name, from_version) in _STEPS:
            raise ValueError(f"{name} has two upcasters from version {from_version}")
        _STEPS[name, from_version] = step
        return step

    return register


def upcast(name: str, version: int, payload: Payload, to_version: int) -> Payload:
    """`payload` of `version` in the shape of `to_version`. Raises `LookupError` when a step is missing."""
    while version < to_version:
        payload = _STEPS[name, version](payload)
        version += 1
    return payload
