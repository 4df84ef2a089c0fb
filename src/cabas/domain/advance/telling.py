"""What people are told of a request and of a draw. Pure: what is known in, a message out."""

from uuid import UUID

from cabas.domain.advance.model import AdvanceOrder, AdvanceState, Agreement
from cabas.domain.advance.opening_records import Asked, Due, Fate
from cabas.domain.messages.model import NewMessage, Recipient


def taken(order: AdvanceOrder, agreement: Agreement, commitment: bytes) -> NewMessage:
    """That it was asked for: told once for a basket and an opening, however often the wishes change."""
    return NewMessage(
        store_id=order.store_id,
        key=f"advance_taken:{order.cart_id}:{order.opens_at.isoformat()}",
        template="advance_taken",
        recipient=_recipient(agreement, order.customer_id or order.shopper_id),
        values={
            "opens_at": order.opens_at.isoformat(),
            "wishes": list(order.wishes),
            "any_slot": order.any_slot,
            "maximum_cents": order.maximum_cents,
            "commitment": commitment.hex(),
        },
    )


def told(due: Due, one: Asked, fate: Fate) -> NewMessage | None:
    """
    The message about a fate; None while it isn't decided.

    ``wish`` counts from 1; 0 is "any slot". ``missing``: lines that could not be ordered.
    """
    recipient = _recipient(one.agreement, one.customer_id or one.shopper_id)
    if fate.state is AdvanceState.PLACED:
        wish = one.wishes.index(fate.slot_id) + 1 if fate.slot_id in one.wishes else 0
        return NewMessage(
            store_id=due.store_id,
            key=f"advance_placed:{fate.order_id}",
            template="advance_placed",
            recipient=recipient,
            values={"slot_id": fate.slot_id, "wish": wish, "missing": fate.missing},
            order_id=fate.order_id,
        )
    if fate.state is AdvanceState.UNPLACED:
        return NewMessage(
            store_id=due.store_id,
            key=f"advance_unplaced:{one.cart_id}:{due.opens_at.isoformat()}",
            template="advance_unplaced",
            recipient=recipient,
            values={
                "reason": fate.reason.value if fate.reason else "",
                "cart_id": str(one.cart_id),
                "opens_at": due.opens_at.isoformat(),
                "nearest": list(fate.nearest),
            },
        )
    return None


def _recipient(agreement: Agreement, person: UUID) -> Recipient:
    contact = agreement.contact
    return Recipient(name=contact.name, email=contact.email, language=agreement.language, customer_id=person)
