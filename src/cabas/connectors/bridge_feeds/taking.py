"""
Takes a feed's parts: each once, in their order, in one transaction with how far the feed has come.

A feed that broke off goes on after its last part; a part that comes again is answered as it was. Rows that can't go
in are named with their reason, the others go in. What a full feed no longer names leaves the shelf, unless that were
so much that the feed itself is more likely to be wrong.
"""

from datetime import datetime
from typing import Any

import msgspec

from cabas.bridge.shapes import FeedKind, FeedMode, FeedPart, FeedTaken
from cabas.connectors.bridge_feeds import records
from cabas.connectors.bridge_feeds.rows import PriceRows, Rows, StockRows
from cabas.connectors.bridge_feeds.vanishing import let_vanish
from cabas.kit.db import Connection, Record, Transaction
from cabas.kit.errors import Conflict

REJECTED_TOLD_MAX = 1_000


class FeedDiffers(Conflict):
    """A feed of that name is of another kind or mode."""

    code = "feed_differs"


class PartMissing(Conflict):
    """An earlier part has not come yet: ``next_part`` says which."""

    code = "part_missing"


class FeedOutdated(Conflict):
    """A feed of this kind that was made later has come already."""

    code = "feed_outdated"


async def take_part(tx: Transaction, *, peer: str, part: FeedPart, now: datetime) -> FeedTaken:
    """
    :raises FeedDiffers: see there.
    :raises PartMissing: see there.
    :raises FeedOutdated: see there.
    """
    feed = await _begun(tx, peer, part, now)
    if feed["finished_at"] is not None or part.part < feed["next_part"]:
        return _again(feed, part.part)
    if part.part > feed["next_part"]:
        raise PartMissing(next_part=feed["next_part"])

    rows: Rows = PriceRows(peer) if part.kind is FeedKind.PRICES else StockRows(peer)
    written = await rows.write(tx, part.rows, now=now)
    vanished, rejected = 0, written.rejected
    if part.mode is FeedMode.FULL:
        await records.insert_seen(tx, peer=peer, feed=part.feed, keys=written.named)
        if part.last:
            vanished, refused = await let_vanish(tx, peer=peer, feed=part.feed, kind=part.kind, now=now)
            rejected = [*rejected, *refused]
            await records.delete_seen(tx, peer=peer, feed=part.feed)

    taken = FeedTaken(
        feed=part.feed,
        part=part.part,
        next_part=part.part + 1,
        accepted=len(part.rows) - len(written.rejected),
        changed=written.changed,
        rejected=rejected[:REJECTED_TOLD_MAX],
        vanished=vanished,
        finished=part.last,
    )
    await _keep(tx, peer, taken, now)
    return taken


async def standing(reader: Connection, *, peer: str, feed: str) -> FeedTaken:
    """How far a feed has come; one that never began goes on with part 1."""
    row = await records.select_feed(reader, peer=peer, feed=feed)
    if row is None:
        return FeedTaken(feed=feed, part=0, next_part=1)
    return _sum(row)


async def _begun(tx: Transaction, peer: str, part: FeedPart, now: datetime) -> Record:
    feed = await records.lock_feed(tx, peer=peer, feed=part.feed)
    if feed is None:
        kind, made_at = part.kind.value, part.made_at
        newer = await records.select_newer(tx, peer=peer, feed=part.feed, kind=kind, made_at=made_at)
        if newer is not None:
            raise FeedOutdated(newer=newer)
        await records.insert_feed(
            tx, peer=peer, feed=part.feed, kind=kind, mode=part.mode.value, made_at=made_at, now=now
        )
        feed = await records.lock_feed(tx, peer=peer, feed=part.feed)
        assert feed is not None  # noqa: S101 - inserted by us or by whom we waited for
    if (feed["kind"], feed["mode"]) != (part.kind.value, part.mode.value):
        raise FeedDiffers(kind=feed["kind"], mode=feed["mode"])
    return feed


async def _keep(tx: Transaction, peer: str, taken: FeedTaken, now: datetime) -> None:
    answer: dict[str, Any] = msgspec.to_builtins(taken)
    await records.update_feed(
        tx,
        peer=peer,
        feed=taken.feed,
        accepted=taken.accepted,
        changed=taken.changed,
        rejected=len(taken.rejected),
        vanished=taken.vanished,
        answer=answer,
        finished_at=now if taken.finished else None,
    )


def _again(feed: Record, part: int) -> FeedTaken:
    """The answer to the last part as it was; to an earlier one where the feed stands."""
    if feed["last_answer"] and feed["last_answer"]["part"] == part:
        return msgspec.convert(feed["last_answer"], FeedTaken)
    return _sum(feed)


def _sum(feed: Record) -> FeedTaken:
    return FeedTaken(
        feed=feed["feed"],
        part=feed["next_part"] - 1,
        next_part=feed["next_part"],
        accepted=feed["accepted"],
        changed=feed["changed"],
        vanished=feed["vanished"],
        finished=feed["finished_at"] is not None,
    )
