"""What a basket would become in another store: pure, shown before the shopper decides."""

from collections.abc import Mapping

import msgspec

from cabas.domain.carts.model import PricedCart, PricedLine


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A line that costs otherwise there."""

    name: str
    before_cents: int
    after_cents: int


class StoreChange(msgspec.Struct, frozen=True, kw_only=True):
    """``lost`` are names of lines that can be ordered here and not there; ``found`` the reverse."""

    lost: tuple[str, ...]
    found: tuple[str, ...]
    dearer: tuple[Change, ...]
    cheaper: tuple[Change, ...]
    same: int
    before_cents: int
    after_cents: int

    @property
    def difference_cents(self) -> int:
        return self.after_cents - self.before_cents


def compare(before: PricedCart, after: PricedCart) -> StoreChange:
    """The same basket priced in the store it is in and in another."""
    here = {line.offer.gtin: line for line in before.lines}
    there = {line.offer.gtin: line for line in after.lines}
    changes = [
        Change(
            name=here[gtin].offer.name,
            before_cents=here[gtin].total_cents,
            after_cents=there[gtin].total_cents,
        )
        for gtin in here
        if gtin in there
    ]
    return StoreChange(
        lost=_names(here, there),
        found=_names(there, here),
        dearer=tuple(change for change in changes if change.after_cents > change.before_cents),
        cheaper=tuple(change for change in changes if change.after_cents < change.before_cents),
        same=sum(change.after_cents == change.before_cents for change in changes),
        before_cents=before.total_cents,
        after_cents=after.total_cents,
    )


def _names(of: Mapping[int, PricedLine], without: Mapping[int, PricedLine]) -> tuple[str, ...]:
    return tuple(line.offer.name for gtin, line in of.items() if gtin not in without)
