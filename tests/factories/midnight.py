"""The page "Ready for midnight" by hand: what a browser without scripts does on it."""

import html
import re

import httpx

from factories.shopping_by_hand import DETAILS, ByHand

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
_OPTION = re.compile(r'<option value="(\d+)"')


class AtMidnight(ByHand):
    """Prepares, asks in advance, orders at the stroke."""

    async def prepared(self, address: str = "/minuit") -> dict[str, str]:
        """The form's hidden fields, as the browser holds them."""
        return form_fields(await self.page(address))

    async def wishable(self) -> list[str]:
        """The slots of the day that opens, by time."""
        return list(dict.fromkeys(_OPTION.findall(await self.page("/minuit"))))

    async def press(
        self, form: dict[str, str], *wishes: str, kept: bool = False, **fields: str
    ) -> httpx.Response:
        """The one button. ``kept``: as the island sends it."""
        named = {f"wish_{rank}": wish for rank, wish in enumerate(wishes, start=1)}
        return await self.client.post(
            "/minuit/commande",
            data={**form, **DETAILS, **named, **fields},
            headers={"x-kept": "1"} if kept else {},
            follow_redirects=False,
        )


def form_fields(markup: str) -> dict[str, str]:
    form = markup.partition('id="midnight-form"')[2].partition("</form>")[0]
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}
