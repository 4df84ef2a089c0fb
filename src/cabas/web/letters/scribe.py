"""Every message's letter, on one page; a message without one here can't be written out."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path as Folder
from typing import Final

from cabas.domain.messages.model import Letter, Message, Note
from cabas.kit.clock import Clock
from cabas.kit.db import Connection
from cabas.kit.html import Renderer
from cabas.kit.messages import Catalogue, load_catalogues
from cabas.web.letters import advance, orders
from cabas.web.letters.page import Desk, Page

Writer = Callable[[Desk, Renderer], Awaitable[Page]]
WEB = Folder(__file__).parents[1]

LETTERS: Final[Mapping[str, Writer]] = {
    "order_confirmed": orders.confirmed,
    "order_changed": orders.changed,
    "order_cancelled": orders.cancelled,
    "order_ready": orders.ready,
    "payment_failed": orders.payment_failed,
    "withdrawal_received": orders.withdrawal,
    "advance_taken": advance.taken,
    "advance_placed": advance.placed,
    "advance_unplaced": advance.unplaced,
}


class Scribe:
    """See `cabas.domain.messages.ports.Scribe`."""

    def __init__(
        self, renderer: Renderer, catalogues: Mapping[str, Catalogue], *, site: str, clock: Clock
    ) -> None:
        self._renderer = renderer
        self._catalogues = catalogues
        self._site = site
        self._clock = clock

    async def letter(self, reader: Connection, message: Message) -> Letter:
        """The mail: subject, text, HTML, attachments."""
        t = self._words(message)
        page = await self._page(reader, message, t)
        values = {"lang": t.language, "subject": page.subject, "site": self._site, "blocks": page.blocks}
        return Letter(
            message_id=message.message_id,
            to_name=message.name,
            to_email=message.email,
            language=t.language,
            subject=page.subject,
            text=self._renderer.render("letters/letter.txt", t=t, **values),
            html=self._renderer.render("letters/letter.html", t=t, **values),
            attachments=page.attachments,
        )

    async def note(self, reader: Connection, message: Message) -> Note:
        """The notification: two lines and where they lead."""
        page = await self._page(reader, message, self._words(message))
        return Note(message_id=message.message_id, title=page.subject, body=page.short, path=page.path)

    async def _page(self, reader: Connection, message: Message, t: Catalogue) -> Page:
        write = LETTERS.get(message.template)
        if write is None:
            raise LookupError(f"no letter is named {message.template}")
        desk = Desk(reader=reader, message=message, t=t, site=self._site, now=self._clock.now())
        return await write(desk, self._renderer)

    def _words(self, message: Message) -> Catalogue:
        return self._catalogues.get(message.language) or self._catalogues["fr"]


def make_scribe(*, site: str, clock: Clock) -> Scribe:
    """With the templates and words that ship with the product."""
    renderer = Renderer(
        {"letters": WEB / "letters" / "templates", "storefront": WEB / "storefront" / "templates"},
        functions={},
    )
    return Scribe(renderer, load_catalogues(WEB / "ui" / "messages"), site=site, clock=clock)
