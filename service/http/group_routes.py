"""The rows of the route table for groups."""

from __future__ import annotations

from service.http import groups
from service.http.routing import AFTER_ID, LIMIT, OFFSET, Access, Parameter, Route

_TAG = "Groups"
_Q = Parameter("q", summary="The search language of people.")
_EXCLUDE_MEMBERS = Parameter("exclude_members", "bool", "Leave the members out; their number stays.")
_READ = "group:read; group_member:read decides which people are shown"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/groups",
        groups.index,
        access=Access.SESSION,
        permission="group:read decides which rows, group_member:read which people",
        summary="List groups",
        responses={200: ["Group"]},
        query=(
            Parameter("organization", summary="Id or name of an organization."),
            Parameter("has_member", summary="Id or name of somebody in the group."),
            Parameter("group_ids", summary="Ids, separated by commas."),
        ),
        tag=_TAG,
    ),
    Route(
        "GET",
        "/groups/{group}",
        groups.show,
        access=Access.SESSION,
        permission=_READ,
        summary="Get a group",
        responses={200: "Group"},
        query=(_EXCLUDE_MEMBERS,),
        tag=_TAG,
    ),
    Route(
        "GET",
        "/groups/{group}/members",
        groups.members,
        access=Access.SESSION,
        permission=_READ,
        summary="List who is in a group, page by page",
        responses={200: "GroupMembersResponse"},
        query=(_Q, AFTER_ID, LIMIT, OFFSET),
        tag=_TAG,
    ),
    Route(
        "PATCH",
        "/groups/{group}",
        groups.update,
        access=Access.SESSION,
        permission="group:read, group:update",
        summary="Update a group",
        request="PatchGroupRequest",
        responses={200: "Group"},
        tag=_TAG,
    ),
    Route(
        "DELETE",
        "/groups/{group}",
        groups.delete,
        access=Access.SESSION,
        permission="group:read, group:delete",
        summary="Delete a group",
        responses={200: "Response"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}/groups",
        groups.index_of_organization,
        access=Access.SESSION,
        permission="organization:read; group:read decides which rows, group_member:read which people",
        summary="List an organization's groups",
        responses={200: ["Group"]},
        tag=_TAG,
    ),
    Route(
        "POST",
        "/organizations/{organization}/groups",
        groups.create,
        access=Access.SESSION,
        permission="organization:read, group:create",
        summary="Create a group",
        request="CreateGroupRequest",
        responses={201: "Group"},
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}/groups/{groupName}",
        groups.show_by_name,
        access=Access.SESSION,
        permission=_READ,
        summary="Get a group by name",
        responses={200: "Group"},
        query=(_EXCLUDE_MEMBERS,),
        tag=_TAG,
    ),
    Route(
        "GET",
        "/organizations/{organization}/groups/{groupName}/members",
        groups.members_by_name,
        access=Access.SESSION,
        permission=_READ,
        summary="List who is in a group by name, page by page",
        responses={200: "GroupMembersResponse"},
        query=(_Q, AFTER_ID, LIMIT, OFFSET),
        tag=_TAG,
    ),
)
