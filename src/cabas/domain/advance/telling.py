"""What people are told of a draw. Pure: a request and its fate in, a message out."""

from collections.abc import Mapping

from cabas.domain.advance.model import AdvanceState
from cabas.domain.advance.opening_records import Asked, Due, Fate
from cabas.domain.messages.model import NewMessage, Recipient
from cabas.domain.slots.model import Slot


def told(due: Due, one: Asked, fate: Fate, slots: Mapping[int, Slot]) -> NewMessage | None:
    """
    The message about a fate; None while it isn't decided.

    ``values`` of a placed one: ``wish`` (from 1; 0: any slot), ``missing``; of an unplaced one: ``reason``,
    ``cart_id``, ``opens_at``, ``nearest``: [{slot_id, channel, starts_at, ends_at}].
    """
    if fate.state is AdvanceState.PLACED:
        wish = one.wishes.index(fate.slot_id) + 1 if fate.slot_id in one.wishes else 0
        return NewMessage(
            store_id=due.store_id,
            key=f"advance_placed:{fate.order_id}",
            template="advance_placed",
            recipient=_recipient(one),
            values={"wish": wish, "missing": fate.missing},
            order_id=fate.order_id,
        )
    if fate.state is AdvanceState.UNPLACED:
        return NewMessage(
            store_id=due.store_id,
            key=f"advance_unplaced:{one.cart_id}:{due.opens_at.isoformat()}",
            template="advance_unplaced",
            recipient=_recipient(one),
            values={
                "reason": fate.reason.value if fate.reason else "",
                "cart_id": str(one.cart_id),
                "opens_at": due.opens_at.isoformat(),
                "nearest": [_slot(slots[slot_id]) for slot_id in fate.nearest if slot_id in slots],
            },
        )
    return None


def _recipient(one: Asked) -> Recipient:
    contact = one.agreement.contact
    return Recipient(
        name=contact.name,
        email=contact.email,
        language=one.agreement.language,
        customer_id=one.customer_id or one.shopper_id,
    )


def _slot(slot: Slot) -> dict[str, str]:
    return {
        "slot_id": str(slot.slot_id),
        "channel": slot.channel.value,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
    }
