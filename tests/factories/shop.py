"""A store to browse: a small tree of categories, thirty products with their particulars, slots for a week."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from cabas.domain.slots.calendar import slot_id_of
from cabas.domain.slots.model import Channel
from cabas.kit.db import Transaction

FIRST_GTIN = 3_760_000_000_011
PARIS = ZoneInfo("Europe/Paris")
HALF_HOUR = timedelta(minutes=30)
_CATEGORIES = (
    (10000, None, 1, "epicerie", "Épicerie", "canned-food"),
    (10100, 10000, 2, "pates-riz", "Pâtes et riz", "spaghetti"),
    (10101, 10100, 3, "spaghettis", "Spaghettis", "spaghetti"),
    (10102, 10100, 3, "riz", "Riz", "rice-ball"),
    (20000, None, 1, "primeur", "Fruits et légumes", "red-apple"),
    (20100, 20000, 2, "fruits", "Fruits", "red-apple"),
    (20101, 20100, 3, "pommes", "Pommes", "red-apple"),
    (30000, None, 1, "cave", "Cave", "wine-glass"),
    (30100, 30000, 2, "vins", "Vins", "wine-glass"),
    (30101, 30100, 3, "vins-rouges", "Vins rouges", "wine-glass"),
)
_NUTRITION = {
    "energy_kj": 1500,
    "energy_kcal": 354,
    "fat_mg": 1500,
    "saturated_mg": 300,
    "carbohydrates_mg": 71000,
    "sugars_mg": 3200,
    "protein_mg": 12000,
    "salt_mg": 10,
}


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """What a test needs to name. ``pasta`` are 24 plain products of ``category``, cheapest first."""

    store_id: int = 1
    slug: str = "tours-nord"
    other_store_id: int = 2
    other_slug: str = "rennes-centre"
    category: str = "spaghettis"
    pasta: tuple[int, ...]
    weighed: int
    promoted: int
    out_of_stock: int
    wine: int
    incomplete: int
    only_elsewhere: int


SHOP = Shop(
    pasta=tuple(FIRST_GTIN + number for number in range(24)),
    weighed=FIRST_GTIN + 24,
    promoted=FIRST_GTIN + 25,
    out_of_stock=FIRST_GTIN + 26,
    wine=FIRST_GTIN + 27,
    incomplete=FIRST_GTIN + 28,
    only_elsewhere=FIRST_GTIN + 29,
)


class _Goods(msgspec.Struct, frozen=True):
    gtin: int
    name: str
    category_id: int = 10102
    sold_by: str = "piece"
    net_quantity: int = 1000
    net_unit: str = "g"
    zone: str = "ambient"
    nutri_score: str | None = None
    labels: tuple[str, ...] = ()
    alcohol_permille: int = 0
    minimum_age: int = 0
    deposit_cents: int = 0
    sellable: bool = True

    @property
    def unit_basis(self) -> str:
        return "l" if self.net_unit == "ml" else "kg"


_PRODUCTS = (
    *(
        _Goods(
            gtin,
            f"Spaghettis n° {number}",
            10101,
            net_quantity=500,
            nutri_score="ABCDE"[number % 5],
            labels=("organic",) if number % 3 == 0 else (),
        )
        for number, gtin in enumerate(SHOP.pasta)
    ),
    _Goods(SHOP.weighed, "Pommes gala", 20101, "weight", 180, "g", "chilled", "A", ("france",)),
    _Goods(SHOP.promoted, "Riz long", nutri_score="B"),
    _Goods(SHOP.out_of_stock, "Riz rond"),
    _Goods(
        SHOP.wine,
        "Chinon rouge",
        30101,
        net_quantity=750,
        net_unit="ml",
        alcohol_permille=125,
        minimum_age=18,
        deposit_cents=20,
    ),
    _Goods(SHOP.incomplete, "Pâtes sans étiquette", 10101, sellable=False),
    _Goods(SHOP.only_elsewhere, "Galettes de Rennes"),
)


async def make_shop(tx: Transaction, *, now: datetime) -> Shop:
    """
    Stores 1 (Tours, drive and delivery) and 2 (Rennes, drive), and the national catalogue (0).

    Spaghetti n costs 100 + 10 n cents for 500 g; apples are weighed; the promoted rice is 20 % off; another
    rice is out of stock until the day after tomorrow; wine is for adults; one product lacks its particulars;
    one is sold in Rennes only. In Rennes everything costs 5 cents more.
    """
    await _make_stores(tx)
    await tx.executemany(
        """insert into category (category_id, parent_id, level, slug, name, picture, sort)
                values ($1, $2, $3, $4, $5, $6, $1)""",
        _CATEGORIES,
    )
    await _make_products(tx, now)
    await _make_offers(tx, now)
    await _make_slots(tx, now)
    return SHOP


async def _make_stores(tx: Transaction) -> None:
    hours = {str(day): [["08:30", "20:00"]] for day in range(1, 7)} | {"7": [["09:00", "12:30"]]}
    tours, rennes, paris = (
        ("Tours", "37100", "37", "Centre-Val de Loire", 47.42, 0.69),
        ("Rennes", "35000", "35", "Bretagne", 48.11, -1.68),
        ("Paris", "75001", "75", "Île-de-France", 48.86, 2.35),
    )
    await tx.executemany(
        """
        insert into store (store_id, slug, name, format, city, postcode, department, region, latitude,
                           longitude, services, has_drive, delivers, search_name, opening_hours, legal_entity,
                           street, phone, email)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '1 rue du Four',
                     '02 61 91 00 01', 'magasin@example.fr')""",
        [
            (*row, hours, _seller(str(row[2])))
            for row in (
                (0, "national", "Catalogue national", "national", *paris, [], False, False, ""),
                (1, "tours-nord", "Tours Nord", "super", *tours, ["drive", "livraison", "pmr"], True, True,
                 "tours nord tours 37100"),
                (2, "rennes-centre", "Rennes Centre", "contact", *rennes, ["drive"], True, False,
                 "rennes centre rennes 35000"),
            )
        ],
    )  # fmt: skip
    await tx.execute(
        """insert into delivery_area (store_id, postcode, fee_cents, minimum_cents)
                values (1, '37100', 590, 3000)"""
    )
    await tx.executemany(
        """
        insert into town (town_id, name, postcode, department, region, latitude, longitude, population,
                          search_name)
             values ($1, $2, $3, $4, $5, $6, $7, 100000, lower($2))""",
        [(1, *tours), (2, *rennes)],
    )


def _seller(name: str) -> dict[str, str]:
    return {
        "name": f"{name} SAS",
        "registration": "RCS Tours 000 456 789",
        "address": "1 rue du Four, 37100 Tours",
        "capital": "40 000 €",
    }


async def _make_products(tx: Transaction, now: datetime) -> None:
    await tx.executemany(
        """
        insert into product (gtin, name, brand, category_id, picture, sold_by, net_quantity, net_unit,
                             unit_basis, vat_basis_points, zone, origin, nutri_score, labels,
                             alcohol_permille, minimum_age, deposit_cents, retractable, sort_name,
                             sellable, changed_at)
             values ($1, $2, 'Moulin', $3, 'spaghetti', $4, $5, $6, $7, 550, $8, 'France', $9, $10, $11, $12,
                     $13, $8 = 'ambient', lower($2), $14, $15)""",
        [
            (
                *(
                    goods.gtin,
                    goods.name,
                    goods.category_id,
                    goods.sold_by,
                    goods.net_quantity,
                    goods.net_unit,
                ),
                *(
                    goods.unit_basis,
                    goods.zone,
                    goods.nutri_score,
                    list(goods.labels),
                    goods.alcohol_permille,
                ),
                *(goods.minimum_age, goods.deposit_cents, goods.sellable, now),
            )
            for goods in _PRODUCTS
        ],
    )
    await tx.executemany(
        """
        insert into product_particulars (gtin, description, ingredients, allergens, traces, nutrition,
                                         storage, instructions, operator_name, operator_address, search_words,
                                         source)
             values ($1, 'Un produit simple.', 'Semoule de **blé** dur & eau', '{gluten}', '{eggs}', $2,
                     'À conserver au sec.', 'Cuire 8 minutes.', 'Moulin SA', '2 rue du Moulin, 37000 Tours',
                     'pates', 'test')""",
        [(goods.gtin, _NUTRITION) for goods in _PRODUCTS if goods.gtin != SHOP.incomplete],
    )
    await tx.execute(
        """insert into promotion (promotion_id, kind, terms, label, starts_at, ends_at)
                values (1, 'percentage', '{"percent": 20}', '−20 %', $1, $2)""",
        now - timedelta(days=2),
        now + timedelta(days=5),
    )


async def _make_offers(tx: Transaction, now: datetime) -> None:
    back_on = (now + timedelta(days=2)).date()
    await tx.executemany(
        """
        insert into offer (store_id, gtin, shelf_id, category_id, rank, price_cents, unit_price_cents,
                           promotion_id, status, back_on)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        [
            (
                *(store_id, goods.gtin, goods.category_id // 100, goods.category_id, number),
                *_prices(goods, 100 + 10 * number + extra),
                1 if goods.gtin == SHOP.promoted else None,
                *((2, back_on) if goods.gtin == SHOP.out_of_stock else (1, None)),
            )
            for store_id, extra in ((0, 0), (1, 0), (2, 5))
            for number, goods in enumerate(_PRODUCTS)
            if not (goods.gtin == SHOP.only_elsewhere and store_id == 1)
        ],
    )


def _prices(goods: _Goods, price_cents: int) -> tuple[int, int]:
    if goods.sold_by == "weight":
        return price_cents, price_cents
    return price_cents, round(price_cents * 1000 / goods.net_quantity)


async def _make_slots(tx: Transaction, now: datetime) -> None:
    """Four half-hours a day for nine days; a day opens at the midnight seven days before it."""
    today = now.astimezone(PARIS).date()
    starts = [
        datetime.combine(today + timedelta(days=ahead), time(16), PARIS) + number * HALF_HOUR
        for ahead in range(9)
        for number in range(4)
    ]
    await tx.executemany(
        """
        insert into slot (store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
                          capacity)
             values ($1, $2, 'drive', $3, $4, $5, $6, 0, 5)""",
        [
            (
                *(store_id, slot_id_of(starts_at, Channel.DRIVE), starts_at, starts_at + HALF_HOUR),
                datetime.combine(starts_at.date() - timedelta(days=7), time(0), PARIS),
                starts_at - timedelta(hours=2),
            )
            for store_id in (1, 2)
            for starts_at in starts
        ],
    )
