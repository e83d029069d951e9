"""What a subject acts on: one constructor per kind of record, so that each is described to the policy in one way only.

Ids are lower-case UUID text; "" means "not set" (a question about a whole collection). Source: contract/authorization.md 6.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from domain.kernel.ids import NIL, PREBUILDS_USER
from domain.roles.permissions import Action, Resource

#: An access list: user or group id -> actions (or `*`).
Acl = Mapping[str, Collection[str]]

#: As the owner: an id that nobody has, so that only rights over *every* owner's objects count (contract/authorization.md 1.2).
ANY_OWNER = "*"

_READ = (Action.READ.value,)
_TO_PREBUILT = frozenset({Action.UPDATE.value, Action.DELETE.value})


@dataclass(frozen=True, slots=True)
class Object:
    """The policy's view of a record or, without `id`, of a collection. `type` may be any text; unknown types match little.

    `any_organization` asks "in at least one of my organizations"; together with an `organization_id` it is an error, which
    the policy answers with no.
    """

    type: str
    id: str = ""
    owner_id: str = ""
    organization_id: str = ""
    any_organization: bool = False
    user_acl: Acl | None = None
    group_acl: Acl | None = None


def workspace(
    *,
    id: str,
    owner_id: str,
    organization_id: str,
    is_dormant: bool = False,
    user_acl: Acl | None = None,
    group_acl: Acl | None = None,
    sharing_disabled: bool = False,
) -> Object:
    """A workspace. A dormant one is another type and shared with nobody; nor is any, where sharing is disabled deployment-wide."""
    if is_dormant:
        return Object(Resource.WORKSPACE_DORMANT.value, id, owner_id, organization_id)
    if sharing_disabled:
        return Object(Resource.WORKSPACE.value, id, owner_id, organization_id)
    return Object(Resource.WORKSPACE.value, id, owner_id, organization_id, False, user_acl, group_acl)


def new_workspace(*, owner_id: str, organization_id: str) -> Object:
    """A workspace yet to be created from a template of `organization_id`; `owner_id=ANY_OWNER` for "for whomever"."""
    return Object(Resource.WORKSPACE.value, "", owner_id, organization_id)


def workspaces_of_any_owner_anywhere() -> Object:
    """Asks whether the subject may act for any owner in at least one organization (contract/authorization.md 1.4)."""
    return Object(Resource.WORKSPACE.value, "", ANY_OWNER, any_organization=True)


def as_prebuilt(obj: Object, action: str) -> Object | None:
    """The second chance of a prebuilt workspace: the object to ask about when `obj` itself was refused, or None.

    Only for `update` and `delete` on a workspace of the prebuilds user.
    """
    if obj.owner_id != PREBUILDS_USER or action not in _TO_PREBUILT:
        return None
    return replace(obj, type=Resource.PREBUILT_WORKSPACE.value, user_acl=None, group_acl=None)


def task(
    *,
    id: str,
    owner_id: str,
    organization_id: str,
    user_acl: Acl | None = None,
    group_acl: Acl | None = None,
    sharing_disabled: bool = False,
) -> Object:
    """A task, which shares the access lists of its workspace unless sharing is disabled deployment-wide."""
    if sharing_disabled:
        return Object(Resource.TASK.value, id, owner_id, organization_id)
    return Object(Resource.TASK.value, id, owner_id, organization_id, False, user_acl, group_acl)


def template(*, id: str, organization_id: str, user_acl: Acl | None = None, group_acl: Acl | None = None) -> Object:
    """A template, and whatever is derived from it: versions, files, parameters."""
    return Object(Resource.TEMPLATE.value, id, "", organization_id, False, user_acl, group_acl)


def templates(organization_id: str) -> Object:
    """All templates of an organization: also a version that belongs to no template yet, and a template yet to be created."""
    return Object(Resource.TEMPLATE.value, "", "", organization_id)


def user(user_id: str) -> Object:
    """A user, their SSH key and their links to other systems."""
    return Object(Resource.USER.value, user_id, user_id)


def users() -> Object:
    """All users; also one yet to be created."""
    return Object(Resource.USER.value)


def organization(organization_id: str) -> Object:
    """An organization, which lies in itself."""
    return Object(Resource.ORGANIZATION.value, organization_id, "", organization_id)


def organizations() -> Object:
    """All organizations; also one yet to be created."""
    return Object(Resource.ORGANIZATION.value)


def member(*, user_id: str, organization_id: str) -> Object:
    """The membership of a user in an organization."""
    return Object(Resource.ORGANIZATION_MEMBER.value, user_id, user_id, organization_id)


def new_member(*, user_id: str, organization_id: str) -> Object:
    """A membership yet to be created. Without an owner, so that nobody joins by owning themselves."""
    return Object(Resource.ORGANIZATION_MEMBER.value, user_id, "", organization_id)


def members(organization_id: str) -> Object:
    """All memberships of an organization."""
    return Object(Resource.ORGANIZATION_MEMBER.value, "", "", organization_id)


def group(*, id: str, organization_id: str) -> Object:
    """A group, which its explicit members can read; Everyone has its organization's id, so each member reads it."""
    return Object(Resource.GROUP.value, id, "", organization_id, group_acl={id: _READ})


def groups(organization_id: str) -> Object:
    """All groups of an organization; also one yet to be created."""
    return Object(Resource.GROUP.value, "", "", organization_id)


def group_member(*, user_id: str, organization_id: str) -> Object:
    """That a user is in some group of the organization."""
    return Object(Resource.GROUP_MEMBER.value, user_id, user_id, organization_id)


def api_key(*, id: str, owner_id: str) -> Object:
    """An API key; `id=""` for one yet to be created."""
    return Object(Resource.API_KEY.value, id, owner_id)


def audit_entry(*, id: str = "", organization_id: str = "") -> Object:
    """An entry of the audit log; the nil UUID as organization means none."""
    return Object(Resource.AUDIT_LOG.value, id, "", "" if organization_id == NIL else organization_id)


def audit_log_anywhere() -> Object:
    """The audit log of at least one organization, or of the site: what opens the audit page at all."""
    return Object(Resource.AUDIT_LOG.value, any_organization=True)


def provisioner_daemon(*, id: str = "", organization_id: str, owner_id: str = "") -> Object:
    """A provisioner daemon or its key; `owner_id` only for one that serves a single user."""
    return Object(Resource.PROVISIONER_DAEMON.value, id, owner_id, organization_id)


def provisioner_jobs(organization_id: str) -> Object:
    """Any provisioner job of the organization."""
    return Object(Resource.PROVISIONER_JOBS.value, "", "", organization_id)


def file(*, id: str, owner_id: str) -> Object:
    """An uploaded file. Who may update a template that uses it may read it too: ask that second, with `template`."""
    return Object(Resource.FILE.value, id, owner_id)


def organization_roles(organization_id: str) -> Object:
    """The custom roles of an organization, and who holds which role in it."""
    return Object(Resource.ASSIGN_ORG_ROLE.value, "", "", organization_id)


def site_roles() -> Object:
    """Who holds which site role."""
    return Object(Resource.ASSIGN_ROLE.value)


def deployment_config() -> Object:
    """What is set for the whole deployment."""
    return Object(Resource.DEPLOYMENT_CONFIG.value)
