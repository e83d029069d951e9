"""The parts of template.yaml that concern people: variables, parameters and presets."""

from __future__ import annotations

from domain.templates.definitions import defects
from domain.templates.values import (
    FORM_TYPES,
    MONOTONIC_ORDERS,
    PARAMETER_TYPES,
    VARIABLE_TYPES,
    ParameterOption,
    ParameterValidation,
    Preset,
    RichParameter,
    TemplateVariable,
)
from domain.templates.variables import type_defect
from service.provisioner.sections import Section, unique

VARIABLE_KEYS = frozenset({"name", "type", "default", "required", "sensitive", "description"})
PARAMETER_KEYS = frozenset(
    {
        "name",
        "display_name",
        "description",
        "type",
        "form_type",
        "default",
        "mutable",
        "ephemeral",
        "icon",
        "options",
        "validation",
    }
)
OPTION_KEYS = frozenset({"name", "value", "description", "icon"})
VALIDATION_KEYS = frozenset({"min", "max", "monotonic", "regex", "error"})
PRESET_KEYS = frozenset({"name", "default", "description", "icon", "parameters"})


def read_variables(sections: list[Section]) -> tuple[TemplateVariable, ...]:
    """The template's variables. Raises `ImportFailed`, as all functions here do."""
    variables = tuple(map(_variable, sections))
    unique(sections, "name", [v.name for v in variables], "a variable")
    return variables


def read_parameters(sections: list[Section]) -> tuple[RichParameter, ...]:
    """The rich parameters, each of which makes sense in itself."""
    parameters = tuple(map(_parameter, sections))
    unique(sections, "name", [p.name for p in parameters], "a parameter")
    return parameters


def read_presets(sections: list[Section]) -> tuple[Preset, ...]:
    """The presets. Values for parameters that the template lacks are allowed: builds drop them (contract/workspaces.md 3.4)."""
    presets = tuple(
        Preset(
            name=s.name("name"),
            parameters=s.text_map("parameters"),
            default=s.flag("default"),
            description=s.text("description"),
            icon=s.text("icon"),
        )
        for s in sections
    )
    unique(sections, "name", [p.name for p in presets], "a preset")
    defaults = [s for s, p in zip(sections, presets, strict=True) if p.default]
    if len(defaults) > 1:
        raise defaults[1].failed("default", "another preset is the default already")
    return presets


def _variable(section: Section) -> TemplateVariable:
    variable = TemplateVariable(
        name=section.name("name"),
        type=section.choice("type", VARIABLE_TYPES, "string"),
        description=section.text("description"),
        default=section.text("default"),
        required=section.flag("required"),
        sensitive=section.flag("sensitive"),
    )
    reason = type_defect(variable, variable.default)
    if reason:
        raise section.failed("default", reason)
    return variable


def _parameter(section: Section) -> RichParameter:
    rules = section.section("validation", VALIDATION_KEYS)
    parameter = RichParameter(
        name=section.name("name"),
        type=section.choice("type", PARAMETER_TYPES, "string"),
        form_type=section.choice("form_type", FORM_TYPES, ""),
        display_name=section.text("display_name"),
        description=section.text("description"),
        icon=section.text("icon"),
        default=section.optional_text("default"),
        mutable=section.flag("mutable"),
        ephemeral=section.flag("ephemeral"),
        options=tuple(map(_option, section.sections("options", OPTION_KEYS))),
        validation=ParameterValidation(
            regex=rules.text("regex"),
            min=rules.optional_whole("min"),
            max=rules.optional_whole("max"),
            monotonic=rules.choice("monotonic", MONOTONIC_ORDERS, ""),
            error=rules.text("error"),
        ),
    )
    for key, message in defects(parameter):
        raise section.failed(key, message)
    return parameter


def _option(section: Section) -> ParameterOption:
    if "value" not in section:
        raise section.failed("value", "is missing")
    return ParameterOption(section.name("name"), section.text("value"), section.text("description"), section.text("icon"))
