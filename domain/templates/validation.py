"""Whether a value suits a parameter: the one set of rules that both engines, the form and the import share.

Source: contract/workspaces.md 3.3, contract/lifecycle.md A5.
"""

from __future__ import annotations

import json

from domain.templates.pattern import compile_pattern
from domain.templates.pattern_syntax import BadPattern
from domain.templates.values import ParameterValidation, RichParameter

_INT64 = 2**63
_LONGEST_QUOTE = 200


def violation(parameter: RichParameter, value: str, previous: str | None = None) -> str:
    """Why `value` is refused, or "". An empty value of an optional parameter is judged as its default would be.

    `previous` is the value of the build before, None on a first build; only the monotonic rule looks at it, and an empty
    one does not count.
    """
    if not value:
        if parameter.required:
            return "a value is required"
        value = parameter.default or ""
    if parameter.options:
        reason = _outside_options(parameter, value)
        if reason:
            return reason
    rules = parameter.validation
    if parameter.type == "bool":
        reason = "" if value in ("true", "false") else f"{quoted(value)} is neither true nor false"
    elif parameter.type == "list(string)":
        reason = "" if parse_list(value) is not None else f"{quoted(value)} is not a JSON array of strings"
    else:
        reason = ""
    return reason or (_broken_rule(parameter.type, rules, value, previous) if rules.is_set else "")


def parse_list(value: str) -> list[str] | None:
    """The elements of a `list(string)` value, or None when it is no JSON array of strings."""
    try:
        items = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) and all(isinstance(i, str) for i in items) else None


def parse_whole(value: str) -> int | None:
    """A number as the API's clients write it: ASCII digits with an optional sign, within 64 bits; else None."""
    digits = value[1:] if value[:1] in ("+", "-") else value
    if not digits.isascii() or not digits.isdigit() or len(digits.lstrip("0")) > 19:
        return None
    number = int(digits) * (-1 if value[0] == "-" else 1)
    return number if -_INT64 <= number < _INT64 else None


def matches(regex: str, value: str) -> bool:
    """Whether `regex` occurs in `value`; one that is no regular expression matches nothing."""
    try:
        return compile_pattern(regex).search(value)
    except BadPattern:
        return False


def quoted(text: str) -> str:
    """`text` inside a message: in quotes, and no longer than a reader wants."""
    return repr(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…")


def _outside_options(parameter: RichParameter, value: str) -> str:
    allowed = [o.value for o in parameter.options]
    if not parameter.is_multi_select:
        return "" if value in allowed else f"{quoted(value)} is not one of the options {', '.join(map(quoted, allowed))}"
    items = parse_list(value)
    if items is None:
        return f"{quoted(value)} is not a JSON array of strings"
    strange = [i for i in items if i not in allowed]
    return f"{', '.join(map(quoted, strange))} is not among the options {', '.join(map(quoted, allowed))}" if strange else ""


def _broken_rule(kind: str, rules: ParameterValidation, value: str, previous: str | None) -> str:
    if rules.regex:
        if kind != "string":
            return "a regular expression applies to a string alone"
        return _regex(rules, value)
    if kind != "number":
        return "min, max and monotonic apply to a number alone"
    number = parse_whole(value)
    if number is None:
        return _custom(rules, value) or f"{quoted(value)} is not a whole number"
    if (rules.min is not None and number < rules.min) or (rules.max is not None and number > rules.max):
        return _custom(rules, value) or f"{number} is not {_range(rules)}"
    return _monotonic(rules.monotonic, number, previous)


def _regex(rules: ParameterValidation, value: str) -> str:
    if not rules.error:
        return "the template gives a regular expression without an error text, so that no value is accepted"
    return "" if matches(rules.regex, value) else f"{rules.error} ({quoted(value)} does not match {quoted(rules.regex)})"


def _monotonic(order: str, number: int, previous: str | None) -> str:
    before = parse_whole(previous) if previous else None
    if before is None or not order:
        return ""
    if order == "increasing" and number < before:
        return f"{number} must be equal or greater than previous value: {before}"
    if order == "decreasing" and number > before:
        return f"{number} must be equal or lower than previous value: {before}"
    return ""


def _custom(rules: ParameterValidation, value: str) -> str:
    """The template's own error text with its placeholders filled, or ""."""
    low, high = ("" if bound is None else str(bound) for bound in (rules.min, rules.max))
    return rules.error.replace("{min}", low).replace("{max}", high).replace("{value}", value)


def _range(rules: ParameterValidation) -> str:
    if rules.min is None:
        return f"at most {rules.max}"
    return f"at least {rules.min}" if rules.max is None else f"between {rules.min} and {rules.max}"
