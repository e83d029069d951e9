"""Frozen values made in a hurry: whoever reads the log makes four of them for each event."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def maker(cls: type[T]) -> Callable[..., T]:
    """What makes a frozen dataclass with slots of the values of all its fields, in their order, without a look at any of them.

    Its own `__init__` asks `object.__setattr__` for each field, which takes several times as long. Here a twin that is not frozen
    takes the values and becomes the real thing, as Python allows where two classes have the same slots. Raises `TypeError` for a
    class that is otherwise, or that wants a say when it is made (`__post_init__`).
    """
    names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    if list(getattr(cls, "__slots__", ())) != names or hasattr(cls, "__post_init__"):
        raise TypeError(f"{cls.__name__} is not made of its fields alone")
    twin = dataclasses.make_dataclass(cls.__name__, [(name, Any) for name in names], bases=cls.__bases__, slots=True)

    def make(*values: Any) -> T:
        made: Any = twin(*values)
        made.__class__ = cls
        return made  # type: ignore[no-any-return]

    return make
