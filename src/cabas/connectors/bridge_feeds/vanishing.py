"""What a full feed no longer names: withdrawn when it told prices, out of stock when it told stocks."""

from datetime import datetime

import msgspec

from cabas.bridge.shapes import FeedKind, RejectedRow
from cabas.connectors.bridge_feeds import records
from cabas.connectors.bridge_feeds.rows import author_of, change_of
from cabas.imports.offers import records as offers
from cabas.imports.offers.reading import ON_SALE, OUT_OF_STOCK, WITHDRAWN
from cabas.kit.db import Transaction

SHARE_MAX = 0.3
"""Of a store's offers. A feed that drops more of them is taken for a broken one."""

FEW = 10
"""So many may always vanish: in a small store a share says little."""

_SHOWN = {FeedKind.PRICES: (ON_SALE, OUT_OF_STOCK), FeedKind.STOCKS: (ON_SALE,)}


async def let_vanish(
    tx: Transaction, *, peer: str, feed: str, kind: FeedKind, now: datetime
) -> tuple[int, list[RejectedRow]]:
    """Store by store, only those that the feed told of. How many offers, and the stores where it was refused."""
    vanished, refused = 0, []
    for store_id in await records.select_seen_stores(tx, peer=peer, feed=feed):
        shown, gone = await records.select_vanishing(
            tx, peer=peer, feed=feed, store_id=store_id, statuses=_SHOWN[kind]
        )
        if len(gone) > max(FEW, shown * SHARE_MAX):
            said = f"In store {store_id} {len(gone)} of {shown} offers would vanish: none was touched."
            refused.append(RejectedRow(row=0, reason="too_many_vanish", sentence=said))
        elif gone:
            await _vanish(tx, peer, kind, [(store_id, gtin) for gtin in gone], now)
            vanished += len(gone)
    return vanished, refused


async def _vanish(
    tx: Transaction, peer: str, kind: FeedKind, keys: list[tuple[int, int]], now: datetime
) -> None:
    before = await offers.lock_offers(tx, keys=keys)
    status = WITHDRAWN if kind is FeedKind.PRICES else OUT_OF_STOCK
    after = {
        key: msgspec.structs.replace(offer, status=status, back_on=None) for key, offer in before.items()
    }
    await offers.upsert_offers(tx, list(after.values()))
    changes = [change_of(offer, after[key]) for key, offer in before.items()]
    await records.copy_changes(tx, changes, author=author_of(peer), now=now)
