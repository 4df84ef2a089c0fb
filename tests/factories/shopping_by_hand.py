"""A shopper with a browser and no JavaScript: what they do from the basket to the order, written short."""

import html
import re
from typing import Any

import httpx
from litestar.testing import AsyncTestClient

from factories.browsing import post_form

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_SLOT = re.compile(r'<input type="radio" name="slot" value="(\d+)"')
DETAILS = {
    "name": "Camille Dubois",
    "email": "camille@exemple.fr",
    "phone": "",
    "substitution": "same_price",
    "payment": "at_store",
}
STORE = "/magasins/tours-nord/rayons/spaghettis"


class ByHand:
    """Acts through forms only, as found on the pages."""

    def __init__(self, client: AsyncTestClient[Any]) -> None:
        self.client = client

    async def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        return await post_form(self.client, path, data, page=STORE, **options)

    async def put(self, gtin: int | str, quantity: object, **fields: Any) -> httpx.Response:
        return await self.post(f"/panier/lignes/{gtin}", {"quantity": quantity, **fields})

    async def tap(self, gtin: int | str, quantity: object) -> httpx.Response:
        """What the stepper's island sends."""
        headers = {"accept": "application/json"}
        return await self.post(f"/panier/lignes/{gtin}", {"quantity": quantity}, headers=headers)

    async def page(self, path: str) -> str:
        answer = await self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    async def slots(self) -> list[str]:
        """The ids that can be chosen on the slots page."""
        return _SLOT.findall(await self.page("/creneaux"))

    async def hold(self, slot: str | None = None) -> httpx.Response:
        return await self.post("/panier/creneau", {"slot": slot or (await self.slots())[0]})

    async def checkout_form(self) -> dict[str, str]:
        """The hidden fields of the checkout page, as the browser holds them."""
        return hidden_fields(await self.page("/commande"))

    async def order(self, form: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Press the button; ``form``: of a page opened before."""
        sent = {**(form or await self.checkout_form()), **DETAILS, **fields}
        return await self.client.post("/commande", data=sent, follow_redirects=False)

    async def shop(self, *gtins: int, quantity: int = 2) -> str:
        """From nothing to an order's address."""
        for gtin in gtins:
            await self.put(gtin, quantity)
        await self.hold()
        answer = await self.order()
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].partition("?")[0]


def hidden_fields(markup: str) -> dict[str, str]:
    """Of the checkout form on a page."""
    form = markup.partition('action="/commande"')[2].partition("</form>")[0]
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}
