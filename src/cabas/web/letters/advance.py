"""
Letters about an order asked for before its slots open. What each needs beside its message's order:

- ``advance_taken``: ``opens_at`` (RFC 3339), ``wishes`` (slot ids, best first), ``any_slot``, ``maximum_cents``,
  ``commitment`` (the published digest of the draw's secret, in hex).
- ``advance_placed``: ``wish`` (1 … 5, or 0 for "any slot"), ``missing`` (how many products were gone).
- ``advance_unplaced``: ``reason`` (see `domain.advance.model.Reason`) and ``nearest`` (slot ids).

``path`` in any of them is the page that tells it.
"""

from collections.abc import Sequence
from datetime import datetime

from cabas.domain.orders import queries as orders
from cabas.domain.orders.model import Order, OrderNotFound
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Slot
from cabas.kit.clock import paris_day
from cabas.kit.html import Renderer
from cabas.kit.money import format_cents
from cabas.web.letters.page import Desk, Page, button, facts, links, small, text
from cabas.web.storefront.order_view import slot_label, spoken_code, stamp
from cabas.web.storefront.slot_view import MODES, when_label

SLOTS_MAX = 5
_HOME = "/minuit"
_SLOTS = "/creneaux"


async def taken(desk: Desk, _renderer: Renderer) -> Page:
    """The ask is recorded: what was wished, up to how much, and how to check the draw."""
    t, values = desk.t, desk.message.values
    path = _path(desk, _HOME)
    wished = [
        (t("mail.wish", n=number), when_label(slot, t.language)) for number, slot in await _wishes(desk)
    ]
    if values.get("any_slot"):
        wished.append((t("mail.wish", n=len(wished) + 1), t("mail.any_slot")))
    opens_at = datetime.fromisoformat(values["opens_at"]) if values.get("opens_at") else None
    most = values.get("maximum_cents")
    blocks = [
        text(t("mail.advance_taken_lead")),
        facts(t("mail.wishes"), wished),
        facts(
            "",
            [
                (t("mail.opens_at"), stamp(opens_at, t) if opens_at else ""),
                (t("mail.maximum"), format_cents(most, t.language) if most is not None else ""),
            ],
        ),
        text(t("mail.advance_taken_until")),
        button(t("mail.see_wishes"), desk.link(path)),
    ]
    if values.get("commitment"):
        blocks.append(small(t("mail.draw_title"), t("mail.draw"), str(values["commitment"])))
    return Page(
        subject=t("mail.advance_taken_subject"), short=t("mail.advance_taken_short"), path=path, blocks=blocks
    )


async def placed(desk: Desk, _renderer: Renderer) -> Page:
    """A wish came true; the confirmation with all that was agreed follows by itself."""
    t, values = desk.t, desk.message.values
    order = await _order(desk)
    path = _path(desk, f"/commandes/{order.order_id}")
    when = slot_label(order, t.language)
    wish, missing = int(values.get("wish") or 0), int(values.get("missing") or 0)
    rows = [
        (t("mail.code"), spoken_code(order.code)),
        (t("mail.slot"), when),
        (t("mail.wish_granted"), t("mail.wish", n=wish) if wish else t("mail.any_slot")),
    ]
    blocks = [text(t("mail.advance_placed_lead")), facts("", rows)]
    if missing:
        blocks.append(text(t("mail.advance_placed_missing", n=missing)))
    return Page(
        subject=t("mail.advance_placed_subject"),
        short=t("mail.advance_placed_short", when=when),
        path=path,
        blocks=[
            *blocks,
            text(t("mail.advance_placed_next")),
            button(t("mail.see_order"), desk.link(path)),
        ],
    )


async def unplaced(desk: Desk, _renderer: Renderer) -> Page:
    """No wish could be met: nothing is owed, the basket is kept, and these are the nearest slots."""
    t, values = desk.t, desk.message.values
    path = _path(desk, _HOME)
    reason = f"mail.unplaced_{values.get('reason', 'full')}"
    blocks = [text(t(reason if reason in t.keys else "mail.unplaced_full")), text(t("mail.unplaced_kept"))]
    near = await _slots(desk, values.get("nearest") or [])
    if near:
        offered = [(when_label(slot, t.language), desk.link(_href(slot))) for slot in near]
        blocks.append(links(t("mail.nearest"), offered))
    return Page(
        subject=t("mail.advance_unplaced_subject"),
        short=t("mail.advance_unplaced_short"),
        path=path,
        blocks=[*blocks, button(t("mail.see_slots"), desk.link(_SLOTS))],
    )


async def _wishes(desk: Desk) -> list[tuple[int, Slot]]:
    return list(enumerate(await _slots(desk, desk.message.values.get("wishes") or []), start=1))


async def _slots(desk: Desk, slot_ids: Sequence[int]) -> list[Slot]:
    found = [
        await slots.slot(desk.reader, store_id=desk.message.store_id, slot_id=int(slot_id))
        for slot_id in slot_ids[:SLOTS_MAX]
    ]
    return [slot for slot in found if slot is not None]


def _href(slot: Slot) -> str:
    """The page where it may be taken."""
    return f"{_SLOTS}?mode={MODES[slot.channel]}&jour={paris_day(slot.starts_at)}&autour={slot.slot_id}"


async def _order(desk: Desk) -> Order:
    message = desk.message
    if message.order_id is None:
        raise LookupError("the message names no order")
    try:
        return await orders.order_of_store(desk.reader, store_id=message.store_id, order_id=message.order_id)
    except OrderNotFound:
        raise LookupError(f"order {message.order_id}") from None


def _path(desk: Desk, otherwise: str) -> str:
    given = str(desk.message.values.get("path", ""))
    return given if given.startswith("/") and not given.startswith("//") else otherwise
