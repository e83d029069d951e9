"""Events survive the way into plain values and back; old versions are lifted step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from domain.kernel import events as registry
from domain.kernel.codec import UnknownEvent, from_payload, split_topic, to_payload, topic_of
from domain.kernel.events import Event, event
from domain.kernel.upcasting import upcaster
from domain.workspaces.events import WorkspaceCreated

CREATED = WorkspaceCreated(
    owner_id="a", organization_id="b", template_id="c", name="n", autostart_schedule=None, ttl_ms=60_000, automatic_updates="never",
    next_start_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
)  # fmt: skip


def test_an_event_comes_back_from_its_payload() -> None:
    payload = to_payload(CREATED)
    payload["next_start_at"] = CREATED.next_start_at.isoformat() if CREATED.next_start_at else None
    assert from_payload(topic_of(WorkspaceCreated), payload) == CREATED


def test_keys_of_later_releases_are_dropped() -> None:
    assert from_payload("WorkspaceTTLSet/1", {"ttl_ms": 1, "colour": "red"}) == from_payload("WorkspaceTTLSet/1", {"ttl_ms": 1})


@pytest.mark.parametrize("topic", ["Nothing/1", "WorkspaceTTLSet/2", "WorkspaceTTLSet", "WorkspaceTTLSet/x", ""])
def test_unknown_names_and_versions_are_refused(topic: str) -> None:
    with pytest.raises(UnknownEvent):
        from_payload(topic, {"ttl_ms": 1})


def test_split_topic_names_the_version() -> None:
    assert split_topic("WorkspaceTTLSet/12") == ("WorkspaceTTLSet", 12)


def test_old_versions_pass_through_every_upcaster_in_order() -> None:
    name = "TestColourChosen"
    try:

        @event(name, version=3, category="test")
        @dataclass(frozen=True, slots=True)
        class ColourChosen(Event):
            """The colour as red, green and blue."""

            red: int
            green: int
            blue: int

        @upcaster(name, 1)
        def _hex(payload: dict[str, object]) -> dict[str, object]:
            return {"rgb": str(payload["colour"]).lstrip("#")}

        @upcaster(name, 2)
        def _parts(payload: dict[str, object]) -> dict[str, object]:
            text = str(payload["rgb"])
            return {"red": int(text[:2], 16), "green": int(text[2:4], 16), "blue": int(text[4:], 16)}

        assert from_payload(f"{name}/1", {"colour": "#ff0080"}) == ColourChosen(255, 0, 128)
        assert from_payload(f"{name}/2", {"rgb": "000102"}) == ColourChosen(0, 1, 2)
    finally:
        registry._REGISTRY.pop(name, None)


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):

        @event("WorkspaceTTLSet", category="workspace")
        @dataclass(frozen=True, slots=True)
        class Impostor(Event):
            """Another event of the same name."""
