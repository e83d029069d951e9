"""What is known of an archive before its import."""

from __future__ import annotations

from typing import Any

import pytest

from service.provisioner.uploads import declared_tags
from tests.service.templates.authoring import archive, tar_of

ZONE = {"variables": [{"name": "zone", "default": "moon"}], "tags": {"zone": "${variable.zone}", "scope": "organization"}}


@pytest.mark.parametrize(
    ("given", "inherited", "zone"),
    [([], {}, "moon"), ([], {"zone": "mars"}, "mars"), ([("zone", "venus")], {"zone": "mars"}, "venus")],
)
def test_tags_have_the_values_that_the_import_will_see(given: list[tuple[str, str]], inherited: dict[str, str], zone: str) -> None:
    assert declared_tags(archive(ZONE), given, inherited) == {"zone": zone, "scope": "organization"}


@pytest.mark.parametrize("raw", [b"", b"no archive", tar_of(**{"main.tf": b""}), tar_of(**{"dir/template.yaml": b"version: 1"})])
def test_what_has_no_template_yaml_declares_nothing(raw: bytes) -> None:
    assert declared_tags(raw, [], {}) is None


@pytest.mark.parametrize(
    "spec",
    [
        {"version": 2, "tags": {"zone": "moon"}},
        {"tags": ["zone"]},
        {"tags": {"zone": "${variable.nowhere}"}},
        {"tags": {"zone": "moon"}, "variables": [{"name": "needed", "required": True}]},
        {"tags": {"zone": "${variable.key}"}, "variables": [{"name": "key", "default": "hush", "sensitive": True}]},
    ],
)
def test_what_is_wrong_is_left_to_the_import(spec: dict[str, Any]) -> None:
    assert declared_tags(archive(spec), [], {}) == {}


def test_what_is_wrong_elsewhere_does_not_matter() -> None:
    assert declared_tags(archive({"tags": {"zone": "moon"}, "start": {"typo": 1}}), [], {}) == {"zone": "moon"}
