"""Templates: made, changed, promoted, shared, deleted."""

from __future__ import annotations

import pytest

from domain.kernel.decider import Decision
from domain.kernel.errors import Forbidden, Invalid, NameTaken, NotFound
from domain.kernel.events import Event
from domain.reservations.events import NameReleased, NameReserved
from domain.reservations.values import Reservation
from domain.templates.commands import CreateTemplate, DeleteTemplate, EndRollout, PromoteVersion, UpdateTemplate, UpdateTemplateACL
from domain.templates.decisions import (
    Grantees,
    decide_create_template,
    decide_delete_template,
    decide_end_rollout,
    decide_promote_version,
    decide_update_template,
    decide_update_template_acl,
)
from domain.templates.events import (
    TemplateACLUpdated,
    TemplateCreated,
    TemplateDeleted,
    TemplateRolloutBegun,
    TemplateRolloutEnded,
    TemplateUpdated,
    TemplateVersionPromoted,
)
from domain.templates.settings import changed
from domain.templates.state import TEMPLATE
from domain.templates.version_events import TemplateImportFailed, TemplateVersionArchived, TemplateVersionAttached
from domain.templates.versions import TEMPLATE_VERSION, TemplateVersion
from tests.domain.templates.histories import ORG, OTHER_ORG, SECOND_ID, TEMPLATE_ID, VERSION_ID, imported, template_created, version_created
from tests.support.spec import ALICE, BOB, given

FREE, TAKEN = Reservation(), Reservation("somebody")
CREATE = CreateTemplate(TEMPLATE_ID, ORG, "docker", VERSION_ID)
NOBODY = Grantees(frozenset(), frozenset())


def version(*events: Event, id: str = VERSION_ID) -> TemplateVersion:
    return given(TEMPLATE_VERSION, *events, id=id).state


def create(command: CreateTemplate, name: Reservation, of: TemplateVersion, *, organization_is_live: bool = True) -> Decision:
    return decide_create_template(command, name, of, organization_is_live=organization_is_live)


# -- creation -----------------------------------------------------------------


def test_a_template_takes_its_version_and_both_names_at_once() -> None:
    given(TEMPLATE_VERSION, *imported(None), id=VERSION_ID).when(lambda v: create(CREATE, FREE, v)).then(
        TemplateCreated(ORG, "docker", VERSION_ID, "echo", changed({}, {}), {}, {ORG: "use"}),
        TemplateVersionAttached(TEMPLATE_ID),
        NameReserved("template", TEMPLATE_ID),
        NameReserved("template_version", VERSION_ID),
    )


def test_a_template_can_be_closed_to_everyone() -> None:
    closed = CreateTemplate(TEMPLATE_ID, ORG, "docker", VERSION_ID, {"icon": "/x.png"}, is_for_everyone=False)
    decision = create(closed, FREE, version(*imported(None)))
    assert decision[0].events == (TemplateCreated(ORG, "docker", VERSION_ID, "echo", changed({}, {"icon": "/x.png"}), {}, {}),)


def test_an_import_need_not_have_succeeded() -> None:
    assert create(CREATE, FREE, version(version_created(None)))


def test_a_taken_name_comes_before_anything_about_the_version() -> None:
    given(TEMPLATE_VERSION).when(lambda v: create(CREATE, TAKEN, v)).then_raises(NameTaken, field="name")


@pytest.mark.parametrize(
    ("history", "kind"),
    [
        ((), NotFound),
        ((*imported(None), TemplateVersionArchived(TEMPLATE_ID)), Invalid),
        (imported(TEMPLATE_ID), Invalid),
    ],
)
def test_which_versions_cannot_become_a_template(history: tuple[Event, ...], kind: type[Invalid | NotFound]) -> None:
    given(TEMPLATE_VERSION, *history, id=VERSION_ID).when(lambda v: create(CREATE, FREE, v)).then_raises(kind, field="template_version_id")


def test_a_version_of_another_organization_does_not_exist() -> None:
    elsewhere = CreateTemplate(TEMPLATE_ID, OTHER_ORG, "docker", VERSION_ID)
    given(TEMPLATE_VERSION, *imported(None)).when(lambda v: create(elsewhere, FREE, v)).then_raises(NotFound)


def test_an_organization_that_is_gone_gets_no_template() -> None:
    then = given(TEMPLATE_VERSION, *imported(None), id=VERSION_ID)
    then.when(lambda v: create(CREATE, FREE, v, organization_is_live=False)).then_raises(NotFound)


def test_settings_are_judged_last_and_together() -> None:
    bad = CreateTemplate(TEMPLATE_ID, ORG, "docker", VERSION_ID, {"default_ttl_ms": -1, "cors_behavior": "x"})
    then = given(TEMPLATE_VERSION, *imported(None)).when(lambda v: create(bad, FREE, v))
    refusal = then.then_raises(Invalid)
    assert [v.field for v in refusal.validations] == ["default_ttl_ms", "cors_behavior"]


# -- changes ------------------------------------------------------------------


def update(**fields: object) -> UpdateTemplate:
    return UpdateTemplate(TEMPLATE_ID, ORG, **fields)  # type: ignore[arg-type]  # each case passes fields of the command


def test_a_change_holds_all_settings() -> None:
    given(TEMPLATE, template_created(icon="/a.png"), id=TEMPLATE_ID).when(
        lambda s: decide_update_template(update(settings={"default_ttl_ms": 60_000}), s, FREE)
    ).then(
        TemplateUpdated(ORG, "docker", changed({}, {"icon": "/a.png", "default_ttl_ms": 60_000})), TemplateRolloutBegun(ORG, False, False)
    )


def test_what_does_not_concern_workspaces_is_not_rolled_out() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_update_template(update(settings={"description": "new"}), s, FREE)
    ).then(TemplateUpdated(ORG, "docker", changed({}, {"description": "new"})))


def test_time_can_begin_anew_without_another_setting() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_update_template(update(restarts_dormancy=True), s, FREE)
    ).then(TemplateRolloutBegun(ORG, False, True))


def test_a_rollout_ends_once_and_a_later_one_takes_over_what_an_earlier_one_left() -> None:
    first, second = TemplateRolloutBegun(ORG, True, False), TemplateRolloutBegun(ORG, False, False)
    end_first, end_second = EndRollout(TEMPLATE_ID, 2), EndRollout(TEMPLATE_ID, 3)
    one = given(TEMPLATE, template_created(), first, id=TEMPLATE_ID)
    one.when(lambda s: decide_end_rollout(end_first, s)).then(TemplateRolloutEnded(ORG, 2))
    both = given(TEMPLATE, template_created(), first, second, id=TEMPLATE_ID)
    assert both.state.rollout is not None
    assert both.state.rollout.restarts_idleness
    both.when(lambda s: decide_end_rollout(end_first, s)).then_nothing()
    both.when(lambda s: decide_end_rollout(end_second, s)).then(TemplateRolloutEnded(ORG, 3))
    ended = given(TEMPLATE, template_created(), first, second, TemplateRolloutEnded(ORG, 3), id=TEMPLATE_ID)
    ended.when(lambda s: decide_end_rollout(end_second, s)).then_nothing()


def test_a_change_without_effect_says_nothing() -> None:
    same = update(name="docker", settings={"default_ttl_ms": 0}, is_for_everyone=True)
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(lambda s: decide_update_template(same, s, TAKEN)).then_nothing()


def test_another_name_frees_the_old_one() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(lambda s: decide_update_template(update(name="pod"), s, FREE)).then(
        TemplateUpdated(ORG, "pod", changed({}, {})),
        NameReserved("template", TEMPLATE_ID),
        NameReleased("template", TEMPLATE_ID),
    )


def test_another_case_of_its_own_name_is_free() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_update_template(update(name="Docker"), s, Reservation(TEMPLATE_ID))
    ).then(TemplateUpdated(ORG, "Docker", changed({}, {})))


def test_a_name_in_use_is_refused() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(lambda s: decide_update_template(update(name="pod"), s, TAKEN)).then_raises(
        NameTaken, field="name"
    )


def test_everyone_loses_and_gets_access() -> None:
    closed = TemplateACLUpdated(ORG, {}, {ORG: ""})
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(lambda s: decide_update_template(update(is_for_everyone=False), s, FREE)).then(
        closed
    )
    given(TEMPLATE, template_created(), closed, id=TEMPLATE_ID).when(
        lambda s: decide_update_template(update(is_for_everyone=True), s, FREE)
    ).then(TemplateACLUpdated(ORG, {}, {ORG: "use"}))


@pytest.mark.parametrize("history", [(), (template_created(), TemplateDeleted(ORG))])
def test_nothing_can_be_done_to_what_is_not_there(history: tuple[Event, ...]) -> None:
    state = given(TEMPLATE, *history, id=TEMPLATE_ID)
    state.when(lambda s: decide_update_template(update(), s, FREE)).then_raises(NotFound)
    state.when(lambda s: decide_promote_version(PromoteVersion(TEMPLATE_ID, VERSION_ID), s, version(*imported()))).then_raises(NotFound)
    state.when(lambda s: decide_update_template_acl(UpdateTemplateACL(TEMPLATE_ID, {}, {}), s, NOBODY)).then_raises(NotFound)
    state.when(lambda s: decide_delete_template(DeleteTemplate(TEMPLATE_ID, ORG), s, 0)).then_raises(NotFound)


# -- promotion ----------------------------------------------------------------

PROMOTE = PromoteVersion(TEMPLATE_ID, SECOND_ID)


def test_an_imported_version_is_promoted_once() -> None:
    promoted = TemplateVersionPromoted(ORG, SECOND_ID)
    second = version(*imported(name="v2"), id=SECOND_ID)
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(lambda s: decide_promote_version(PROMOTE, s, second)).then(promoted)
    given(TEMPLATE, template_created(), promoted, id=TEMPLATE_ID).when(lambda s: decide_promote_version(PROMOTE, s, second)).then_nothing()


@pytest.mark.parametrize(
    ("history", "kind"),
    [
        ((), NotFound),
        (imported(None), Invalid),
        ((version_created(),), Forbidden),
        ((version_created(), TemplateImportFailed("job", "no")), Forbidden),
        ((version_created(), TemplateImportFailed("job", "no"), TemplateVersionArchived(TEMPLATE_ID)), Forbidden),
        ((*imported(), TemplateVersionArchived(TEMPLATE_ID)), Invalid),
    ],
)
def test_which_versions_cannot_be_promoted(history: tuple[Event, ...], kind: type[Invalid | NotFound | Forbidden]) -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_promote_version(PROMOTE, s, version(*history, id=SECOND_ID))
    ).then_raises(kind)


# -- access list --------------------------------------------------------------

KNOWN = Grantees(frozenset({ALICE}), frozenset({ORG}))


def share(users: dict[str, str], groups: dict[str, str] | None = None) -> UpdateTemplateACL:
    return UpdateTemplateACL(TEMPLATE_ID, users, groups or {})


def test_only_changed_entries_are_recorded() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_update_template_acl(share({ALICE: "admin"}, {ORG: "use"}), s, KNOWN)
    ).then(TemplateACLUpdated(ORG, {ALICE: "admin"}, {}))


def test_taking_away_what_nobody_has_says_nothing() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_update_template_acl(share({BOB: ""}), s, KNOWN)
    ).then_nothing()


def test_every_unknown_role_person_and_group_is_named() -> None:
    then = given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_update_template_acl(share({ALICE: "king", BOB: "use"}, {OTHER_ORG: "use"}), s, KNOWN)
    )
    assert [v.field for v in then.then_raises(Invalid).validations] == ["user_perms", "user_perms", "group_perms"]


# -- deletion -----------------------------------------------------------------


def test_a_deleted_template_frees_its_name() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(lambda s: decide_delete_template(DeleteTemplate(TEMPLATE_ID, ORG), s, 0)).then(
        TemplateDeleted(ORG), NameReleased("template", TEMPLATE_ID)
    )


def test_a_template_in_use_cannot_be_deleted() -> None:
    given(TEMPLATE, template_created(), id=TEMPLATE_ID).when(
        lambda s: decide_delete_template(DeleteTemplate(TEMPLATE_ID, ORG), s, 1)
    ).then_raises(Invalid)
