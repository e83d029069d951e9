"""A template's settings: their keys, defaults and limits, and what a change of them yields.

Settings travel as one mapping of JSON values, whole in every event. Source: contract/lifecycle.md A3, A8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from domain.kernel.errors import Violation
from domain.schedules.requirements import WEEKDAYS, BadRequirement, autostop_requirement, days_of, names_of

Settings = Mapping[str, Any]

CORS_BEHAVIORS = ("simple", "passthru")
SHORTEST_SPAN_MS = 60_000
MAX_DESCRIPTION = 128
MAX_ICON = 256

#: What a template has unless somebody says otherwise. Spans in milliseconds, 0 = off. `max_port_share_level` cannot be lowered:
#: ports are not shared here, so a cap would promise what nothing enforces.
DEFAULTS: Settings = MappingProxyType(
    {
        "display_name": "",
        "description": "",
        "icon": "",
        "default_ttl_ms": 0,
        "activity_bump_ms": 3_600_000,
        "time_til_autostop_notify_ms": 0,
        "autostop_requirement": {"days_of_week": [], "weeks": 1},
        "autostart_requirement": {"days_of_week": list(WEEKDAYS)},
        "allow_user_autostart": True,
        "allow_user_autostop": True,
        "allow_user_cancel_workspace_jobs": False,
        "failure_ttl_ms": 0,
        "time_til_dormant_ms": 0,
        "time_til_dormant_autodelete_ms": 0,
        "require_active_version": False,
        "max_port_share_level": "public",
        "cors_behavior": "simple",
        "use_classic_parameter_flow": False,
        "disable_module_cache": False,
        "deprecation_message": "",
    }
)

#: Spans that only creation lets be shorter than a minute, with the field that a refused creation names.
_SPANS = {
    "failure_ttl_ms": "failure_ttl_ms",
    "time_til_dormant_ms": "time_til_dormant_autodeletion_ms",
    "time_til_dormant_autodelete_ms": "time_til_dormant_autodeletion_ms",
}
#: What concerns when existing workspaces start, stop or are deleted.
SCHEDULING = frozenset(
    {"default_ttl_ms", "allow_user_autostop", "autostop_requirement", "autostart_requirement", "time_til_dormant_autodelete_ms"}
)


def changed(current: Settings, changes: Settings) -> dict[str, Any]:
    """All settings once `changes` (checked before) are made; weekdays come out in week order, 0 weeks as 1."""
    merged = {**DEFAULTS, **current, **changes}
    autostop = merged["autostop_requirement"]
    requirement = autostop_requirement(autostop["days_of_week"], autostop["weeks"])
    merged["autostop_requirement"] = {"days_of_week": list(names_of(requirement.days)), "weeks": requirement.weeks}
    merged["autostart_requirement"] = {"days_of_week": list(names_of(days_of(merged["autostart_requirement"]["days_of_week"])))}
    return merged


def creation_violations(changes: Settings) -> list[Violation]:
    """What is wrong with the settings of a new template; spans may have any length, but none is negative."""
    found = _common(changes, _too_short_to_create)
    if changes.get("max_port_share_level"):
        found.append(_port_sharing())
    return found + _cors(changes)


def update_violations(changes: Settings) -> list[Violation]:
    """What is wrong with a change of settings, in the API's order."""
    found = _common(changes, _too_short_to_update)
    if changes.get("max_port_share_level", DEFAULTS["max_port_share_level"]) != DEFAULTS["max_port_share_level"]:
        found.append(_port_sharing())
    found += _cors(changes)
    for field, longest in (("description", MAX_DESCRIPTION), ("icon", MAX_ICON)):
        if len(changes.get(field, "")) > longest:
            found.append(Violation(field, f"must not be longer than {longest} characters"))
    return found


def reschedules(before: Settings, after: Settings) -> bool:
    """Whether a change concerns when existing workspaces start, stop or are deleted."""
    return any(before.get(key) != after.get(key) for key in SCHEDULING)


def _common(changes: Settings, too_short: Callable[[str, int], Violation | None]) -> list[Violation]:
    found = [_negative(field) for field in ("default_ttl_ms", "activity_bump_ms") if changes.get(field, 0) < 0]
    found += _requirements(changes)
    found += [violation for field in _SPANS if (violation := too_short(field, changes.get(field, 0))) is not None]
    notice = changes.get("time_til_autostop_notify_ms", 0)
    if notice and notice < SHORTEST_SPAN_MS:
        found.append(_shorter_than_a_minute("time_til_autostop_notify_ms"))
    return found


def _requirements(changes: Settings) -> list[Violation]:
    found = []
    autostop = changes.get("autostop_requirement")
    if autostop is not None:
        found += _requirement("autostop_requirement", lambda: days_of(autostop["days_of_week"]))
    autostart = changes.get("autostart_requirement")
    if autostart is not None:
        found += _requirement("autostart_requirement", lambda: days_of(autostart["days_of_week"]))
    if autostop is not None:
        found += _requirement("autostop_requirement", lambda: autostop_requirement((), autostop["weeks"]))
    return found


def _requirement(field: str, read: Callable[[], object]) -> list[Violation]:
    try:
        read()
    except BadRequirement as error:
        return [Violation(f"{field}.{error.field}", error.text)]
    return []


def _too_short_to_create(field: str, span: int) -> Violation | None:
    return _negative(_SPANS[field]) if span < 0 else None


def _too_short_to_update(field: str, span: int) -> Violation | None:
    return _shorter_than_a_minute(field) if span and span < SHORTEST_SPAN_MS else None


def _negative(field: str) -> Violation:
    return Violation(field, "must not be negative")


def _shorter_than_a_minute(field: str) -> Violation:
    return Violation(field, "must be 0 or at least one minute")


def _port_sharing() -> Violation:
    return Violation("max_port_sharing_level", "ports are not shared here, so their sharing cannot be limited")


def _cors(changes: Settings) -> list[Violation]:
    if changes.get("cors_behavior", "simple") in CORS_BEHAVIORS:
        return []
    return [Violation("cors_behavior", f"must be one of {', '.join(CORS_BEHAVIORS)}")]
