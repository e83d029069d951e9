"""What other features may know about people: statuses, ways to sign in, settings with defaults, and the append that a use of an
account makes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.kernel.decider import Append
from domain.kernel.events import Stream
from domain.users.events import UserSeen, UserStatusSet


class UserStatus(StrEnum):
    """Whether a person may sign in: a dormant one wakes by doing so, a suspended one is refused."""

    ACTIVE = "active"
    DORMANT = "dormant"
    SUSPENDED = "suspended"


class LoginType(StrEnum):
    """How a person proves who they are; `NONE` never signs in but may hold tokens."""

    PASSWORD = "password"
    NONE = "none"
    GITHUB = "github"
    OIDC = "oidc"


class SettingsGroup(StrEnum):
    """Personal settings that are read and replaced as a whole."""

    APPEARANCE = "appearance"
    PREFERENCES = "preferences"
    QUIET_HOURS = "quiet_hours"


#: What somebody who set nothing has, key by key in the order of the API's schemas.
DEFAULT_SETTINGS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        SettingsGroup.APPEARANCE.value: MappingProxyType(
            {"theme_preference": "", "theme_mode": "", "theme_light": "", "theme_dark": "", "terminal_font": ""}
        ),
        SettingsGroup.PREFERENCES.value: MappingProxyType(
            {
                "task_notification_alert_dismissed": False,
                "thinking_display_mode": "auto",
                "shell_tool_display_mode": "auto",
                "code_diff_display_mode": "auto",
                "agent_chat_send_shortcut": "enter",
            }
        ),
        SettingsGroup.QUIET_HOURS.value: MappingProxyType({"schedule": ""}),
    }
)


def woken(user_id: str) -> Append:
    """A dormant person is active again because they used their account."""
    return Append(Stream("user", user_id), (UserStatusSet(UserStatus.ACTIVE.value, automatic=True),))


def seen(user_id: str, *, is_dormant: bool) -> Append:
    """The person was active now, and wakes if dormant."""
    return Append(Stream("user", user_id), (*(woken(user_id).events if is_dormant else ()), UserSeen()))
