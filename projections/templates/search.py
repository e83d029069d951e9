"""The `q` language of template lists (contract/lifecycle.md A3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql

from projections.querylang import Keys, bare_is, key
from projections.queryvalues import FLAG, ORGANIZATION, TEXT, UUID, UUIDS, ById, ByName, OrganizationRef

INVALID_SEARCH = "Invalid template search query."

_ORGANIZATION: LiteralString = "SELECT id FROM organizations WHERE NOT deleted AND (id = %(id)s::uuid OR lower(name) = lower(%(name)s))"


@dataclass(frozen=True, slots=True)
class TemplateSearch:
    """What a query asks for; every field at its default asks for nothing. Field order is the order of errors."""

    exact_name: str = key(TEXT)
    name: str = key(TEXT)
    exact_display_name: str = key(TEXT)
    display_name: str = key(TEXT)
    organization: OrganizationRef | None = key(ORGANIZATION)
    deprecated: bool | None = key(FLAG)
    deleted: bool | None = key(FLAG)
    ids: tuple[str, ...] = key(UUIDS)
    author: str = key(TEXT)
    author_id: str = key(UUID)
    has_ai_task: bool | None = key(FLAG, name="has-ai-task")
    has_external_agent: bool | None = key(FLAG)


_KEYS = Keys(TemplateSearch, bare_is("display_name"))


@dataclass(frozen=True, slots=True)
class ResolvedSearch:
    """A search whose organization was found (`organization_id`, None: any) and whose author is known."""

    search: TemplateSearch
    organization_id: str | None
    caller_id: str


async def parse_template_search(connection: AsyncConnection[Any], text: str, caller_id: str) -> ResolvedSearch:
    """The search that `text` spells. Raises `Invalid` with every error at once, an unknown organization among them."""
    parsed = _KEYS.parse(text, INVALID_SEARCH)
    organization_id = None
    wanted = parsed.values.organization
    if wanted is not None:
        organization_id = await _organization(connection, wanted)
        if organization_id is None:
            parsed.problems.reject("organization", "there is no such organization")
    parsed.problems.check()
    return ResolvedSearch(parsed.values, organization_id, caller_id)


async def _organization(connection: AsyncConnection[Any], wanted: OrganizationRef) -> str | None:
    parameters = {
        "id": wanted.id if isinstance(wanted, ById) else None,
        "name": wanted.name if isinstance(wanted, ByName) else None,
    }
    cursor = await connection.execute(_ORGANIZATION, parameters)
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


def search_condition(resolved: ResolvedSearch) -> tuple[sql.Composable, dict[str, Any]]:
    """The search as a condition on `templates t`, with its parameters. Deleted and deprecated ones match only when asked for."""
    search = resolved.search
    parts: list[sql.Composable] = []
    values: dict[str, Any] = {}

    def add(condition: LiteralString, **parameters: Any) -> None:
        parts.append(sql.SQL(condition))
        values.update(parameters)

    add("t.deleted = %(deleted)s", deleted=bool(search.deleted))
    add("(t.settings ->> 'deprecation_message' <> '') = %(deprecated)s", deprecated=bool(search.deprecated))
    if search.exact_name:
        add("lower(t.name) = %(exact_name)s", exact_name=search.exact_name)
    if search.name:
        add("position(%(name)s IN lower(t.name)) > 0", name=search.name)
    if search.exact_display_name:
        add("lower(t.display_name) = %(exact_display_name)s", exact_display_name=search.exact_display_name)
    if search.display_name:
        add(
            "CASE WHEN t.display_name <> '' THEN position(%(display_name)s IN lower(t.display_name)) > 0"
            " ELSE position(%(unspaced)s IN lower(t.name)) > 0 END",
            display_name=search.display_name,
            unspaced=search.display_name.replace(" ", ""),
        )
    if resolved.organization_id is not None:
        add("t.organization_id = %(organization_id)s::uuid", organization_id=resolved.organization_id)
    if search.ids:
        add("t.id = ANY(%(ids)s::uuid[])", ids=list(search.ids))
    if search.author == "me":
        add("t.created_by = %(caller_id)s::uuid", caller_id=resolved.caller_id)
    elif search.author:
        add("lower(u.username) = %(author)s", author=search.author)
    if search.author_id:
        add("t.created_by = %(author_id)s::uuid", author_id=search.author_id)
    if search.has_ai_task is not None:
        add("(coalesce(v.plan -> 'start' ->> 'ai_task_app', '') <> '') = %(has_ai_task)s", has_ai_task=search.has_ai_task)
    if search.has_external_agent is not None:
        add("NOT %(has_external_agent)s", has_external_agent=search.has_external_agent)
    return sql.SQL(" AND ").join(parts), values
