"""A tree of categories, products with their particulars, and offers, with what the test doesn't say filled in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cabas.domain.catalog import queries
from cabas.domain.catalog.model import CategoryTree, unit_price_cents
from cabas.kit.db import Transaction
from cabas.kit.text import folded, search_key

WHEN = datetime(2026, 11, 1, tzinfo=UTC)
TREE = (
    (10000, "Épicerie"),
    (10100, "Pâtes et riz"),
    (10101, "Pâtes"),
    (10102, "Riz"),
    (10200, "Sauces"),
    (10201, "Sauces tomate"),
    (20000, "Boissons"),
    (20100, "Sodas"),
    (20101, "Colas"),
    (20200, "Cave"),
    (20201, "Vins rouges"),
)


async def make_categories(tx: Transaction, *, names: Sequence[tuple[int, str]] = TREE) -> CategoryTree:
    """``names``: (id, name), an id being aisle × 10,000 + shelf × 100 + leaf; parents first."""
    await tx.executemany(
        """
        insert into category (category_id, parent_id, level, slug, name, picture, sort)
             values ($1, $2, $3, $4, $5, 'bread', $1)""",
        [
            (number, _parent(number), _level(number), search_key(name).replace(" ", "-"), name)
            for number, name in names
        ],
    )
    return await queries.categories(tx)


async def make_product(
    tx: Transaction,
    *,
    gtin: int,
    name: str = "Spaghettis",
    brand: str = "Moulin",
    category_id: int = 10101,
    net_quantity: int = 500,
    net_unit: str = "g",
    labels: Sequence[str] = (),
    allergens: Sequence[str] = (),
    minimum_age: int = 0,
    nutri_score: str | None = None,
    sellable: bool = True,
    search_words: str = "",
    changed_at: datetime = WHEN,
) -> int:
    """Returns the GTIN."""
    await tx.execute(
        """
        insert into product (gtin, name, brand, category_id, picture, sold_by, net_quantity, net_unit,
                             unit_basis, vat_basis_points, zone, nutri_score, labels, minimum_age, sort_name,
                             sellable, changed_at)
             values ($1, $2, $3, $4, 'bread', 'piece', $5, $6, $7, 550, 'ambient', $8, $9, $10, $11, $12,
                     $13)""",
        gtin,
        name,
        brand,
        category_id,
        net_quantity,
        net_unit,
        {"g": "kg", "ml": "l", "piece": "piece"}[net_unit],
        nutri_score,
        list(labels),
        minimum_age,
        folded(name),
        sellable,
        changed_at,
    )
    await tx.execute(
        """
        insert into product_particulars (gtin, allergens, operator_name, search_words, source)
             values ($1, $2, 'Moulin SA', $3, 'test')""",
        gtin,
        list(allergens),
        search_words,
    )
    return gtin


async def make_promotion(tx: Transaction, *, promotion_id: int = 1, now: datetime, hours: int = 24) -> int:
    """Twenty per cent off, from yesterday on, for ``hours`` from now."""
    await tx.execute(
        """
        insert into promotion (promotion_id, kind, terms, label, starts_at, ends_at)
             values ($1, 'percentage', '{"percent": 20}', '−20 %', $2, $3)""",
        promotion_id,
        now - timedelta(days=1),
        now + timedelta(hours=hours),
    )
    return promotion_id


async def make_offer(
    tx: Transaction,
    *,
    gtin: int,
    store_id: int = 1,
    price_cents: int = 199,
    rank: int = 1,
    status: int = 1,
    promotion_id: int | None = None,
) -> None:
    """For a product that exists, whose category and unit price it takes."""
    product = await tx.fetchrow(
        "select category_id, sold_by, net_quantity, unit_basis from product where gtin = $1", gtin
    )
    assert product is not None
    await tx.execute(
        """
        insert into offer (store_id, gtin, shelf_id, category_id, rank, price_cents, unit_price_cents,
                           promotion_id, status)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        store_id,
        gtin,
        product["category_id"] // 100,
        product["category_id"],
        rank,
        price_cents,
        unit_price_cents(
            price_cents,
            sold_by=product["sold_by"],
            net_quantity=product["net_quantity"],
            unit_basis=product["unit_basis"],
        ),
        promotion_id,
        status,
    )


def _level(number: int) -> int:
    return 1 if number % 10_000 == 0 else 2 if number % 100 == 0 else 3


def _parent(number: int) -> int | None:
    above = {1: None, 2: number // 10_000 * 10_000, 3: number // 100 * 100}
    return above[_level(number)]
