"""What is a person's own: settings of their pages, their git key, values that forms fill in (contract/identity.md 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from domain.kernel.errors import Invalid, NotFound, Violation
from domain.kernel.spellings import uuid_text
from domain.roles.permissions import Action
from domain.users.commands import ChangeSettings, ReplaceSSHKey
from domain.users.values import DEFAULT_SETTINGS, SettingsGroup
from projections.users.queries import autofill_parameters, settings_of, ssh_key_of
from projections.users.render import UserRow, ssh_key_document
from service.auth.secrets import private_key_written
from service.auth.ssh_keys import generate_key_pair
from service.http.call import Call
from service.http.fields import FLAG, TEXT, optional, wire
from service.http.parsing import decode_body
from service.http.people import personal_user
from service.http.responses import json_response
from service.http.routing import Access, Body, Handler, Parameter, Route
from service.http.rules import REQUIRED, one_of, unless_unset

_THEMES = one_of("light", "light-protan-deuter", "light-tritan", "dark", "dark-protan-deuter", "dark-tritan")
_FONTS = one_of("geist-mono", "ibm-plex-mono", "fira-code", "source-code-pro", "jetbrains-mono")
_DISPLAY = one_of("auto", "always_expanded", "always_collapsed")


@dataclass(frozen=True, slots=True)
class AppearanceRequest:
    """Replaces what was set; a `sync` mode follows the system between two themes."""

    theme_preference: str = wire(TEXT, REQUIRED)
    theme_mode: str = wire(TEXT, unless_unset(one_of("sync", "single")))
    theme_light: str = wire(TEXT, unless_unset(_THEMES))
    theme_dark: str = wire(TEXT, unless_unset(_THEMES))
    terminal_font: str = wire(TEXT, REQUIRED, _FONTS)


@dataclass(frozen=True, slots=True)
class PreferencesRequest:
    """What is left out stays as it is."""

    task_notification_alert_dismissed: bool | None = optional(FLAG)
    thinking_display_mode: str | None = optional(TEXT, one_of("auto", "preview", "always_expanded", "always_collapsed"))
    shell_tool_display_mode: str | None = optional(TEXT, _DISPLAY)
    code_diff_display_mode: str | None = optional(TEXT, _DISPLAY)
    agent_chat_send_shortcut: str | None = optional(TEXT, one_of("enter", "modifier_enter"))


async def _stored(call: Call, group: SettingsGroup, action: Action) -> tuple[UserRow, dict[str, object]]:
    async with call.pool.connection() as connection:
        user = await personal_user(call, connection, action)
        return user, {**DEFAULT_SETTINGS[group.value], **await settings_of(connection, user.id, group.value)}


async def appearance(call: Call) -> web.Response:
    """How pages look to a person."""
    return json_response((await _stored(call, SettingsGroup.APPEARANCE, Action.READ_PERSONAL))[1])


async def change_appearance(call: Call) -> web.Response:
    """Another look."""
    user, _ = await _stored(call, SettingsGroup.APPEARANCE, Action.UPDATE_PERSONAL)
    request = decode_body(await call.body(), AppearanceRequest)
    missing = [n for n in ("theme_light", "theme_dark") if request.theme_mode == "sync" and not getattr(request, n)]
    if missing:
        detail = 'Validation failed for tag "required_if" with value: ""'
        raise Invalid("Validation failed.", validations=[Violation(name, detail) for name in missing])
    settings: dict[str, object] = {name: getattr(request, name) for name in DEFAULT_SETTINGS[SettingsGroup.APPEARANCE.value]}
    await call.execute(ChangeSettings(user.id, SettingsGroup.APPEARANCE.value, settings))
    return json_response(settings)


async def preferences(call: Call) -> web.Response:
    """How a person likes things done."""
    return json_response((await _stored(call, SettingsGroup.PREFERENCES, Action.READ_PERSONAL))[1])


async def change_preferences(call: Call) -> web.Response:
    """Other likings, one or several."""
    user, stored = await _stored(call, SettingsGroup.PREFERENCES, Action.UPDATE_PERSONAL)
    request = decode_body(await call.body(), PreferencesRequest)
    given = {name: value for name in stored if (value := getattr(request, name, None)) is not None}
    settings = {**stored, **given}
    await call.execute(ChangeSettings(user.id, SettingsGroup.PREFERENCES.value, settings))
    return json_response(settings)


async def ssh_key(call: Call) -> web.Response:
    """The public half of a person's git key."""
    async with call.pool.connection() as connection:
        user = await personal_user(call, connection, Action.READ_PERSONAL)
        key = await ssh_key_of(connection, user.id)
    if key is None:
        raise NotFound
    return json_response(ssh_key_document(user.id, *key))


async def replace_ssh_key(call: Call) -> web.Response:
    """A new pair; the old one opens nothing any more."""
    async with call.pool.connection() as connection:
        user = await personal_user(call, connection, Action.UPDATE_PERSONAL)
    pair = generate_key_pair()
    await call.execute(ReplaceSSHKey(user.id, pair.public), side_writes=(private_key_written(user.id, pair),))
    async with call.pool.connection() as connection:
        key = await ssh_key_of(connection, user.id)
    if key is None:
        raise NotFound
    return json_response(ssh_key_document(user.id, *key))


async def autofill(call: Call) -> web.Response:
    """The newest value that a person's builds of a template used, per parameter."""
    async with call.pool.connection() as connection:
        user = await personal_user(call, connection, Action.READ_PERSONAL)
        rows = await autofill_parameters(connection, user.id, _template_id(call))
    return json_response([{"name": name, "value": value} for name, value in rows])


def _template_id(call: Call) -> str:
    query = call.request.query
    violations = [Violation(name, f'"{name}" is not a valid query param') for name in dict.fromkeys(query) if name != "template_id"]
    template_id = ""
    try:
        template_id = uuid_text(query.get("template_id", ""))
    except ValueError:
        violations.insert(0, Violation("template_id", 'Query param "template_id" must be a valid uuid'))
    if violations:
        raise Invalid("Invalid query parameters.", validations=violations)
    return template_id


_TAG = "Personal"
_READ, _UPDATE = "user:read_personal", "user:update_personal"


def _get(path: str, handler: Handler, summary: str, answer: Body, query: tuple[Parameter, ...] = ()) -> Route:
    return Route("GET", f"/users/{{user}}/{path}", handler, Access.SESSION, _READ, summary, responses={200: answer}, query=query, tag=_TAG)


def _put(path: str, handler: Handler, summary: str, answer: Body, request: str | None = None) -> Route:
    return Route(
        "PUT", f"/users/{{user}}/{path}", handler, Access.SESSION, _UPDATE, summary, request=request, responses={200: answer}, tag=_TAG
    )


ROUTES = (
    _get("appearance", appearance, "Get a user's appearance settings", "UserAppearanceSettings"),
    _put("appearance", change_appearance, "Set a user's appearance", "UserAppearanceSettings", "UpdateUserAppearanceSettingsRequest"),
    _get("preferences", preferences, "Get a user's preferences", "UserPreferenceSettings"),
    _put("preferences", change_preferences, "Set a user's preferences", "UserPreferenceSettings", "UpdateUserPreferenceSettingsRequest"),
    _get("gitsshkey", ssh_key, "Get a user's git key", "GitSSHKey"),
    _put("gitsshkey", replace_ssh_key, "Replace a user's git key", "GitSSHKey"),
    _get(
        "autofill-parameters",
        autofill,
        "Get the values that a user last gave to a template's parameters",
        ["UserParameter"],
        (Parameter("template_id", "uuid", "The template.", required=True),),
    ),
)
