"""References inside a template's strings: `${parameter.NAME}` and its kin, `$${` for a literal `${`.

One pass, never recursive: what a value contains is not looked at again. Source: contract/template-archive.md.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.templates.plain import SCALARS, Plain, field_names
from domain.templates.values import TransitionPlan

_TOKEN = re.compile(r"\$\$\{|\$\{([^{}]*)(\}?)")

BUILD_REFERENCES = frozenset(
    {
        "workspace.id",
        "workspace.name",
        "workspace.transition",
        "workspace.start_count",
        "owner.id",
        "owner.username",
        "owner.name",
        "owner.email",
        "template.name",
    }
)


class UnknownReference(ValueError):
    """A `${…}` that names nothing or is not closed; the text says which."""


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """What a build knows besides parameters and variables; ids are UUID text, `transition` is start, stop or delete."""

    workspace_id: str
    workspace_name: str
    transition: str
    owner_id: str
    owner_username: str
    owner_name: str
    owner_email: str
    template_name: str


def known_references(parameters: Iterable[str], variables: Iterable[str]) -> frozenset[str]:
    """Every reference that the strings of a transition may use."""
    return BUILD_REFERENCES.union((f"parameter.{name}" for name in parameters), (f"variable.{name}" for name in variables))


def build_scope(facts: BuildFacts, parameters: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """The value of every reference in one build; `start_count` is 1 for a start and 0 otherwise."""
    return {
        **{f"parameter.{name}": value for name, value in parameters.items()},
        **{f"variable.{name}": value for name, value in variables.items()},
        "workspace.id": facts.workspace_id,
        "workspace.name": facts.workspace_name,
        "workspace.transition": facts.transition,
        "workspace.start_count": "1" if facts.transition == "start" else "0",
        "owner.id": facts.owner_id,
        "owner.username": facts.owner_username,
        "owner.name": facts.owner_name,
        "owner.email": facts.owner_email,
        "template.name": facts.template_name,
    }


def references(text: str) -> Iterator[str]:
    """The names referred to, in order. Raises `UnknownReference` for one without its closing brace."""
    for token in _TOKEN.finditer(text):
        if token[1] is not None:
            yield _name(token)


def check(text: str, known: Container[str]) -> None:
    """Raise `UnknownReference` unless everything that `text` refers to is known."""
    for name in references(text):
        if name not in known:
            raise UnknownReference(f"${{{name}}} refers to nothing that exists")


def render(text: str, scope: Mapping[str, str]) -> str:
    """`text` with every reference replaced by its value. Raises `UnknownReference` as `check` does."""
    if "${" not in text:
        return text

    def value(token: re.Match[str]) -> str:
        if token[1] is None:
            return "${"
        name = _name(token)
        if name not in scope:
            raise UnknownReference(f"${{{name}}} refers to nothing that exists")
        return scope[name]

    return _TOKEN.sub(value, text)


def escape(text: str) -> str:
    """The string that renders to exactly `text`."""
    return text.replace("${", "$${")


def render_transition(plan: TransitionPlan, scope: Mapping[str, str]) -> TransitionPlan:
    """The plan of one build: every string value rendered, keys of maps as they are. What refers to nothing is shared with `plan`."""
    rendered: TransitionPlan = _rendered(plan, scope)
    return rendered


def _rendered(value: Any, scope: Mapping[str, str]) -> Any:
    """The value itself when rendering changes nothing in it."""
    if isinstance(value, SCALARS):
        return render(value, scope) if isinstance(value, str) else value
    if isinstance(value, tuple):
        items = tuple([_rendered(item, scope) for item in value])
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, Plain):
        changed = {}
        for name in field_names(type(value)):
            old = getattr(value, name)
            new = _rendered(old, scope)
            if new is not old:
                changed[name] = new
        return replace(value, **changed) if changed else value  # type: ignore[type-var]
    if isinstance(value, Mapping):
        entries = {key: _rendered(item, scope) for key, item in value.items()}
        return entries if any(new is not value[key] for key, new in entries.items()) else value
    return value


def _name(token: re.Match[str]) -> str:
    name: str = token[1]
    if not token[2]:
        raise UnknownReference(f"${{{name} is not closed; a literal ${{ is written $${{")
    return name
