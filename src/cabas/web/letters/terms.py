"""
The terms of sale as they were agreed, as a file that goes with the confirmation (L221-13).

The text in force is ``terms.<language>.html`` and is that of `LEGAL_VERSION`; whoever publishes a new
version leaves the former as ``terms-<version>.<language>.html``, for the orders that agreed to it.
"""

import html
import logging
from pathlib import Path
from typing import Any

from cabas.domain.checkout.model import LEGAL_VERSION
from cabas.domain.messages.model import Attachment
from cabas.domain.stores import queries as stores
from cabas.domain.stores.queries import StoreUnknown
from cabas.kit.clock import paris_day
from cabas.kit.html import Renderer
from cabas.policies import DEFAULTS
from cabas.web.letters.page import Desk
from cabas.web.storefront.place import NATIONAL

TEXTS = Path(__file__).parents[1] / "storefront" / "templates" / "legal"
PUBLISHER = ("name", "registration", "address", "capital", "phone", "email", "mediator")
_log = logging.getLogger("cabas.letters")


async def publisher_of(desk: Desk) -> dict[str, Any]:
    """Who publishes the site: head office's row."""
    publisher: dict[str, Any] = dict.fromkeys(PUBLISHER, "")
    try:
        office = await stores.store(desk.reader, store_id=NATIONAL, today=paris_day(desk.now))
    except StoreUnknown:
        return publisher
    return publisher | {**office.legal_entity, "phone": office.phone, "email": office.email}


def terms_file(
    desk: Desk, renderer: Renderer, *, version: str, publisher: dict[str, Any]
) -> list[Attachment]:
    """The whole text as one page that needs nothing else; ``[]`` when this version is not kept here."""
    name = _text_of(version, desk.language)
    if name is None:
        _log.error("terms %s are not kept: a confirmation goes without them", version)
        return []
    text = renderer.render(
        f"storefront/legal/{name}",
        publisher=publisher,
        site=desk.site,
        withdrawal_days=DEFAULTS.withdrawal_days,
        hold_minutes=int(DEFAULTS.hold_duration.total_seconds()) // 60,
        tolerance_percent=DEFAULTS.weight_tolerance_percent,
    )
    title = f"{desk.t('legal.terms')} ({desk.t('legal.version', version=version)})"
    page = (
        f'<!doctype html>\n<html lang="{desk.language}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head>"
        '<body style="max-width:70ch;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif">'
        f"<h1>{html.escape(title)}</h1>\n{text}\n</body></html>\n"
    )
    file = f"{desk.t('mail.terms_file')}-{version}.html"
    return [Attachment(name=file, media_type="text/html", text=page)]


def _text_of(version: str, language: str) -> str | None:
    stem = "terms" if version == LEGAL_VERSION else f"terms-{version}"
    if not all(sign.isalnum() or sign == "-" for sign in version):
        return None
    for name in (f"{stem}.{language}.html", f"{stem}.fr.html"):
        if (TEXTS / name).is_file():
            return name
    return None
