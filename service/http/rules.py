"""The rules that a decoded body must keep, each with the tag that its violation shows on the wire.

A rule sees one value, whether the client set it, and whether a sibling field is set. Sources: contract/workspaces.md 1.2,
2.1, 3.1; contract/identity.md 1; contract/lifecycle.md A2, A3. It knows neither JSON nor HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.kernel.names import MAX_GROUP_NAME, is_display_name, is_name, is_real_name, is_version_name

SiblingIsSet = Callable[[str], bool]
Holds = Callable[[object, bool, SiblingIsSet], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds(value, is_set, sibling_is_set)`; a rule that does not judge absence is skipped for an absent optional field."""

    tag: str
    holds: Holds
    judges_absence: bool = False


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a0-\ufffc-]+"
_LETTER = r"A-Za-z\u00a0-\ufffc"
_EMAIL = re.compile(
    rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])+")'
    rf"@(?:[{_LETTER}0-9](?:[{_LETTER}0-9-]*[{_LETTER}0-9])?\.)+[{_LETTER}](?:[{_LETTER}0-9-]*[{_LETTER}0-9])?"
)


def is_email(text: str) -> bool:
    """Whether `text` is a bare address: a dotted or quoted local part and a domain of at least two labels."""
    return _EMAIL.fullmatch(text) is not None


def text_rule(tag: str, test: Callable[[str], bool]) -> Rule:
    """A rule about a text, empty ones included."""
    return Rule(tag, lambda value, _set, _sibling: isinstance(value, str) and test(value))


REQUIRED = Rule("required", lambda _value, is_set, _sibling: is_set, judges_absence=True)
EMAIL = text_rule("email", is_email)
USERNAME = text_rule("username", is_name)
WORKSPACE_NAME = text_rule("workspace_name", is_name)
TEMPLATE_NAME = text_rule("template_name", is_name)
ORGANIZATION_NAME = text_rule("organization_name", is_name)
GROUP_NAME = text_rule("group_name", lambda text: is_name(text, longest=MAX_GROUP_NAME))
TEMPLATE_VERSION_NAME = text_rule("template_version_name", is_version_name)
USER_REAL_NAME = text_rule("user_real_name", is_real_name)
ORGANIZATION_DISPLAY_NAME = text_rule("organization_display_name", is_display_name)
GROUP_DISPLAY_NAME = text_rule("group_display_name", is_display_name)
TEMPLATE_DISPLAY_NAME = text_rule("template_display_name", is_display_name)


def one_of(*words: str) -> Rule:
    """The text is exactly one of `words`; the empty text only if it is among them."""
    return text_rule("oneof", frozenset(words).__contains__)


def shorter_than(size: int) -> Rule:
    """Fewer than `size` bytes of UTF-8 (tag `lt`)."""
    return text_rule("lt", lambda text: len(text.encode()) < size)


def longest(count: int) -> Rule:
    """At most `count` characters of a text or entries of a list or map (tag `max`)."""
    return Rule("max", lambda value, _set, _sibling: isinstance(value, str | tuple | Mapping) and len(value) <= count)


def at_least(lowest: int) -> Rule:
    """The integer is not below `lowest` (tag `min`)."""
    return Rule("min", lambda value, _set, _sibling: isinstance(value, int) and value >= lowest)


def at_most(highest: int) -> Rule:
    """The integer is not above `highest` (tag `max`)."""
    return Rule("max", lambda value, _set, _sibling: isinstance(value, int) and value <= highest)


def required_without(sibling: str) -> Rule:
    """Set, unless `sibling` (its JSON name) is set."""
    return Rule("required_without", lambda _value, is_set, is_sibling_set: is_set or is_sibling_set(sibling), judges_absence=True)


def required_unless(sibling: str) -> Rule:
    """Set, unless `sibling` (its JSON name; a boolean) is true. Shows as a plain `required`."""
    return Rule("required", lambda _value, is_set, is_sibling_set: is_set or is_sibling_set(sibling), judges_absence=True)


def excluded_with(sibling: str) -> Rule:
    """Not set together with `sibling` (its JSON name)."""
    return Rule("excluded_with", lambda _value, is_set, is_sibling_set: not (is_set and is_sibling_set(sibling)))


def unless_unset(rule: Rule) -> Rule:
    """`rule`, but a value left at its default passes: "an empty name leaves it unchanged"."""
    return replace(rule, holds=lambda value, is_set, sibling: not is_set or value == "" or rule.holds(value, is_set, sibling))


def shown(value: object) -> str:
    """How a violation shows the value: `true`, `5`, `[a b]`, `map[k:v]`, `0001-01-01 00:00:00 +0000 UTC`."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            at = value.astimezone(UTC)
            fraction = f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
            return f"{at.year:04d}-{at:%m-%d %H:%M:%S}{fraction} +0000 UTC"
        case tuple():
            return f"[{' '.join(shown(item) for item in value)}]"
        case Mapping():
            return f"map[{' '.join(f'{shown(k)}:{shown(v)}' for k, v in sorted(value.items()))}]"
        case None:
            return "<nil>"
    return str(value)
