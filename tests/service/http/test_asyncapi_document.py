"""The AsyncAPI document of the sample table: every stream has a channel, an operation and a message."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from service.http.asyncapi import build_asyncapi
from service.http.openapi import operation_id
from service.http.schema_registry import COMPONENTS, references
from tests.service.http.sample_routes import TABLE


def test_asyncapi_has_a_channel_and_an_operation_for_every_stream() -> None:
    found = json.loads(json.dumps(build_asyncapi(TABLE)))
    streaming = [route for route in TABLE if route.stream is not None]
    assert found["asyncapi"] == "3.0.0"
    assert {channel["address"] for channel in found["channels"].values()} == {route.template for route in streaming}
    assert set(found["operations"]) == set(found["channels"]) == {operation_id(route) for route in streaming}
    for name, entry in found["operations"].items():
        assert entry["action"] == "send"
        assert entry["channel"] == {"$ref": f"#/channels/{name}"}
    for reference in references(found, ""):
        node: Any = found
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]


def test_asyncapi_messages_have_valid_examples() -> None:
    found = json.loads(json.dumps(build_asyncapi(TABLE)))
    for message in found["components"]["messages"].values():
        validator = jsonschema.Draft202012Validator({**message["payload"], "components": found["components"]})
        for shown in message["examples"]:
            validator.validate(shown["payload"])


def test_asyncapi_puts_the_envelope_into_websocket_frames_only() -> None:
    messages = build_asyncapi(TABLE)["components"]["messages"]
    socket = messages["getWorkspacesByWorkspaceWatchWs"]["payload"]["oneOf"]
    assert [frame["properties"]["type"]["const"] for frame in socket] == ["data", "error", "ping"]
    assert messages["getWorkspacesByWorkspaceWatch"]["payload"] == {"$ref": f"{COMPONENTS}Workspace"}
    assert messages["getWorkspacebuildsByWorkspacebuildLogs"]["payload"] == {"$ref": f"{COMPONENTS}ProvisionerJobLog"}
