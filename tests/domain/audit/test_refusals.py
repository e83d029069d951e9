"""What was refused is noted, always."""

from __future__ import annotations

from domain.audit.commands import NoteRefusal
from domain.audit.decisions import decide_note_refusal
from domain.audit.events import ChangeRefused
from domain.audit.state import REFUSALS
from tests.support.spec import ALICE, context, given

ORGANIZATION = "5b1f4d0a-7c1e-4d2b-8a39-6e0f1c2d3b4a"
ROUTE = "PATCH /workspaces/{workspace}"
NOTE = NoteRefusal(ALICE, "2026-03-02", "workspace", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "write", ROUTE, 409, ORGANIZATION)
NOTED = ChangeRefused("workspace", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "write", ROUTE, 409, ORGANIZATION)


def test_a_refusal_is_noted() -> None:
    given(REFUSALS).when(lambda _: decide_note_refusal(NOTE, ALICE, context())).then(NOTED)


def test_the_same_refusal_is_noted_again() -> None:
    given(REFUSALS, NOTED).when(lambda _: decide_note_refusal(NOTE, ALICE, context())).then(NOTED)
