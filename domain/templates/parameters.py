"""The parameter values of a build: from preset, request, previous build or default, then judged by the template's rules.

Two engines share the order and the rules and differ in how they refuse. Source: contract/workspaces.md 3.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.kernel.errors import Invalid, Violation
from domain.templates.validation import violation
from domain.templates.values import Preset, RichParameter
from domain.templates.variables import first_values

Values = list[tuple[str, str]]


def resolve_classic(
    parameters: Sequence[RichParameter],
    given: Iterable[tuple[str, str]],
    previous: Mapping[str, str],
    preset: Preset | None = None,
    first_build: bool = False,
) -> Values:
    """(name, value) of every parameter, in the template's order; names that the template does not have are dropped.

    `previous` holds the values of the build before. On a first build it still supplies values (those of a claimed prebuild)
    but binds nobody. Raises `Invalid` for the first parameter that fails: the message names it, the detail says why.
    """
    wanted = _wanted(given, preset)
    binding = {} if first_build else previous
    values: Values = []
    for parameter in parameters:
        reason, value = _resolve(parameter, wanted.get(parameter.name), previous.get(parameter.name), binding.get(parameter.name))
        if reason:
            raise Invalid(f'The value of parameter "{parameter.name}" is not accepted.', reason)
        values.append((parameter.name, value))
    return values


def resolve_dynamic(
    parameters: Sequence[RichParameter],
    given: Iterable[tuple[str, str]],
    previous: Mapping[str, str],
    preset: Preset | None = None,
    first_build: bool = False,
) -> Values:
    """As `resolve_classic`, but all parameters that fail are refused together: one validation each, sorted by name."""
    wanted = _wanted(given, preset)
    binding = {} if first_build else previous
    values: Values = []
    failed: list[Violation] = []
    for parameter in parameters:
        name = parameter.name
        reason, value = _resolve(parameter, wanted.get(name), previous.get(name), binding.get(name))
        if reason:
            failed.append(Violation(name, f"The value is not accepted; {reason}"))
        values.append((name, value))
    if failed:
        raise Invalid("Parameter validation failed: the build cannot use these values.", validations=sorted(failed, key=lambda v: v.field))
    return values


def parameter_mismatch(parameters: Sequence[RichParameter], latest: Mapping[str, str]) -> bool:
    """Whether an autostart with these parameters would fail for want of a value (contract/workspaces.md 4.4).

    `latest` holds the values of the latest build; the classic rules decide, whatever engine the template uses.
    """
    try:
        resolve_classic(parameters, (), latest)
    except Invalid:
        return True
    return False


def _wanted(given: Iterable[tuple[str, str]], preset: Preset | None) -> dict[str, str]:
    """What the caller asks for: a preset's values beat the request's."""
    wanted = first_values(given)
    return wanted if preset is None else {**wanted, **preset.parameters}


def _resolve(parameter: RichParameter, wanted: str | None, previous: str | None, binding: str | None) -> tuple[str, str]:
    """(why it is refused or "", the value)."""
    if not parameter.mutable and wanted is not None and binding is not None and wanted != binding:
        return f'parameter "{parameter.name}" is not mutable: its value was chosen with the first build', wanted
    if parameter.required and wanted is None and previous is None:
        return "a value is required and none is given", ""
    if wanted is not None:
        value = wanted
    elif previous is not None and not parameter.ephemeral:
        value = previous
    else:
        value = parameter.default or ""
    return violation(parameter, value, binding), value
