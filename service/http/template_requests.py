"""What clients send to make and change templates (contract/lifecycle.md A3, A8), and the settings that it amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.http.fields import FLAG, INT64, TEXT, UUID_TEXT, list_of, optional, wire
from service.http.parsing import nested
from service.http.rules import REQUIRED, TEMPLATE_DISPLAY_NAME, TEMPLATE_NAME, shorter_than, unless_unset


@dataclass(frozen=True, slots=True)
class AutostopRequest:
    """`TemplateAutostopRequirement`."""

    days_of_week: tuple[str, ...] = wire(list_of(TEXT))
    weeks: int = wire(INT64)


@dataclass(frozen=True, slots=True)
class AutostartRequest:
    """`TemplateAutostartRequirement`."""

    days_of_week: tuple[str, ...] = wire(list_of(TEXT))


@dataclass(frozen=True, slots=True)
class CreateTemplateRequest:
    """`CreateTemplateRequest`; two spans and the parameter flow have names of their own here."""

    name: str = wire(TEXT, TEMPLATE_NAME, REQUIRED)
    display_name: str = wire(TEXT, TEMPLATE_DISPLAY_NAME)
    description: str = wire(TEXT, shorter_than(128))
    icon: str = wire(TEXT)
    template_version_id: str = wire(UUID_TEXT, REQUIRED)
    default_ttl_ms: int | None = optional(INT64)
    activity_bump_ms: int | None = optional(INT64)
    time_til_autostop_notify_ms: int | None = optional(INT64)
    autostop_requirement: AutostopRequest | None = optional(nested(AutostopRequest))
    autostart_requirement: AutostartRequest | None = optional(nested(AutostartRequest))
    allow_user_cancel_workspace_jobs: bool | None = optional(FLAG)
    allow_user_autostart: bool | None = optional(FLAG)
    allow_user_autostop: bool | None = optional(FLAG)
    failure_ttl_ms: int | None = optional(INT64)
    dormant_ttl_ms: int | None = optional(INT64)
    delete_ttl_ms: int | None = optional(INT64)
    disable_everyone_group_access: bool = wire(FLAG)
    require_active_version: bool = wire(FLAG)
    max_port_share_level: str | None = optional(TEXT)
    template_use_classic_parameter_flow: bool | None = optional(FLAG)
    cors_behavior: str | None = optional(TEXT)

    def settings(self) -> dict[str, Any]:
        """The settings that the request gives."""
        given = {
            "display_name": self.display_name,
            "description": self.description,
            "icon": self.icon,
            "time_til_dormant_ms": self.dormant_ttl_ms,
            "time_til_dormant_autodelete_ms": self.delete_ttl_ms,
            "use_classic_parameter_flow": self.template_use_classic_parameter_flow,
        }
        return _without_none({**given, **_shared(self)})


@dataclass(frozen=True, slots=True)
class UpdateTemplateRequest:
    """`UpdateTemplateMeta`: what is absent stays."""

    name: str | None = optional(TEXT, unless_unset(TEMPLATE_NAME))
    display_name: str | None = optional(TEXT, unless_unset(TEMPLATE_DISPLAY_NAME))
    description: str | None = optional(TEXT)
    icon: str | None = optional(TEXT)
    default_ttl_ms: int | None = optional(INT64)
    activity_bump_ms: int | None = optional(INT64)
    time_til_autostop_notify_ms: int | None = optional(INT64)
    autostop_requirement: AutostopRequest | None = optional(nested(AutostopRequest))
    autostart_requirement: AutostartRequest | None = optional(nested(AutostartRequest))
    allow_user_autostart: bool | None = optional(FLAG)
    allow_user_autostop: bool | None = optional(FLAG)
    allow_user_cancel_workspace_jobs: bool | None = optional(FLAG)
    failure_ttl_ms: int | None = optional(INT64)
    time_til_dormant_ms: int | None = optional(INT64)
    time_til_dormant_autodelete_ms: int | None = optional(INT64)
    update_workspace_last_used_at: bool | None = optional(FLAG)
    update_workspace_dormant_at: bool | None = optional(FLAG)
    require_active_version: bool | None = optional(FLAG)
    deprecation_message: str | None = optional(TEXT)
    disable_everyone_group_access: bool | None = optional(FLAG)
    max_port_share_level: str | None = optional(TEXT)
    cors_behavior: str | None = optional(TEXT)
    use_classic_parameter_flow: bool | None = optional(FLAG)
    disable_module_cache: bool | None = optional(FLAG)

    def settings(self) -> dict[str, Any]:
        """The settings that the request changes."""
        given = {
            "display_name": self.display_name,
            "description": self.description,
            "icon": self.icon,
            "time_til_dormant_ms": self.time_til_dormant_ms,
            "time_til_dormant_autodelete_ms": self.time_til_dormant_autodelete_ms,
            "use_classic_parameter_flow": self.use_classic_parameter_flow,
            "deprecation_message": self.deprecation_message,
            "disable_module_cache": self.disable_module_cache,
        }
        return _without_none({**given, **_shared(self)})


def _shared(request: CreateTemplateRequest | UpdateTemplateRequest) -> dict[str, Any]:
    """The settings that both requests spell alike."""
    autostop, autostart = request.autostop_requirement, request.autostart_requirement
    return {
        "default_ttl_ms": request.default_ttl_ms,
        "activity_bump_ms": request.activity_bump_ms,
        "time_til_autostop_notify_ms": request.time_til_autostop_notify_ms,
        "autostop_requirement": autostop and {"days_of_week": list(autostop.days_of_week), "weeks": autostop.weeks},
        "autostart_requirement": autostart and {"days_of_week": list(autostart.days_of_week)},
        "allow_user_autostart": request.allow_user_autostart,
        "allow_user_autostop": request.allow_user_autostop,
        "allow_user_cancel_workspace_jobs": request.allow_user_cancel_workspace_jobs,
        "failure_ttl_ms": request.failure_ttl_ms,
        "require_active_version": request.require_active_version,
        "max_port_share_level": request.max_port_share_level or None,
        "cors_behavior": request.cors_behavior,
    }


def _without_none(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}
