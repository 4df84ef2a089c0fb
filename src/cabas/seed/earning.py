"""What earns in the demo: a few shelves and some well-liked products, for four weeks."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from cabas.domain.loyalty.model import NETWORK, EarningKind, EarningOffer
from cabas.kit.clock import paris_midnight
from cabas.seed.catalogue import Category
from cabas.seed.chance import number, stream
from cabas.seed.products import Product

SHELVES, PRODUCTS = 6, 12
SHELF_PERCENTS = (5, 5, 10)
PRODUCT_CENTS = (10, 20, 30)
BEFORE, AFTER = timedelta(days=3), timedelta(days=28)


def earning_offers(
    categories: Sequence[Category], products: Sequence[Product], *, day: date, seed: int
) -> Iterator[EarningOffer]:
    """Of the whole network. Nothing that may not be reduced earns, nor anything for adults only."""
    draw = stream(seed, "earning")
    barred = {product.category_id // 100 for product in products if not _may_earn(product)}
    sold = {product.category_id // 100 for product in products}
    shelves = [
        one
        for one in categories
        if one.level == 2 and one.category_id // 100 in sold and one.category_id // 100 not in barred
    ]
    for shelf in draw.sample(shelves, min(SHELVES, len(shelves))):
        percent = draw.choice(SHELF_PERCENTS)
        yield _offer(seed, day, shelf.name, EarningKind.PERCENT, percent, category_id=shelf.category_id)
    liked = sorted(filter(_may_earn, products), key=lambda one: -one.popularity)
    liked = liked[: PRODUCTS * 8]
    for product in draw.sample(liked, min(PRODUCTS, len(liked))):
        cents = max(
            one for one in PRODUCT_CENTS if one == min(PRODUCT_CENTS) or one * 10 <= product.price_cents
        )
        yield _offer(seed, day, product.name, EarningKind.CENTS, cents, gtin=product.gtin)


def _may_earn(product: Product) -> bool:
    return product.discount_percent_max > 0 and not product.minimum_age


def _offer(
    seed: int,
    day: date,
    label: str,
    kind: EarningKind,
    amount: int,
    *,
    gtin: int | None = None,
    category_id: int | None = None,
) -> EarningOffer:
    thing = gtin or category_id
    return EarningOffer(
        offer_id=UUID(
            int=number(seed, "earning", thing) << 64 | number(seed, "earning of", thing), version=4
        ),
        store_id=NETWORK,
        label=label,
        kind=kind,
        amount=amount,
        gtin=gtin,
        category_id=category_id,
        starts_at=paris_midnight(day - BEFORE),
        ends_at=paris_midnight(day + AFTER),
    )
