"""Values of template variables."""

from __future__ import annotations

import pytest

from domain.templates.failures import ImportFailed
from domain.templates.values import TemplateVariable
from domain.templates.variables import REDACTED, resolve_variables, shown

KEY = TemplateVariable("key", required=True, sensitive=True)
REGION = TemplateVariable("region", default="eu")
COUNT = TemplateVariable("count", "number", default="3")
DEBUG = TemplateVariable("debug", "bool", default="false")


@pytest.mark.parametrize(
    ("given", "inherited", "want"),
    [
        ([("key", "k")], {}, {"key": "k", "region": "eu", "count": "3", "debug": "false"}),
        ([("count", "5")], {"key": "k", "region": "us"}, {"key": "k", "region": "us", "count": "5", "debug": "false"}),
        ([("key", "1"), ("key", "2"), ("other", "x")], {"key": "0"}, {"key": "1", "region": "eu", "count": "3", "debug": "false"}),
        ([("key", "k"), ("region", ""), ("count", "")], {"region": "us"}, {"key": "k", "region": "", "count": "", "debug": "false"}),
        ([("key", "k"), ("count", "-2.5e3"), ("debug", "true")], {}, {"key": "k", "region": "eu", "count": "-2.5e3", "debug": "true"}),
    ],
)
def test_given_beats_inherited_beats_default(given: list[tuple[str, str]], inherited: dict[str, str], want: dict[str, str]) -> None:
    assert resolve_variables((KEY, REGION, COUNT, DEBUG), given, inherited) == want


@pytest.mark.parametrize(("given", "inherited"), [([], {}), ([("key", "")], {}), ([("key", "")], {"key": "k"})])
def test_required_and_empty_names_the_variable_and_has_a_code(given: list[tuple[str, str]], inherited: dict[str, str]) -> None:
    with pytest.raises(ImportFailed, match="key") as failed:
        resolve_variables((KEY, REGION), given, inherited)
    assert failed.value.code == "REQUIRED_TEMPLATE_VARIABLES"


@pytest.mark.parametrize(("variable", "value"), [(COUNT, "many"), (COUNT, "1 "), (COUNT, "."), (DEBUG, "yes"), (DEBUG, "TRUE")])
def test_a_value_of_the_wrong_type_fails_the_import(variable: TemplateVariable, value: str) -> None:
    with pytest.raises(ImportFailed, match=variable.name) as failed:
        resolve_variables((variable,), [(variable.name, value)], {})
    assert failed.value.code == ""


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(ImportFailed) as failed:
        resolve_variables((TemplateVariable("pin", "number", sensitive=True),), [("pin", "hunter2")], {})
    assert "hunter2" not in failed.value.message


def test_sensitive_texts_are_masked() -> None:
    assert (shown(KEY, "hush"), shown(REGION, "eu")) == (REDACTED, "eu")
