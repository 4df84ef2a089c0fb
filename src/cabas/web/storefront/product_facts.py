"""What the law wants to be read before purchase, as strings: INCO particulars, nutrition, weights, prices."""

import re
from datetime import datetime
from typing import Any

from babel.numbers import format_decimal
from minijinja import escape, safe

from cabas.domain.catalog.model import ProductPage
from cabas.domain.promotions import model as promotions
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents, round_half_up
from cabas.kit.quantity import format_quantity
from cabas.policies import DEFAULTS
from cabas.web.storefront.cards import one_price_cents, until_day

NUTRIENTS = (
    ("fat_mg", False),
    ("saturated_mg", True),
    ("carbohydrates_mg", False),
    ("sugars_mg", True),
    ("fibre_mg", False),
    ("protein_mg", False),
    ("salt_mg", False),
)
"""In the order of regulation 1169/2011, annex XV; True: "of which"."""
_EMPHASIS = re.compile(r"\*\*(.+?)\*\*")


def emphasised(text: str) -> str:
    """Ingredients with their allergens in ``<strong>``, everything else escaped: safe markup."""
    return safe(_EMPHASIS.sub(r"<strong>\1</strong>", str(escape(text))))


def particulars(product: ProductPage, t: Catalogue) -> dict[str, Any]:
    """The page's values for everything but the price."""
    card, said = product.card, product.particulars
    liquid = card.net_unit == "ml"
    return {
        "description": said.description,
        "ingredients": emphasised(said.ingredients),
        "allergens": [t(f"product.allergen_{name}") for name in said.allergens],
        "traces": [t(f"product.allergen_{name}") for name in said.traces],
        "storage": said.storage,
        "instructions": said.instructions,
        "operator": [line for line in (said.operator_name, said.operator_address) if line],
        "origin": card.origin,
        "alcohol": _alcohol(product.alcohol_permille, t),
        "net": format_quantity(card.net_quantity, card.net_unit, t.language),
        "nutrition_per": t("product.per_100ml") if liquid else t("product.per_100g"),
        "nutrition": nutrition_rows(said.nutrition, t),
        "vat": t("product.vat", rate=format_decimal(product.vat_basis_points / 100, locale=t.language)),
        "retractable": product.retractable,
    }


def nutrition_rows(nutrition: dict[str, int], t: Catalogue) -> list[dict[str, Any]]:
    """``[{label, value, inner}]``; nothing when it isn't known."""
    if not nutrition:
        return []
    rows: list[dict[str, Any]] = []
    if "energy_kj" in nutrition:
        energy = t("product.energy_value", kj=nutrition["energy_kj"], kcal=nutrition.get("energy_kcal", 0))
        rows.append({"label": t("product.energy"), "value": energy, "inner": False})
    for key, inner in NUTRIENTS:
        if key in nutrition:
            grams = format_decimal(nutrition[key] / 1000, format="0.##", locale=t.language)
            label = t(f"product.{key.removesuffix('_mg')}")
            rows.append({"label": label, "value": f"{grams}\u00a0g", "inner": inner})
    return rows


def _alcohol(permille: int, t: Catalogue) -> str:
    if not permille:
        return ""
    return t("product.alcohol_value", percent=format_decimal(permille / 10, format="0.#", locale=t.language))


def weight_promise(product: ProductPage, t: Catalogue) -> str:
    """By weight: what a usual piece is estimated at, and the most it will come to."""
    card = product.card
    if not card.by_weight:
        return ""
    heaviest = round_half_up(card.net_quantity * (100 + DEFAULTS.weight_tolerance_percent), 100)
    line = promotions.PriceableLine(heaviest, card.price_cents, by_weight=True)
    most = promotions.price_line(line, kind=card.promotion_kind, terms=card.promotion_terms).total_cents
    return t(
        "product.weight_promise",
        weight=format_quantity(card.net_quantity, "g", t.language),
        estimate=format_cents(one_price_cents(card), t.language),
        most=format_cents(most, t.language),
    )


def prior_price(product: ProductPage, t: Catalogue) -> str:
    """The lowest price of the last 30 days, beside a reduction (L112-1-1)."""
    if product.prior_price_cents is None or product.card.promotion_kind != "percentage":
        return ""
    return t("product.prior_price", price=format_cents(product.prior_price_cents, t.language))


def promotion_end(ends_at: datetime | None, t: Catalogue) -> str:
    return t("product.promo_ends", day=until_day(ends_at, t.language)) if ends_at else ""


def linked_data(product: ProductPage, *, address: str, picture: str, seller: str) -> dict[str, Any]:
    """schema.org Product and Offer; ``seller`` "" in the national catalogue, which sells nothing."""
    card = product.card
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": card.name,
        "gtin": str(card.gtin).zfill(13),
        "image": picture,
        "url": address,
        "description": product.particulars.description or card.name,
    }
    if card.brand:
        described["brand"] = {"@type": "Brand", "name": card.brand}
    if seller:
        described["offers"] = {
            "@type": "Offer",
            "url": address,
            "price": f"{one_price_cents(card) / 100:.2f}",
            "priceCurrency": "EUR",
            "availability": f"https://schema.org/{'InStock' if card.available else 'OutOfStock'}",
            "seller": {"@type": "GroceryStore", "name": seller},
        }
    return described
