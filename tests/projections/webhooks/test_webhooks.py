"""Webhooks as rows, whatever the batches."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.kernel.events import Recorded
from domain.webhooks import events as webhooks
from domain.webhooks.state import WEBHOOK
from projections.audit_log.fold import MODEL as AUDIT_LOG
from projections.webhooks.fold import MODEL
from tests.support.projecting import Projecting, open_projecting
from tests.support.spec import ALICE, NOON, recorded

FIRST, SECOND = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def history() -> list[Recorded]:
    """One webhook that goes through everything, and one that is deleted."""
    first = recorded(
        WEBHOOK,
        FIRST,
        webhooks.WebhookCreated("https://a.example", "", [], False),
        webhooks.WebhookEnabled(),
        webhooks.WebhookUpdated("https://b.example", "b", ["UserCreated"]),
        webhooks.WebhookSecretRotated(NOON),
        webhooks.WebhookReplayRequested(3),
        webhooks.WebhookDisabled("gone"),
    )
    second = recorded(WEBHOOK, SECOND, webhooks.WebhookCreated("https://c.example", "", [], True), webhooks.WebhookDeleted())
    return [
        Recorded(r.event, r.stream, r.version, str(uuid.UUID(int=100 + n)), NOON + timedelta(seconds=n), r.metadata, n)
        for n, r in enumerate([*first[:3], *second, *first[3:]], 1)
    ]


@pytest.fixture
async def projecting(migrated_url: str) -> AsyncIterator[Projecting]:
    """Folds webhooks and what auditors are told of them."""
    opened = await open_projecting(migrated_url, (MODEL, AUDIT_LOG))
    yield opened
    await opened.connection.close()


async def test_rows_say_what_is_set_now(projecting: Projecting) -> None:
    await projecting.fold(history())
    (row,) = await projecting.rows("webhooks")
    assert (row["id"], row["url"], row["event_types"], row["created_by"]) == (FIRST, "https://b.example", ["UserCreated"], ALICE)
    assert (row["enabled"], row["disabled_reason"]) == (False, "gone")


async def test_batches_make_no_difference(projecting: Projecting) -> None:
    await projecting.same_for_every_batch_size(history())


async def test_auditors_are_told_and_never_of_the_secret(projecting: Projecting) -> None:
    await projecting.fold(history())
    rows = await projecting.rows("audit_log")
    assert {row["resource_type"] for row in rows} == {"webhook"}
    assert {"secret": {"secret": True}}.items() <= {k: v for row in rows for k, v in row["diff"].items()}.items()
    assert {row["target"] for row in rows} == {"https://b.example", "https://c.example"}
