"""The form of the page "Ready for midnight": up to five ranked slots beside what any checkout asks."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec

from cabas.domain.carts.model import PricedCart
from cabas.kit.signing import Signer
from cabas.web.forms import Form
from cabas.web.storefront.checkout_form import SLOT_ID_MAX, Asked, read_checkout

WISHES_MAX = 5
DELIVERY_DIGIT = 2


class Told(msgspec.Struct, frozen=True, array_like=True):
    """
    What the page said, signed: so that no price is taken that was not seen.

    ``lines``: totals in cents by GTIN. ``fees``: what each slot of the day costs beside the goods.
    """

    cart_id: UUID
    opens_at: datetime
    lines: dict[str, int]
    goods_cents: int
    maximum_cents: int
    """The most it may come to once weighed, without the fee."""
    fees: dict[int, int]

    def totals(self) -> dict[int, int]:
        """By slot, the total that was shown for it."""
        return {slot_id: self.goods_cents + fee for slot_id, fee in self.fees.items()}


class Wished(msgspec.Struct, frozen=True, kw_only=True):
    """``wishes``: slot ids, best first, each once. ``told`` None: the page's signature is missing."""

    asked: Asked
    wishes: tuple[int, ...]
    any_slot: bool
    told: Told | None


def told_token(
    secrets: tuple[bytes, ...],
    *,
    cart_id: UUID,
    opens_at: datetime,
    priced: PricedCart,
    fees: Mapping[int, int],
) -> str:
    page = Told(cart_id, opens_at, priced.shown(), priced.total_cents, priced.maximum_cents, dict(fees))
    return _signer(secrets).sign(msgspec.json.encode(page))


def read_midnight(form: Form, secrets: tuple[bytes, ...]) -> Wished:
    """Faults stay in ``form.errors``."""
    wishes, any_slot = read_wishes(form), form.flag("any_slot")
    if not wishes and not any_slot:
        form.fail("wish_1", "midnight.wish_needed")
    slot = form.text("slot", required=False, length_max=20)
    delivery = wishes[0] % 10 == DELIVERY_DIGIT if wishes else slot.endswith(str(DELIVERY_DIGIT))
    asked = read_checkout(form, delivery=delivery)
    form.errors.pop("slot", None)
    told = _read_told(secrets, asked)
    if told is not None and not set(wishes) <= told.fees.keys():
        form.fail("wish_1", "form.bad_choice")
    return Wished(asked=asked, wishes=wishes, any_slot=any_slot, told=told)


def read_wishes(form: Form) -> tuple[int, ...]:
    """The slots that are named, in their order; one named twice counts where it is first."""
    named = (
        form.integer(f"wish_{rank}", low=1, high=SLOT_ID_MAX - 1, required=False)
        for rank in range(1, WISHES_MAX + 1)
    )
    return tuple(dict.fromkeys(slot_id for slot_id in named if slot_id))


def wishes_in(text: str) -> tuple[int, ...]:
    """Of the page's address (``?voeux=26112408001,26112408301``): what isn't a slot id is left out."""
    parts = text[:100].split(",")
    found = (int(part) for part in parts if part.isascii() and part.isdigit() and 0 < int(part) < SLOT_ID_MAX)
    return tuple(dict.fromkeys(found))[:WISHES_MAX]


def _read_told(secrets: tuple[bytes, ...], asked: Asked) -> Told | None:
    payload = _signer(secrets).open(asked.shown) if asked.shown.isascii() else None
    if payload is None:
        return None
    told = msgspec.json.decode(payload, type=Told)
    return told if told.cart_id == asked.cart_id else None


@lru_cache(maxsize=4)
def _signer(secrets: tuple[bytes, ...]) -> Signer:
    return Signer(secrets, "midnight-told")
