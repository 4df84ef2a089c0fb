"""One product: all its particulars with the store's offer, and what could stand in for it."""

from datetime import datetime, timedelta

from cabas.domain.catalog.listing import CARD_COLUMNS
from cabas.domain.catalog.model import Card, Particulars, ProductPage
from cabas.kit.db import Connection
from cabas.kit.errors import NotFound

PRIOR_PRICE_WINDOW = timedelta(days=30)
DEARER_PERCENT_MAX = 15
_CARD_FIELDS = len(Card.__struct_fields__)


class ProductUnknown(NotFound):
    """This store doesn't show such a product."""

    code = "product_unknown"


async def product_page(reader: Connection, *, store_id: int, gtin: int, now: datetime) -> ProductPage:
    """
    Everything about a product in a store.

    :raises ProductUnknown: no offer here, or its legal particulars are incomplete.
    """
    row = await reader.fetchrow(
        f"""
        select {CARD_COLUMNS}, p.alcohol_permille, p.vat_basis_points, p.retractable,
               d.description, d.ingredients, d.allergens, d.traces, d.nutrition, d.storage, d.instructions,
               d.operator_name, d.operator_address,
               (select min((c.before ->> 'price_cents')::int)
                  from offer_change c
                 where c.store_id = o.store_id and c.gtin = o.gtin and c.changed_at > $4) as changed_from
          from offer o
          join product p on p.gtin = o.gtin and p.sellable
          join product_particulars d on d.gtin = o.gtin
          left join promotion m on m.promotion_id = o.promotion_id and m.starts_at <= $1 and m.ends_at > $1
         where o.store_id = $2 and o.gtin = $3 and o.status <> 0""",
        now,
        store_id,
        gtin,
        now - PRIOR_PRICE_WINDOW,
    )
    if row is None:
        raise ProductUnknown
    card = Card(*tuple(row)[:_CARD_FIELDS])
    changed_from = row["changed_from"]
    lowest = min(card.price_cents, changed_from) if changed_from else card.price_cents
    return ProductPage(
        card=card,
        particulars=Particulars(**{field: row[field] for field in Particulars.__struct_fields__}),
        alcohol_permille=row["alcohol_permille"],
        vat_basis_points=row["vat_basis_points"],
        retractable=row["retractable"],
        prior_price_cents=lowest if card.promotion_kind else None,
    )


async def alternatives(
    reader: Connection, *, store_id: int, gtin: int, now: datetime, limit: int = 8
) -> list[Card]:
    """
    What could replace this product in this store, best first: the same leaf, near in price and size.

    Never a product for adults for one that isn't, never an allergen that the original lacks.
    """
    rows = await reader.fetch(
        f"""
        with original as (
            select p.category_id, p.brand, p.net_quantity, p.net_unit, p.sold_by, p.minimum_age, p.labels,
                   coalesce(d.allergens || d.traces, '{{}}') as allergens,
                   coalesce(w.unit_price_cents, 0) as unit_price_cents
              from product p
              left join product_particulars d on d.gtin = p.gtin
              left join offer w on w.store_id = $2 and w.gtin = p.gtin
             where p.gtin = $3)
        select {CARD_COLUMNS}
          from original x
          join offer o on o.store_id = $2 and o.shelf_id = x.category_id / 100 and o.category_id = x.category_id
          join product p on p.gtin = o.gtin and p.sellable
          join product_particulars d on d.gtin = p.gtin
          left join promotion m on m.promotion_id = o.promotion_id and m.starts_at <= $1 and m.ends_at > $1
         where o.status = 1 and o.gtin <> $3 and p.sold_by = x.sold_by and p.minimum_age <= x.minimum_age
           and d.allergens <@ x.allergens
           and (x.unit_price_cents = 0 or o.unit_price_cents * 100 <= x.unit_price_cents * (100 + $5::int))
         order by (p.labels <@ x.labels and x.labels <@ p.labels) desc,
                  (p.brand = x.brand) desc,
                  abs(p.net_quantity - x.net_quantity),
                  abs(o.unit_price_cents - x.unit_price_cents),
                  o.rank
         limit $4""",
        now,
        store_id,
        gtin,
        limit,
        DEARER_PERCENT_MAX,
    )
    return [Card(*row) for row in rows]
