"""The form of a version with the values that a user has filled in so far. Source: contract/lifecycle.md A5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.templates.definitions import effective_form_type
from domain.templates.validation import violation
from domain.templates.values import RichParameter


def preview(parameters: Sequence[RichParameter], given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The parameters as PreviewParameter JSON (contract/schemas.json), in display order, each judged with its value.

    `given` are the form's inputs by name; unknown ones are ignored.
    """
    return [_parameter(p, order, given.get(p.name, p.default)) for order, p in enumerate(parameters)]


def diagnostic(summary: str, detail: str, code: str = "", severity: str = "error") -> dict[str, Any]:
    """A FriendlyDiagnostic; `code` is what programs look at (`required`, `owner_not_found`)."""
    return {"severity": severity, "summary": summary, "detail": detail, "extra": {"code": code}}


def _parameter(parameter: RichParameter, order: int, value: str | None) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "display_name": parameter.display_name,
        "description": parameter.description,
        "type": parameter.type,
        "form_type": effective_form_type(parameter),
        "styling": {},
        "mutable": parameter.mutable,
        "default_value": _text(parameter.default),
        "icon": parameter.icon,
        "options": [{"name": o.name, "description": o.description, "value": _text(o.value), "icon": o.icon} for o in parameter.options],
        "validations": _validations(parameter),
        "required": parameter.required,
        "order": order,
        "ephemeral": parameter.ephemeral,
        "value": _text(value),
        "diagnostics": _diagnostics(parameter, value),
    }


def _diagnostics(parameter: RichParameter, value: str | None) -> list[dict[str, Any]]:
    if value is None or (not value and parameter.required):
        return [diagnostic("A value is required.", f'Parameter "{parameter.name}" has no default.', "required")]
    reason = violation(parameter, value)
    return [diagnostic("The value is not accepted.", reason)] if reason else []


def _validations(parameter: RichParameter) -> list[dict[str, Any]]:
    rules = parameter.validation
    if not rules.is_set:
        return []
    return [
        {
            "validation_error": rules.error,
            "validation_regex": rules.regex or None,
            "validation_min": rules.min,
            "validation_max": rules.max,
            "validation_monotonic": rules.monotonic or None,
        }
    ]


def _text(value: str | None) -> dict[str, Any]:
    return {"value": value or "", "valid": value is not None}
