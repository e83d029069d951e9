"""Values made in a hurry are those that their class makes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from domain.kernel.events import Actor, Metadata, Recorded, Stream
from domain.kernel.making import maker
from domain.workspaces.events import WorkspaceRenamed

ACTOR = Actor("user", "a")
METADATA = Metadata(ACTOR, "correlation", "request", None, "agent", None)
RENAMED = WorkspaceRenamed("owner", "name")
RECORDED = Recorded(RENAMED, Stream("workspace", "w"), 3, "id", datetime(2026, 1, 1, tzinfo=UTC), METADATA, 7)


@pytest.mark.parametrize("value", [ACTOR, METADATA, RENAMED, RECORDED], ids=lambda value: type(value).__name__)
def test_it_is_the_same_value_of_the_same_class(value: Actor | Metadata | WorkspaceRenamed | Recorded) -> None:
    made = maker(type(value))(*(getattr(value, field.name) for field in dataclasses.fields(value)))
    assert type(made) is type(value)
    assert made == value
    assert hash(made) == hash(value)
    assert repr(made) == repr(value)


def test_it_is_as_frozen() -> None:
    made = maker(Actor)("user", "a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.kind = "system"  # type: ignore[misc]


def test_a_class_with_a_say_of_its_own_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        value: int

        def __post_init__(self) -> None:
            assert self.value

    @dataclass(frozen=True)
    class WithoutSlots:
        value: int

    for cls in (Checked, WithoutSlots):
        with pytest.raises(TypeError, match=cls.__name__):
            maker(cls)
