"""Category pages: what a card says, filters, pages, and addresses that strangers make up."""

from typing import Any

from litestar.testing import AsyncTestClient

from factories.browsing import text_of
from factories.shop import Shop

Browser = AsyncTestClient[Any]


async def test_a_card_says_price_and_unit_price(client: Browser, shop: Shop) -> None:
    page = await client.get(f"/magasins/{shop.slug}/rayons/{shop.category}")

    assert page.status_code == 200
    shown = text_of(page.text)
    assert "1,00 €" in shown
    assert "2,00 €/kg" in shown
