from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from service.observability.logging import MASK, configure, request_id

log = logging.getLogger("tests.logging")
KEY = "aB3dE5gH7j-0123456789abcdefABCDEF"


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    configure("info", "json", stream)
    return stream


def only(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_json_line_has_time_level_sentence_and_fields(lines: io.StringIO) -> None:
    log.info("build queued", extra={"workspace": "w1", "number": 3})
    line = only(lines)
    assert line["time"].endswith("Z")
    assert (line["level"], line["logger"], line["message"]) == ("info", "tests.logging", "build queued")
    assert (line["workspace"], line["number"]) == ("w1", 3)


def test_the_request_id_of_the_task_is_on_every_line(lines: io.StringIO) -> None:
    token = request_id.set("r-1")
    log.info("build queued")
    request_id.reset(token)
    assert only(lines)["request_id"] == "r-1"


@pytest.mark.parametrize("name", ["password", "session_token", "Authorization", "new_password", "api_key", "cookie"])
def test_a_field_named_like_a_secret_is_masked(lines: io.StringIO, name: str) -> None:
    log.info("signed in", extra={name: "hunter2", "outer": {name: "hunter2"}})
    assert "hunter2" not in lines.getvalue()
    assert only(lines)[name] == MASK


@pytest.mark.parametrize(
    "text",
    [
        f"Coder-Session-Token: {KEY}",
        f"GET /watch?coder_session_token={KEY}&x=1",
        f"key {KEY} is new",
        "postgresql://ledger:0123456789abcdefABCDEF@db/ledger",
        '{"password": "0123456789abcdefABCDEF"}',
        "Authorization: Bearer 0123456789abcdefABCDEF",
    ],
)
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_secret_inside_a_text_is_masked_wherever_it_stands(text: str, log_format: str) -> None:
    stream = io.StringIO()
    configure("info", log_format, stream)
    log.info("seen %s", text, extra={"seen": [text], "object": ValueError(text)})
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
    assert "0123456789abcdefABCDEF" not in stream.getvalue()
    assert MASK in stream.getvalue()


def test_a_value_cannot_pose_as_a_line_of_its_own() -> None:
    stream = io.StringIO()
    configure("info", "text", stream)
    log.info("renamed", extra={"to": "x\n2026-01-01T00:00:00Z error forged"})
    assert len(stream.getvalue().splitlines()) == 1


def test_lines_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    configure("warning", "text", stream)
    log.info("build queued")
    assert stream.getvalue() == ""
