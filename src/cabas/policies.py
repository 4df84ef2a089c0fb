"""
Every decision a retailer may change, with its default, on one page.

The composition root hands `DEFAULTS` (or a retailer's own) to those who decide.
"""

from datetime import timedelta

import msgspec

from cabas.domain.advance.model import AdvancePolicy, PriorityGroup
from cabas.domain.capacity.model import CapacityPolicy
from cabas.domain.orders.operations import Bounds
from cabas.domain.waiting_room.operations import RoomPolicy
from cabas.kit.buckets import Rate


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    hold_duration: timedelta = timedelta(minutes=10)
    """How long a slot's place is kept for a shopper. Not renewable."""

    booking_days: int = 7
    """A slot opens at midnight (Paris) this many days before its day."""

    opening_spread: timedelta = timedelta(seconds=20)
    """At an opening, open pages ask for news within this time, each at a moment of its own."""

    weight_tolerance_percent: int = 10
    """Weighed goods may weigh this much more than asked; the told maximum includes it."""

    cart_lines_max: int = 150
    pieces_max: int = 99
    grams_max: int = 20_000
    """Bounds of a basket and of one line."""

    open_orders_max: int = 5
    """Orders not yet handed over that one person may have."""

    arrival_before: timedelta = timedelta(hours=2)
    """How long before its slot an order's page offers to say "I'm here"; a ready order's does at once."""

    receipt_amber_after: timedelta = timedelta(minutes=2)
    receipt_fallback_after: timedelta = timedelta(minutes=10)
    """An order that its store hasn't received: a warning, then phone and print."""

    lease_duration: timedelta = timedelta(minutes=30)
    """How long a picker keeps an order in hand without a sign of life."""

    staff_idle: timedelta = timedelta(minutes=15)
    staff_shift: timedelta = timedelta(hours=12)

    loyalty_months: int = 12
    """What an order earned is good until the end of its month, this many months later."""

    withdrawal_days: int = 14
    """L221-18 of the Code de la consommation."""

    messages_kept: timedelta = timedelta(days=400)
    """Proof of what was told: the fourteen days, and the year more of L221-20 if they had not been told of."""

    messages_a_second: int = 50
    """What one worker sends at most, so that a night of orders leaves it time to dispatch. At most 80."""

    messages_a_second_pressed: int = 5
    """Likewise while the site is short of places (`kit.overload`): orders first, words after."""

    address_orders: Rate = Rate(burst=60, period=timedelta(minutes=10))
    address_holds: Rate = Rate(burst=120, period=timedelta(minutes=10))
    """What one network address may ask for in each web process: many people share one in a school or at an operator."""

    room: RoomPolicy = RoomPolicy()
    """The waiting room: off but for a site that is full, unless midnight is asked for."""

    capacity: CapacityPolicy = CapacityPolicy()
    """Raising many stores at once: how far, how often, when not, and what an hour of preparation costs."""

    advance: AdvancePolicy = AdvancePolicy(
        groups=(
            PriorityGroup(name="health", share_percent=10),
            PriorityGroup(name="reduced_mobility", share_percent=10),
        )
    )
    """Orders in advance: health workers, then disabled and elderly people, are drawn first within these shares."""


DEFAULTS = Policies()
ORDER_BOUNDS = Bounds(
    lines_max=DEFAULTS.cart_lines_max,
    pieces_max=DEFAULTS.pieces_max,
    grams_max=DEFAULTS.grams_max,
    weight_tolerance_percent=DEFAULTS.weight_tolerance_percent,
)
"""The same bounds, as changes of an order take them."""
