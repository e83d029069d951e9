"""Template variables: what the author supplied, what the previous version had, what the template says by itself.

Source: contract/lifecycle.md A6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from domain.templates.failures import REQUIRED_TEMPLATE_VARIABLES, ImportFailed
from domain.templates.values import TemplateVariable

REDACTED = "*redacted*"

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def resolve_variables(
    variables: Iterable[TemplateVariable], given: Iterable[tuple[str, str]], inherited: Mapping[str, str]
) -> dict[str, str]:
    """The value of each variable by name: given, else that of the previous active version, else the default.

    Of several given values for one name the first counts; names that the template does not have are ignored. Raises
    `ImportFailed`: with code `REQUIRED_TEMPLATE_VARIABLES` when required ones are empty, without for a value of the wrong type.
    """
    supplied = first_values(given)
    declared = tuple(variables)
    values = {v.name: supplied.get(v.name, inherited.get(v.name, v.default)) for v in declared}
    missing = [v.name for v in declared if v.required and not values[v.name]]
    if missing:
        raise ImportFailed(f"required template variables need values: {', '.join(missing)}", REQUIRED_TEMPLATE_VARIABLES)
    for variable in declared:
        reason = type_defect(variable, values[variable.name])
        if reason:
            raise ImportFailed(f"value of template variable {variable.name} {reason}")
    return values


def type_defect(variable: TemplateVariable, value: str) -> str:
    """Why `value` is none of the variable's type, or ""; an empty value is of every type. Never repeats the value: it may be secret."""
    if not value or variable.type == "string":
        return ""
    if variable.type == "bool":
        return "" if value in ("true", "false") else "must be true or false"
    return "" if _NUMBER.fullmatch(value) else "must be a number"


def shown(variable: TemplateVariable, text: str) -> str:
    """A value or default as readers see it: what is sensitive is masked."""
    return REDACTED if variable.sensitive else text


def first_values(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pairs as a dict in which the first value of a name counts."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    return values
