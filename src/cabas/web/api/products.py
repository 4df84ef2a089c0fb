"""What a store sells: by category, by words, one product in full."""

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.params import FromQuery, QueryParameter

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.listing import PAGE_MAX, shelf_range
from cabas.domain.catalog.model import Card, Category, Sort
from cabas.kit.db import Connection
from cabas.kit.errors import NotFound
from cabas.web.api.problems import answers
from cabas.web.api.product_shapes import ProductDetail, ProductList, product_detail, product_shape
from cabas.web.api.wire import (
    QUERY_LENGTH_MAX,
    Cursor,
    GtinPath,
    StorePath,
    read_cursor,
    store_named,
    write_cursor,
)
from cabas.web.request import ShopRequest

TAGS = ["products"]
LISTED: Final = 50
CATEGORY_LENGTH_MAX: Final = 80
_Key = Callable[[Card], tuple[object, ...]]
_IN_PLACE: dict[Sort, _Key] = {
    Sort.PRICE: lambda card: (card.price_cents,),
    Sort.UNIT_PRICE: lambda card: (card.unit_price_cents,),
    Sort.NUTRI_SCORE: lambda card: (card.nutri_score is None, card.nutri_score or ""),
    Sort.PROMOTION: lambda card: (card.promotion_kind is None,),
}


class CategoryUnknown(NotFound):
    """There is no such category."""

    code = "category_unknown"


class _Page(msgspec.Struct, frozen=True):
    cards: list[Card]
    next: str | None


@get(
    "/stores/{store:str}/products",
    operation_id="listProducts",
    summary="What the store sells",
    tags=TAGS,
    responses=answers(_404="store_unknown, category_unknown.", _422="bad_cursor."),
)
async def list_products(
    request: ShopRequest,
    store: StorePath,
    q: Annotated[
        str | None, QueryParameter(max_length=QUERY_LENGTH_MAX, description="Words, or a barcode.")
    ] = None,
    category: Annotated[
        str | None,
        QueryParameter(
            min_length=1,
            max_length=CATEGORY_LENGTH_MAX,
            description="A category's slug, with everything below it.",
        ),
    ] = None,
    sort: FromQuery[Sort] = Sort.RELEVANCE,
    cursor: Cursor = None,
) -> ProductList:
    """Without `q` or `category`, everything, aisle by aisle (sorted within each). 50 at a time."""
    store_id = store_named(request, store).store_id
    tree = request.site.directory.categories
    wanted = _category(tree.by_slug, category) if category is not None else None
    async with request.read() as reader:
        if q is not None and q.strip():
            page = await _found(request, reader, store_id, q, wanted, sort, cursor)
        else:
            walked = [wanted] if wanted else list(tree.aisles)
            page = await _walked(request, reader, store_id, walked, sort, cursor)
    return ProductList(
        items=[product_shape(card, category=_slug(request, card)) for card in page.cards], next=page.next
    )


@get(
    "/stores/{store:str}/products/{gtin:str}",
    operation_id="getProduct",
    summary="One product with all its legal particulars",
    tags=TAGS,
    responses=answers(_404="store_unknown; product_unknown: not shown in this store."),
)
async def show_product(request: ShopRequest, store: StorePath, gtin: GtinPath) -> ProductDetail:
    store_id = store_named(request, store).store_id
    async with request.read() as reader:
        page = await catalog.product_page(reader, store_id=store_id, gtin=int(gtin), now=request.now)
    return product_detail(page, category=_slug(request, page.card))


async def _found(
    request: ShopRequest,
    reader: Connection,
    store_id: int,
    text: str,
    category: Category | None,
    sort: Sort,
    cursor: str | None,
) -> _Page:
    """A slice of the best answers to these words, narrowed and sorted in place."""
    (start,) = read_cursor(cursor, int) if cursor else (0,)
    found = await request.site.search.find(reader, store_id=store_id, text=text, now=request.now)
    cards = [card for card in found.cards if category is None or _below(card, category)]
    if sort in _IN_PLACE:
        cards.sort(key=_IN_PLACE[sort])
    page = cards[start : start + LISTED]
    return _Page(page, write_cursor(start + LISTED) if start + LISTED < len(cards) else None)


async def _walked(
    request: ShopRequest,
    reader: Connection,
    store_id: int,
    categories: list[Category],
    sort: Sort,
    cursor: str | None,
) -> _Page:
    """The next page of these categories, one after the other; empty ones are passed over."""
    place, number = read_cursor(cursor, int, int) if cursor else (0, 1)
    while place < len(categories):
        found = await catalog.category_page(
            reader,
            store_id=store_id,
            category=categories[place],
            now=request.now,
            sort=sort,
            page=number,
            limit=LISTED,
        )
        more = found.has_next and number < PAGE_MAX
        following = (place, number + 1) if more else (place + 1, 1)
        if found.cards:
            return _Page(found.cards, write_cursor(*following) if following[0] < len(categories) else None)
        place, number = following
    return _Page([], None)


def _category(by_slug: dict[str, Category], slug: str) -> Category:
    """:raises CategoryUnknown: no such slug."""
    if slug not in by_slug:
        raise CategoryUnknown
    return by_slug[slug]


def _below(card: Card, category: Category) -> bool:
    low, high = shelf_range(category)
    return low <= card.category_id // 100 <= high and (
        category.level != 3 or card.category_id == category.category_id
    )


def _slug(request: ShopRequest, card: Card) -> str:
    known = request.site.directory.categories.by_id.get(card.category_id)
    return known.slug if known else ""


ROUTES = [list_products, show_product]
