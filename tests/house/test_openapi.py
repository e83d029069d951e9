"""The published documents, made from the route table that the service really serves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from domain.kernel.events import event_types
from service.http.openapi import build_document
from service.http.openapi_parts import PATH_PARAMETERS
from service.http.routes import ROUTES
from service.http.routing import Access, Route
from service.http.schema_registry import references
from service.store.catalogue import catalogue
from tests.house.source import ROOT


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As a client reads it."""
    read: dict[str, Any] = json.loads(json.dumps(build_document(ROUTES)))
    return read


def printed(command: str) -> Any:
    """What `python -m service COMMAND` prints, without a database and without settings."""
    done = subprocess.run([sys.executable, "-m", "service", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document, ""):
        node: Any = document
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]


def test_every_route_is_in_the_document_once(document: dict[str, Any]) -> None:
    documented = sorted((method.upper(), path) for path, operations in document["paths"].items() for method in operations)
    assert documented == sorted((route.method, route.template) for route in ROUTES)


def test_every_path_parameter_is_described() -> None:
    undescribed = sorted({f"{route.key}: {name}" for route in ROUTES for name in route.path_parameters if name not in PATH_PARAMETERS})
    assert not undescribed, f"describe them in service/http/openapi_parts.py: {undescribed}"


def test_every_query_parameter_says_what_it_does() -> None:
    silent = sorted({f"{route.key}: {parameter.name}" for route in ROUTES for parameter in route.query if not parameter.summary})
    assert not silent


@pytest.mark.parametrize("field", ["permission", "summary", "tag"])
def test_every_row_is_filled_in(field: str) -> None:
    assert [route.key for route in ROUTES if not getattr(route, field).strip()] == []


def test_what_needs_a_session_says_what_is_checked() -> None:
    # "none" would be a way to forget the check; constants that every signed-in caller may read say so in words.
    careless = [
        route.key
        for route in ROUTES
        if route.access is Access.SESSION and route.changes and route.permission == "none" and _may_succeed(route)
    ]
    assert careless == []


def test_every_change_that_takes_a_body_names_its_schema() -> None:
    unnamed = [route.key for route in ROUTES if route.request is None and _reads_a_body(route)]
    assert unnamed == []


def test_no_two_rows_answer_the_same_request() -> None:
    shapes = [(route.method, re.sub(r"\{[^}]*\}", "{}", route.template)) for route in ROUTES]
    assert sorted({shape for shape in shapes if shapes.count(shape) > 1}) == []


def test_the_command_line_prints_the_documents(document: dict[str, Any]) -> None:
    assert printed("openapi") == document
    assert printed("asyncapi")["asyncapi"].startswith("3.")


def test_the_command_line_prints_the_catalogue_of_events() -> None:
    entries = printed("events")
    assert entries == json.loads(json.dumps(catalogue()))
    assert [entry["name"] for entry in entries] == list(event_types())


def _may_succeed(route: Route) -> bool:
    return any(status < 300 for status in route.responses)


def _reads_a_body(route: Route) -> bool:
    """Whether the handler asks for the body: its code names `body`."""
    return route.changes and "body" in route.handler.__code__.co_names
