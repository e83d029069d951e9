"""Organizations begin, change and end (contract/identity.md 6)."""

from __future__ import annotations

import pytest

from domain.kernel.errors import Conflict, Forbidden, Invalid, NameTaken, NotFound
from domain.organizations.commands import CreateOrganization, DeleteOrganization, UpdateEveryoneGroup, UpdateOrganization
from domain.organizations.decisions import (
    Contents,
    decide_create_organization,
    decide_delete_organization,
    decide_update_everyone_group,
    decide_update_organization,
)
from domain.organizations.events import (
    EveryoneGroupUpdated,
    MemberAdded,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationUpdated,
)
from domain.organizations.state import ORGANIZATION, Organization
from domain.reservations.events import NameReleased, NameReserved
from domain.reservations.values import Reservation
from domain.roles.policy import Subject
from tests.domain.roles.subjects import ME, ORG, subject
from tests.support.spec import Given, Then, context, given

FREE, HELD, OURS = Reservation(None), Reservation("someone"), Reservation(ORG)
FOUNDED = OrganizationCreated("acme", "Acme", "Makes things", "/icon.svg")
EMPTY = Contents(0, 0, 0, 1)


def created(state: Organization, holder: Reservation = FREE, *, by: str = "owner", name: str = "acme", display_name: str = "") -> Then:
    command = CreateOrganization(ORG, name, display_name, "", "", ME, subject(by))
    return Given(state).when(lambda s: decide_create_organization(command, s, holder, context()))


def updated(holder: Reservation = OURS, *, by: Subject | None = None, **changes: object) -> Then:
    settings: dict[str, object] = {
        "name": "",
        "display_name": "",
        "description": None,
        "icon": None,
        "default_org_member_roles": None,
        **changes,
    }
    command = UpdateOrganization(organization_id=ORG, subject=by or subject("org-admin"), **settings)  # type: ignore[arg-type]
    return given(ORGANIZATION, FOUNDED, id=ORG).when(lambda s: decide_update_organization(command, s, holder, context()))


def deleted(contents: Contents = EMPTY, *, by: str = "owner", is_default: bool = False) -> Then:
    founded = OrganizationCreated("acme", "Acme", "", "", is_default)
    command = DeleteOrganization(ORG, subject(by))
    return given(ORGANIZATION, founded, id=ORG).when(lambda s: decide_delete_organization(command, s, contents, context()))


def test_a_new_one_has_its_founder_as_a_member_without_roles() -> None:
    created(ORGANIZATION.initial).then(NameReserved("organization", ORG), OrganizationCreated("acme", "acme", "", ""), MemberAdded(ME, []))


def test_a_display_name_is_kept() -> None:
    assert OrganizationCreated("acme", "Acme Corp", "", "") in created(ORGANIZATION.initial, display_name="Acme Corp").events


@pytest.mark.parametrize("by", ["org-admin", "user-admin", "template-admin", "auditor", "member"])
def test_only_a_site_owner_founds(by: str) -> None:
    created(ORGANIZATION.initial, by=by).then_raises(Forbidden)


def test_a_held_name_is_taken_and_default_is_reserved() -> None:
    created(ORGANIZATION.initial, HELD).then_raises(NameTaken, field="name")
    created(ORGANIZATION.initial, name="default").then_raises(Invalid, field="name")


def test_founding_again_is_nothing() -> None:
    given(ORGANIZATION, FOUNDED, id=ORG).when(
        lambda s: decide_create_organization(CreateOrganization(ORG, "acme", "", "", "", ME, None), s, OURS, context())
    ).then_nothing()


def test_a_change_states_all_settings() -> None:
    updated(display_name="New", description="").then(OrganizationUpdated("acme", "New", "", "/icon.svg", ["organization-workspace-access"]))


def test_another_name_moves_the_reservation() -> None:
    updated(FREE, name="apex").then(
        NameReleased("organization", ORG),
        NameReserved("organization", ORG),
        OrganizationUpdated("apex", "Acme", "Makes things", "/icon.svg", ["organization-workspace-access"]),
    )


def test_another_case_keeps_the_reservation() -> None:
    updated(OURS, name="ACME").then(OrganizationUpdated("ACME", "Acme", "Makes things", "/icon.svg", ["organization-workspace-access"]))


def test_no_change_is_nothing() -> None:
    updated(name="acme", description="Makes things", default_org_member_roles=("organization-workspace-access",)).then_nothing()


def test_changes_that_are_refused() -> None:
    updated(HELD, name="apex").then_raises(NameTaken, field="name")
    updated(FREE, name="default").then_raises(Invalid, field="name")
    updated(FREE, name="default", by=subject("member")).then_raises(Invalid)
    updated(FREE, name="apex", by=subject("org-user-admin")).then_raises(NotFound)
    updated(default_org_member_roles=()).then_raises(Forbidden, message="minimum-implicit-member")


def test_an_empty_one_can_be_closed_and_frees_its_name() -> None:
    deleted().then(NameReleased("organization", ORG), OrganizationDeleted())
    deleted(by="org-admin").then(NameReleased("organization", ORG), OrganizationDeleted())


def test_the_default_one_stays() -> None:
    deleted(is_default=True).then_raises(Invalid, message="Default organization cannot be deleted.")


def test_closing_needs_the_right() -> None:
    deleted(by="org-user-admin").then_raises(Forbidden)


def test_what_is_left_is_counted() -> None:
    refusal = deleted(Contents(workspaces=2, templates=1, groups=0, members=3)).then_raises(Conflict)
    assert refusal.detail == "This organization has 2 workspaces, 1 template, 2 members that must be deleted first."


def test_who_is_a_member_of_a_closed_one() -> None:
    state = given(ORGANIZATION, FOUNDED, MemberAdded(ME, []), OrganizationDeleted(), id=ORG).state
    assert not state.is_live
    assert len(state.members) == 0


def test_everyone_has_a_picture_and_a_quota() -> None:
    def change(avatar_url: str | None, quota: int | None, by: str = "org-admin") -> Then:
        command = UpdateEveryoneGroup(ORG, avatar_url, quota, subject(by))
        return given(ORGANIZATION, FOUNDED, EveryoneGroupUpdated("/a.png", 3), id=ORG).when(
            lambda s: decide_update_everyone_group(command, s, context())
        )

    change(None, 7).then(EveryoneGroupUpdated("/a.png", 7))
    change("", None).then(EveryoneGroupUpdated("", 3))
    change("/a.png", 3).then_nothing()
    change(None, 7, by="member").then_raises(Forbidden)
