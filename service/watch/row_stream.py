"""A list, watched: a ping, the list as it is (or what changed since), then each row that comes, changes or goes.

Source: design.md 7 (List watch).
"""

from __future__ import annotations

from domain.kernel.errors import DomainError
from projections.workspaces.search import Filters
from service.http.call import Call
from service.store.sight import sight_changed
from service.watch.outlet import Outlet
from service.watch.row_group import group_key
from service.watch.row_groups import RowGroups
from service.watch.row_subscription import METER, RowSubscription
from service.watch.stream import check_now, keep_alive

#: Whoever was away for more positions than this is given the list anew: that is less than what they missed.
_FAR = 100_000


async def watch_rows(call: Call, filters: Filters, outlet: Outlet, *, after: int | None, snapshot: bool) -> None:
    """Run the stream: from `after` if the log still tells what happened since, else from a `snapshot`, unless it is not wanted.

    Raises `ConnectionError` when the reader has gone.
    """
    hub = call.services.hub
    try:
        with hub.groups.watching(call.caller, outlet) as subscription:
            hub.admit(subscription)
            await outlet.ping(first=True)

            async def check() -> None:
                await _follow_rights(call, subscription, filters, hub.groups)

            await check_now(call, subscription)
            await _begin(call, subscription, filters, after, snapshot=snapshot)
            await keep_alive(call, subscription, check, lambda: _send_waiting(subscription))
    except DomainError as refusal:
        await outlet.error(refusal.message, refusal.detail)


async def _begin(call: Call, subscription: RowSubscription, filters: Filters, after: int | None, *, snapshot: bool) -> None:
    group = call.services.hub.groups.enter(subscription, group_key(filters, call.caller.subject))
    if after is not None and await _is_resumable(call, after):
        subscription.last_id = after
        await group.resume(subscription, after)
        # The changes wait in the subscription: let the loop send them.
        subscription.wake()
    elif snapshot or after is not None:
        position, documents = await group.open(subscription)
        rows = b",".join([document.body_for(call.caller.user_id) for document in documents])
        payload = b'{"kind":"snapshot","position":%d,"workspaces":[%b],"count":%d}' % (position, rows, len(documents))
        await subscription.outlet.send(subscription.outlet.encode(position, payload))
        METER.frame()
        subscription.last_id = position
    else:
        await group.attach(subscription)
        subscription.last_id = subscription.since


async def _is_resumable(call: Call, after: int) -> bool:
    """Rows tell when they changed; who may see them does not show on them, so after a change of that the list is sent anew."""
    if call.services.positions.current - after > _FAR:
        return False
    async with call.pool.connection() as connection:
        return not await sight_changed(connection, after, call.caller.user_id, call.caller.organization_ids)


async def _follow_rights(call: Call, subscription: RowSubscription, filters: Filters, groups: RowGroups) -> None:
    """Another group for a reader with other rights; what it may no longer see is taken back, what it now may is added."""
    key, group = group_key(filters, call.caller.subject), subscription.group
    if subscription.known is None:
        if group is None or group.key == key:
            return
        subscription.known = group.known_by(subscription)
    groups.leave(subscription)
    floor = min(subscription.floor, subscription.last_id)
    await groups.enter(subscription, key).move(subscription, subscription.known, floor)
    subscription.known = None
    subscription.wake()


async def _send_waiting(subscription: RowSubscription) -> None:
    """Send until nothing waits, or something else comes first."""
    while not subscription.recheck and not subscription.closing and (frame := subscription.next_frame()) is not None:
        await subscription.outlet.send(frame)
