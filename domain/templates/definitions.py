"""Whether a parameter's definition makes sense in itself: type, form, options, rules and default agree.

Checked when a version is imported, so that a template that could never be built is refused to its author and not to its users.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.templates.pattern import compile_pattern
from domain.templates.pattern_syntax import BadPattern
from domain.templates.validation import matches, parse_list, parse_whole, violation
from domain.templates.values import ParameterOption, RichParameter

Defect = tuple[str, str]
"""(key path inside the parameter, what is wrong with it)."""

#: The forms that can show a type with and without options, the usual one first; any may also be "" or "error".
_WITH_OPTIONS = {
    "string": ("radio", "dropdown"),
    "number": ("radio", "dropdown"),
    "bool": ("radio", "dropdown"),
    "list(string)": ("radio", "dropdown", "multi-select"),
}
_WITHOUT_OPTIONS = {
    "string": ("input", "textarea"),
    "number": ("input", "slider"),
    "bool": ("checkbox", "switch"),
    "list(string)": ("tag-select", "multi-select"),
}


def effective_form_type(parameter: RichParameter) -> str:
    """The form that shows the parameter: its own, or the usual one of its type when it names none."""
    return parameter.form_type or _forms(parameter)[0]


def defects(parameter: RichParameter) -> Iterator[Defect]:
    """Everything wrong with the definition; enums and field types are assumed to be right already."""
    allowed = _forms(parameter)
    if parameter.form_type not in ("", "error", *allowed):
        with_options = "with" if parameter.options else "without"
        yield "form_type", f"{parameter.form_type} cannot show a {parameter.type} {with_options} options; use {' or '.join(allowed)}"
    if parameter.ephemeral and not parameter.mutable:
        yield "ephemeral", "an ephemeral parameter must be mutable"
    if parameter.ephemeral and parameter.required:
        yield "ephemeral", "an ephemeral parameter needs a default"
    rules = list(_rules(parameter))
    yield from rules
    options = list(_options(parameter))
    yield from options
    if parameter.default is not None and not rules and not options:
        yield from _default(parameter, parameter.default)


def _forms(parameter: RichParameter) -> tuple[str, ...]:
    """Options need no form of their own: what is typed freely is held against them as well."""
    free = _WITHOUT_OPTIONS[parameter.type]
    return (*_WITH_OPTIONS[parameter.type], *free) if parameter.options else free


def _rules(parameter: RichParameter) -> Iterator[Defect]:
    rules = parameter.validation
    if rules.regex:
        if parameter.type != "string":
            yield "validation.regex", f"a regular expression applies to a string, not to a {parameter.type}"
        try:
            compile_pattern(rules.regex)
        except BadPattern as e:
            yield "validation.regex", f"not a regular expression: {e}"
    for key, is_set in (("min", rules.min is not None), ("max", rules.max is not None), ("monotonic", rules.monotonic)):
        if is_set and parameter.type != "number":
            yield f"validation.{key}", f"applies to a number, not to a {parameter.type}"
    if rules.min is not None and rules.max is not None and rules.min > rules.max:
        yield "validation.min", f"is greater than max ({rules.min} > {rules.max})"


def _options(parameter: RichParameter) -> Iterator[Defect]:
    names: set[str] = set()
    values: set[str] = set()
    for index, option in enumerate(parameter.options):
        if option.name in names:
            yield f"options[{index}].name", f"there is already an option named {option.name!r}"
        if option.value in values:
            yield f"options[{index}].value", f"there is already an option with the value {option.value!r}"
        names.add(option.name)
        values.add(option.value)
        reason = _not_of_type(parameter, option)
        if reason:
            yield f"options[{index}].value", reason


def _not_of_type(parameter: RichParameter, option: ParameterOption) -> str:
    if parameter.type == "number" and parse_whole(option.value) is None:
        return f"{option.value!r} is not a whole number"
    if parameter.type == "bool" and option.value not in ("true", "false"):
        return f"{option.value!r} is neither true nor false"
    if parameter.type == "list(string)" and not parameter.is_multi_select and parse_list(option.value) is None:
        return f"{option.value!r} is not a JSON array of strings"
    return ""


def _default(parameter: RichParameter, default: str) -> Iterator[Defect]:
    if parameter.validation.regex and not parameter.validation.error:
        # Builds refuse every value here (contract/workspaces.md 3.3); the default itself may still be judged.
        if not matches(parameter.validation.regex, default):
            yield "default", f"{default!r} does not match {parameter.validation.regex!r}"
        return
    reason = violation(parameter, default)
    if reason:
        yield "default", reason
