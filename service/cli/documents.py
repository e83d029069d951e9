"""`openapi` and `events`: what the service publishes about itself, printed without a database."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import orjson

from service.cli.streams import write_out
from service.settings import Settings


def _print(document: Any) -> int:
    write_out(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    return 0


async def _openapi(_settings: Settings, _args: argparse.Namespace) -> int:
    from service.http.openapi import build_document
    from service.http.routes import ROUTES

    return _print(build_document(ROUTES))


async def _asyncapi(_settings: Settings, _args: argparse.Namespace) -> int:
    from service.http.asyncapi import build_asyncapi
    from service.http.routes import ROUTES

    return _print(build_asyncapi(ROUTES))


async def _events(_settings: Settings, _args: argparse.Namespace) -> int:
    from service.store.catalogue import catalogue

    return _print(catalogue())


@dataclass(frozen=True, slots=True)
class _Command:
    NAME: str
    HELP: str
    run: Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]

    @staticmethod
    def add_arguments(_parser: argparse.ArgumentParser) -> None:
        """Nothing besides the settings' flags."""


COMMANDS = (
    _Command("openapi", "Print the OpenAPI 3.1 document of the HTTP interface.", _openapi),
    _Command("asyncapi", "Print the AsyncAPI 3.0 document of the streams.", _asyncapi),
    _Command("events", "Print the catalogue of events: name, version, since when, JSON Schema.", _events),
)
