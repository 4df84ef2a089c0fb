"""What a product would put into the cagnotte, as its card and its page say it."""

from datetime import datetime
from functools import lru_cache

import msgspec

from cabas.domain.catalog.model import Card
from cabas.domain.loyalty.model import EarningLine, EarningOffers
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web.request import ShopRequest


class Gains(msgspec.Struct, frozen=True):
    """The offers that earn, as they run in a store at an instant; nothing is read for them."""

    offers: EarningOffers
    store_id: int
    at: datetime

    def cents(self, card: Card, *, quantity: int, price_cents: int) -> int:
        """What ``quantity`` pieces (grams, by weight) of it earn, which cost ``price_cents``."""
        line = EarningLine(
            gtin=card.gtin,
            category_id=card.category_id,
            quantity=quantity,
            by_weight=card.by_weight,
            total_cents=price_cents,
            promoted=card.promotion_kind is not None,
            adults_only=card.minimum_age > 0,
        )
        return self.offers.cents_for(line, store_id=self.store_id, at=self.at)


def gains_in(request: ShopRequest, store_id: int) -> Gains:
    """:param store_id: 0 for the national catalogue: what is earned in every store."""
    return Gains(request.site.directory.earning, store_id, request.now)


@lru_cache(maxsize=8192)
def gain_words(cents: int, t: Catalogue) -> str:
    """ "Gagnez 0,30 €", or "" for nothing."""
    return t("loyalty.earn", amount=format_cents(cents, t.language)) if cents else ""
