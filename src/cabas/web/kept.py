"""
The last values that the shop's pages were drawn from, so that they can be drawn again while the database is away.

Kept by reference as a page goes out, at most once in `RENEW_SECONDS` a page: the normal path pays a look-up. What
belongs to one visitor is taken out first, except for an order's page, which is kept for its own shopper alone.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

PAGES_MAX: Final = 400
ORDERS_MAX: Final = 400
STATES_MAX: Final = 4000
RENEW_SECONDS: Final = 15
AGE_MAX: Final = timedelta(hours=12)

_CARD_LISTS = ("cards", "deals", "others")
Values = dict[str, Any]


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """
    A page's frame and values at an instant. ``frame`` is whatever the page's maker gave; ``drawn``: the page itself,
    by variant, once somebody needed it (`web.copies`).
    """

    at: datetime
    template: str
    frame: Any
    values: Values
    drawn: dict[tuple[object, ...], bytes] = msgspec.field(default_factory=dict)


class KeptPages:
    """Bounded, the least used goes first; one for a process."""

    def __init__(self) -> None:
        self._shared: OrderedDict[tuple[Any, ...], Copy] = OrderedDict()
        self._own: OrderedDict[tuple[Any, ...], Copy] = OrderedDict()
        self._states: OrderedDict[tuple[Any, ...], tuple[datetime, bytes]] = OrderedDict()

    def note(
        self, template: str, *, shared: tuple[Any, ...], own: tuple[Any, ...], now: datetime
    ) -> Callable[[Any, Mapping[str, Any]], None] | None:
        """
        Whether the page that goes out is to be kept: then what keeps its frame and values.

        :param shared: what the page depends on for everybody; ``own``: for its visitor alone.
        """
        neutral = NEUTRAL.get(template)
        if neutral is None:
            return None
        kept, key, most = (
            (self._own, own, ORDERS_MAX) if template in PRIVATE else (self._shared, shared, PAGES_MAX)
        )
        known = kept.get(key)
        if known is not None and (now - known.at).total_seconds() < RENEW_SECONDS:
            return None

        def keep(frame: Any, values: Mapping[str, Any]) -> None:
            freed = neutral(dict(values))
            if freed is None:
                return
            kept[key] = Copy(at=now, template=template, frame=frame, values=freed)
            kept.move_to_end(key)
            while len(kept) > most:
                kept.popitem(last=False)

        return keep

    def find(self, *, shared: tuple[Any, ...], own: tuple[Any, ...], now: datetime) -> Copy | None:
        """The copy that this visitor may see, if there is one that isn't too old."""
        for kept, key in ((self._own, own), (self._shared, shared)):
            copy = kept.get(key)
            if copy is not None and now - copy.at <= AGE_MAX:
                kept.move_to_end(key)
                return copy
        return None

    def keep_state(self, own: tuple[Any, ...], state: bytes, now: datetime) -> None:
        """The state of an order as its own shopper saw it."""
        self._states[own] = (now, state)
        self._states.move_to_end(own)
        while len(self._states) > STATES_MAX:
            self._states.popitem(last=False)

    def state(self, own: tuple[Any, ...], *, since: datetime) -> bytes | None:
        at, state = self._states.get(own, (None, None))
        return state if at is not None and at >= since else None


def _cards(values: Values) -> Values:
    """Without what is in a basket."""
    for name in _CARD_LISTS:
        if values.get(name):
            values[name] = [_card(card) for card in values[name]]
    if values.get("card"):
        values["card"] = _card(values["card"])
    return values


def _card(card: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**card, "quantity": 0, "quantity_label": ""} if card.get("quantity") else card


def _home(values: Values) -> Values:
    return _cards({**values, "habits": [], "basket": None, "ready": []})


def _slots(values: Values) -> Values | None:
    """Not with somebody's hold in it, and nowhere to deliver."""
    if values["held"] or values["lost"]:
        return None
    return {**values, "postcode": "", "basket_count": 0}


def _as_is(values: Values) -> Values:
    return values


NEUTRAL: Final[Mapping[str, Callable[[Values], Values | None]]] = {
    "storefront/home.html": _home,
    "storefront/category.html": _cards,
    "storefront/product.html": _cards,
    "storefront/aisles.html": _as_is,
    "storefront/store.html": _as_is,
    "storefront/stores.html": _as_is,
    "storefront/search.html": _cards,
    "storefront/legal.html": _as_is,
    "storefront/slots/slots.html": _slots,
    "storefront/orders/order.html": _as_is,
}
"""The pages that are kept, and how each is freed of its visitor; None: this one isn't kept."""

PRIVATE: Final = frozenset({"storefront/orders/order.html"})
