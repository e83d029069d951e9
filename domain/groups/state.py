"""What a group is, as far as decisions need to know, folded from its stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.groups.events import GroupCreated, GroupDeleted, GroupMembersChanged, GroupUpdated
from domain.kernel.decider import Decider
from domain.kernel.events import Recorded


@dataclass(frozen=True, slots=True)
class Settings:
    """What `PATCH /groups/{group}` changes besides members."""

    name: str = ""
    display_name: str = ""
    avatar_url: str = ""
    quota_allowance: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """`members` maps user ids to the position at which they were put in: who left the organization since then is out of the
    group as well, without an event here (`is_member`)."""

    id: str = ""
    organization_id: str = ""
    is_live: bool = False
    settings: Settings = Settings()
    members: Mapping[str, int] = field(default_factory=dict)

    def is_member(self, user_id: str, organization_member_since: int | None) -> bool:
        """Whether the person is in the group, given since which position they are in the organization (None: they are not)."""
        added = self.members.get(user_id)
        return added is not None and organization_member_since is not None and added > organization_member_since


def evolve(state: Group, recorded: Recorded) -> Group:
    """Fold one event of a group's stream."""
    match recorded.event:
        case GroupMembersChanged(added=added, removed=removed):
            kept = {user_id: since for user_id, since in state.members.items() if user_id not in removed}
            return replace(state, members=kept | dict.fromkeys(added, recorded.position))
        case GroupUpdated() as e:
            return replace(state, settings=Settings(e.name, e.display_name, e.avatar_url, e.quota_allowance))
        case GroupCreated() as e:
            settings = Settings(e.name, e.display_name, e.avatar_url, e.quota_allowance)
            return Group(recorded.stream.id, e.organization_id, True, settings)
        case GroupDeleted():
            return replace(state, is_live=False, members={})
    return state


GROUP: Decider[Group] = Decider("group", Group(), evolve)
