"""The published schemas: their JSON Schemas follow from their flags, and they say what the contract says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from service.http.schema_examples import named_example
from service.http.schema_registry import (
    COMPONENTS,
    IN_REQUEST,
    Field,
    Presence,
    Schema,
    UnknownSchema,
    all_schemas,
    body_schema,
    closure,
    json_schema,
    references,
    schema,
    standalone,
)
from service.http.schema_types import is_pointer

NAMES = list(all_schemas())
OBJECTS = [name for name in NAMES if schema(name).fields is not None]
_CHECKOUT = Path(__file__).resolve().parents[3]
_CONTRACT = Path(os.environ.get("CONTRACT_SCHEMAS", _CHECKOUT.parent / "shared" / "contract" / "schemas.json"))


def valid(document: object, name: str, *, incoming: bool = False) -> bool:
    """Whether `document` is valid against the published schema, formats included."""
    checker = jsonschema.FormatChecker(["uuid", "date-time", "email"])
    validator = jsonschema.Draft202012Validator(standalone(name, incoming=incoming), format_checker=checker)
    return bool(validator.is_valid(document))


def allows_null(shape: dict[str, Any]) -> bool:
    """Whether a JSON Schema allows null, references followed."""
    if "$ref" in shape:
        return allows_null(json_schema(shape["$ref"].removeprefix(COMPONENTS)))
    if not shape:
        return True
    if options := shape.get("anyOf") or shape.get("oneOf"):
        return any(allows_null(option) for option in options)
    return "null" in shape["type"] if isinstance(shape["type"], list) else bool(shape["type"] == "null")


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_valid_json_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(standalone(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_valid_against_its_schema(name: str) -> None:
    assert valid(named_example(name), name)
    assert named_example(name) == named_example(name)


@pytest.mark.parametrize("name", OBJECTS)
def test_required_and_null_follow_from_the_flags(name: str) -> None:
    described, shape = schema(name), json_schema(name)
    wanted = Presence.REQUIRED if described.is_request else Presence.ALWAYS
    assert described.fields is not None
    assert shape.get("required", []) == [field.name for field in described.fields if field.presence is wanted]
    for field in described.fields:
        assert allows_null(shape["properties"][field.name]) == (field.nullable or field.type in ("any", "*any")), field


@pytest.mark.parametrize("name", OBJECTS)
def test_no_keyword_stands_beside_a_reference(name: str) -> None:
    def walk(node: object) -> None:
        if isinstance(node, dict):
            assert "$ref" not in node or set(node) == {"$ref"}, node
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(json_schema(name))


def test_an_empty_value_that_is_left_out_may_not_be_sent() -> None:
    assert valid({"message": "m"}, "Response")
    assert valid({"message": ""}, "Response")
    assert not valid({"message": "m", "detail": ""}, "Response")
    assert not valid({"message": "m", "validations": []}, "Response")
    assert not valid({"message": "m", "detail": None}, "Response")


def test_a_pointer_is_absent_when_unset_and_may_point_to_an_empty_value() -> None:
    script = named_example("WorkspaceAgentScript")
    assert valid({**script, "exit_code": 0}, "WorkspaceAgentScript")
    assert not valid({**script, "exit_code": None}, "WorkspaceAgentScript")
    del script["exit_code"]
    assert valid(script, "WorkspaceAgentScript")


def test_a_null_wrapper_is_null_and_never_absent() -> None:
    build = named_example("WorkspaceBuild")
    assert valid({**build, "deadline": None}, "WorkspaceBuild")
    del build["deadline"]
    assert not valid(build, "WorkspaceBuild")


def test_a_request_needs_only_what_validation_demands() -> None:
    assert valid({"name": "build-box"}, "CreateWorkspaceRequest")
    assert valid({"name": "build-box", "ttl_ms": None}, "CreateWorkspaceRequest")
    assert not valid({}, "CreateWorkspaceRequest")


def test_fields_that_exclude_each_other_may_not_both_be_sent() -> None:
    shown = named_example("CreateWorkspaceRequest")
    assert "template_version_id" not in shown
    assert not valid({**shown, "template_version_id": shown["template_id"]}, "CreateWorkspaceRequest")


@pytest.mark.parametrize("name", ["", "new", "create", "two--hyphens", "-first", "last-", "with space", "x" * 33])
def test_a_request_refuses_names_that_the_rules_refuse(name: str) -> None:
    assert not valid({"name": name}, "CreateWorkspaceRequest")


def test_an_answer_inside_a_request_has_a_form_without_required_fields() -> None:
    shape = json_schema("CreateTemplateRequest")
    assert f"{COMPONENTS}TemplateAutostartRequirementInRequest" in references(shape, "")
    assert "required" in json_schema("TemplateAutostartRequirement")
    assert "required" not in json_schema("TemplateAutostartRequirementInRequest")
    assert valid({"enabled": False}, "BannerConfig")
    assert valid({"message": ""}, "BannerConfig", incoming=True)


def test_no_schema_has_the_name_of_anothers_form_in_requests() -> None:
    assert not [name for name in NAMES if name.endswith(IN_REQUEST)]


def test_bodies_may_be_names_expressions_lists_and_inline_schemas() -> None:
    one = {"type": "array", "items": {"$ref": f"{COMPONENTS}Group"}}
    assert body_schema("[Group]") == body_schema(["Group"]) == body_schema({"type": "array", "items": {"$ref": "Group"}}) == one
    nullable = {**one, "type": ["array", "null"]}
    assert body_schema("[Group]|null") == nullable
    assert body_schema({"type": "array", "items": {"$ref": "Group"}, "nil_encodes_null": True}) == nullable


@pytest.mark.parametrize(
    "name", ["Nothing", "NothingInRequest", "WorkspaceStatusInRequest", "CreateWorkspaceRequestInRequest", "InRequest"]
)
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownSchema):
        json_schema(name)


@pytest.mark.parametrize("expression", ["", "|", "null", "[Group", "string<x", "no such"])
def test_a_malformed_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="type"):
        body_schema(expression)


def test_a_closure_holds_everything_that_is_referred_to() -> None:
    names = closure(["WorkspaceListFrame"])
    assert {"WorkspaceListFrame", "WorkspaceListSnapshot", "Workspace", "WorkspaceAgent", "WorkspaceStatus"} <= set(names)
    assert names == sorted(names)


def test_an_event_on_the_wire_is_described_as_designed() -> None:
    event = named_example("LedgerEvent")
    erased = {**event, "actor": {"kind": "user", "id": event["id"], "username": None, "erased": True}}
    assert valid(erased, "LedgerEvent")
    assert not valid({**event, "actor": {"kind": "robot", "id": None, "username": None}}, "LedgerEvent")
    assert not valid({**event, "position": -1}, "LedgerEvent")
    assert valid({**event, "changes": [{"path": "/dormant_at", "old": None, "new": "2026-03-02T09:30:00Z"}]}, "HistoryEvent")
    assert valid({"events": [event], "next_before": None}, "HistoryResponse")
    assert not valid({"events": [event], "next_after": None}, "EventsResponse")


@pytest.mark.parametrize("kind", ["snapshot", "added", "changed", "removed"])
def test_a_list_watch_frame_is_one_of_its_kinds(kind: str) -> None:
    frame: dict[str, Any] = {"kind": kind, "position": 3}
    assert not valid(frame, "WorkspaceListFrame")
    if kind == "snapshot":
        frame |= {"workspaces": [], "count": 0}
    elif kind == "removed":
        frame |= {"workspace_id": named_example("Workspace")["id"]}
    else:
        frame |= {"workspace": named_example("Workspace")}
    assert valid(frame, "WorkspaceListFrame")


def _contract() -> dict[str, dict[str, Any]]:
    """The contract's schemas, where the checkout stands beside them; else nothing, and nothing to compare."""
    described: dict[str, dict[str, Any]] = json.loads(_CONTRACT.read_text())["schemas"] if _CONTRACT.exists() else {}
    return described


CONTRACT = _contract()

if CONTRACT:

    def test_every_schema_of_the_contract_is_here() -> None:
        assert set(CONTRACT) <= set(NAMES)

    @pytest.mark.parametrize("name", sorted(set(CONTRACT) - {"APIAllowListTarget"}))
    def test_a_schema_says_what_the_contract_says(name: str) -> None:
        theirs, ours = CONTRACT[name], schema(name)
        if "enum" in theirs:
            assert ours.words == tuple(theirs["enum"])
        elif "properties" in theirs:
            assert ours.fields is not None
            assert {field.name for field in ours.fields} == set(theirs["properties"])
            for field in ours.fields:
                _agrees(ours, field, theirs["properties"][field.name])
        else:
            assert _same_type(json_schema(name), theirs)

    def _agrees(ours: Schema, field: Field, theirs: dict[str, Any]) -> None:
        omitted = bool(theirs.get("omitzero") or (theirs.get("omitempty") and not theirs.get("omitempty_ineffective")))
        may_be_null = bool(theirs.get("nullable") or theirs.get("null_time") or theirs.get("nil_encodes_null"))
        where = f"{ours.name}.{field.name}"
        if ours.is_request:
            demanded = "required" in theirs.get("validate", "").split(",")
            assert (field.presence is Presence.REQUIRED) == demanded, where
            assert field.nullable == may_be_null, where
        else:
            assert (field.presence is Presence.UNLESS_EMPTY) == omitted, where
            assert is_pointer(field.type) == bool(omitted and theirs.get("nullable")), where
            assert field.nullable == (may_be_null and not omitted), where
        assert _same_type(json_schema(ours.name)["properties"][field.name], theirs), where

    def _same_type(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
        """Whether both allow the same JSON type, item by item; constraints that only we state do not count."""
        for option in ours.get("anyOf", ours.get("oneOf", [])):
            if option.get("type") != "null" and _same_type(option, theirs):
                return True
        if theirs.get("any"):
            return not ours.keys() - {"description"}
        if "$ref" in theirs:
            target = ours.get("$ref", "").removeprefix(COMPONENTS).removesuffix(IN_REQUEST)
            narrowed = bool(ours.get("enum") or ours.get("const")) and "validate" in theirs
            return bool(target == theirs["$ref"] or narrowed)
        kinds = ours.get("type")
        kind = next(word for word in kinds if word != "null") if isinstance(kinds, list) else kinds
        if kind != theirs.get("type") or ("enum" in theirs and not set(theirs["enum"]) <= {*ours.get("enum", []), ours.get("const")}):
            return False
        if theirs.get("format") in ("uuid", "date-time") and ours.get("format") != theirs["format"]:
            return False
        for word in ("items", "additionalProperties"):
            if isinstance(theirs.get(word), dict) and not _same_type(ours[word], theirs[word]):
                return False
        return True
