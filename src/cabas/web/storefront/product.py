"""
A product's page in a store or nationally. A product that the store doesn't sell is said so, with
what could replace it; an unknown one is a 404 that still leads somewhere.
"""

from functools import partial
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Card, ProductPage
from cabas.domain.catalog.product import ProductUnknown
from cabas.kit.db import Connection
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import pages
from cabas.web.pages import Frame, path_with_query
from cabas.web.request import ShopRequest
from cabas.web.storefront import product_facts as facts
from cabas.web.storefront.aisles import aisle_values
from cabas.web.storefront.basket_marks import basket_quantities
from cabas.web.storefront.cards import card_view, card_views, unit_price
from cabas.web.storefront.gains import gains_in
from cabas.web.storefront.place import (
    NATIONAL,
    NATIONWIDE,
    Place,
    own_base,
    place_of,
    place_values,
)
from cabas.web.storefront.trail import category_view, path_to

GTIN_DIGITS_MAX = 14
CHEAPER_PERCENT_MIN = 15
"""A cheaper equivalent is worth a word from this gap in unit price."""
ALTERNATIVES = 6


@get("/magasins/{slug:str}/produits/{gtin:str}", include_in_schema=False)
async def in_store(request: ShopRequest, slug: FromPath[str], gtin: FromPath[str]) -> Response[Any]:
    return await _shown(request, place_of(request, slug), gtin)


@get("/produits/{gtin:str}", include_in_schema=False)
async def nationwide(request: ShopRequest, gtin: FromPath[str]) -> Response[Any]:
    """The national catalogue, or the visitor's own store when they have one."""
    base = own_base(request)
    if base:
        return pages.see_other(request, f"{base}{path_with_query(request)}")
    return await _shown(request, NATIONWIDE, gtin)


async def _shown(request: ShopRequest, place: Place, typed: str) -> Response[str]:
    gtin = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= GTIN_DIGITS_MAX else 0
    async with request.read() as reader:
        await request.signed_in(reader)
        product = await _product(reader, request, place.store_id, gtin)
        known = product
        if product is None and not place.national:
            known = await _product(reader, request, NATIONAL, gtin)
        if known is None:
            return _missing(request, place)
        others = await catalog.alternatives(
            reader, store_id=place.store_id, gtin=gtin, now=request.now, limit=ALTERNATIVES
        )
        quantities = await basket_quantities(reader, request, place)
    if product is None:
        return _not_here(request, place, known, others, quantities)
    return _page(request, place, product, others, quantities)


async def _product(reader: Connection, request: ShopRequest, store_id: int, gtin: int) -> ProductPage | None:
    try:
        return await catalog.product_page(reader, store_id=store_id, gtin=gtin, now=request.now)
    except ProductUnknown:
        return None


def _page(
    request: ShopRequest,
    place: Place,
    product: ProductPage,
    others: list[Card],
    quantities: dict[int, int],
) -> Response[str]:
    t = request.site.catalogues[request.language]
    here, card = path_with_query(request), product.card
    public = request.site.settings.public_url
    gains = gains_in(request, place.store_id)
    draw = partial(card_views, place=place, here=here, quantities=quantities, t=t, gains=gains)
    [shown] = draw([card])
    cheaper = cheaper_equivalent(card, others)
    return pages.page(
        request,
        "storefront/product.html",
        Frame(
            title=" ".join(part for part in (card.name, card.brand) if part),
            description=t("product.description", name=card.name, net=shown["net"], unit=shown["unit_price"]),
            nav="aisles",
            canonical=f"{public}/produits/{card.gtin}",
            alcohol_banner=card.minimum_age > 0,
        ),
        trail=_trail(request, place, card, t),
        place=place_values(place, here, t),
        card=shown,
        facts=facts.particulars(product, t),
        weight_promise=facts.weight_promise(product, t),
        prior_price=facts.prior_price(product, t),
        deposit=_deposit(card, t),
        cheaper=_cheaper(cheaper, place.base, t) if cheaper else None,
        others=draw(others),
        linked=facts.linked_data(
            product,
            address=f"{public}{place.base}/produits/{card.gtin}",
            picture=f"{public}/static/built/pictures/{card.picture}.svg",
            seller=place.name,
        ),
    )


def _trail(request: ShopRequest, place: Place, card: Card, t: Catalogue) -> list[dict[str, str]]:
    tree = request.site.directory.categories
    category = tree.by_id.get(card.category_id)
    if category is None:
        return [{"label": t("common.nav_aisles"), "href": f"{place.base}/rayons"}]
    return path_to(category_view(tree, category), base=place.base, aisles_label=t("common.nav_aisles"))


def cheaper_equivalent(card: Card, others: list[Card]) -> Card | None:
    """The cheapest of what could replace it, when its unit price is lower by 15 % or more."""
    best = min(others, key=lambda other: other.unit_price_cents, default=None)
    if best is None or best.unit_basis != card.unit_basis:
        return None
    bound = card.unit_price_cents * (100 - CHEAPER_PERCENT_MIN)
    return best if best.unit_price_cents * 100 <= bound else None


def _cheaper(card: Card, base: str, t: Catalogue) -> dict[str, str]:
    return {
        "href": f"{base}/produits/{card.gtin}",
        "name": card.name,
        "unit": unit_price(card.unit_price_cents, card.unit_basis, t),
    }


def _deposit(card: Card, t: Catalogue) -> str:
    if not card.deposit_cents:
        return ""
    return t("product.deposit", amount=format_cents(card.deposit_cents, t.language))


def _not_here(
    request: ShopRequest,
    place: Place,
    known: ProductPage,
    others: list[Card],
    quantities: dict[int, int],
) -> Response[str]:
    """Sold in the network, not in this store: 404 for machines, a way on for people."""
    t = request.site.catalogues[request.language]
    here = path_with_query(request)
    return pages.page(
        request,
        "storefront/product_elsewhere.html",
        Frame(title=known.card.name, nav="aisles", canonical=_national_address(request, known.card)),
        status=404,
        trail=_trail(request, place, known.card, t),
        store_name=place.name,
        card=card_view(known.card, place.base, 0, t),
        others=card_views(others, place=place, here=here, quantities=quantities, t=t),
    )


def _national_address(request: ShopRequest, card: Card) -> str:
    return f"{request.site.settings.public_url}/produits/{card.gtin}"


def _missing(request: ShopRequest, place: Place) -> Response[str]:
    t = request.site.catalogues[request.language]
    return pages.page(
        request,
        "storefront/product_missing.html",
        Frame(title=t("product.missing_title"), nav="search"),
        status=404,
        base=place.base,
        aisles=aisle_values(request, place.base),
    )
