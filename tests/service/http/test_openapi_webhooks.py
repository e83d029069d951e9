"""The document says what receivers of webhooks are sent, so that their side can be generated from it too."""

from __future__ import annotations

from typing import Any

from service.http.openapi import build_document
from service.http.routes import ROUTES
from service.webhooks.signing import signed_headers
from tests.support.spec import NOON


def outgoing() -> dict[str, Any]:
    operation: dict[str, Any] = build_document(ROUTES)["webhooks"]["event"]["post"]
    return operation


def test_the_headers_are_those_that_are_sent() -> None:
    described = {parameter["name"] for parameter in outgoing()["parameters"]}
    assert described == set(signed_headers([b"key"], "msg_1", NOON, b"{}"))


def test_the_body_is_described_and_has_an_example() -> None:
    content = outgoing()["requestBody"]["content"]["application/json"]
    components = build_document(ROUTES)["components"]
    assert content["schema"] == {"$ref": "#/components/schemas/WebhookPayload"}
    assert components["examples"]["WebhookPayload"]["value"]["data"]["stream"].startswith("workspace/")
