"""A file that a reader can hold in mind, under a name that says what is in it."""

from __future__ import annotations

import re

from tests.house.source import modules

LIMIT = 300

#: path: why it may be longer. Empty is the goal; an entry whose file fits again must go.
ALLOWED: dict[str, str] = {}

#: Names that say nothing, and so collect everything.
EMPTY_NAMES = re.compile(r"^(utils?|helpers?|commons?|misc|managers?|stuff|tools|\w*_(utils?|helpers?|manager|part_?\d+|misc))$")


def test_no_python_file_is_longer_than_the_limit() -> None:
    sizes = {str(module.path): len(module.text.splitlines()) for module in modules()}
    too_long = {path: lines for path, lines in sizes.items() if lines > LIMIT and path not in ALLOWED}
    assert not too_long, f"split along their subjects: {too_long}"


def test_every_exception_to_the_limit_is_still_needed() -> None:
    sizes = {str(module.path): len(module.text.splitlines()) for module in modules()}
    needless = [path for path in ALLOWED if sizes.get(path, 0) <= LIMIT]
    assert not needless


def test_no_module_or_folder_has_a_name_that_says_nothing() -> None:
    found = sorted(str(module.path) for module in modules() if any(EMPTY_NAMES.match(part) for part in module.parts))
    assert not found
