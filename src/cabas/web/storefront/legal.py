"""
The legal pages: one text a language, French where a language has none. The texts are a starting
point for a retailer's counsel; orders keep the version that was shown (`LEGAL_VERSION`).
"""

from pathlib import Path
from typing import Any

from litestar import Response, get

from cabas.domain.checkout.model import LEGAL_VERSION
from cabas.domain.stores import queries as stores
from cabas.domain.stores.queries import StoreUnknown
from cabas.kit.clock import paris_day
from cabas.policies import DEFAULTS
from cabas.web import pages
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest
from cabas.web.storefront.place import NATIONAL

TEXTS = Path(__file__).parent / "templates" / "legal"
PUBLISHER = ("name", "registration", "address", "capital", "phone", "email")


@get("/mentions-legales", include_in_schema=False)
async def notice(request: ShopRequest) -> Response[str]:
    return await _shown(request, "notice")


@get("/cgv", include_in_schema=False)
async def terms(request: ShopRequest) -> Response[str]:
    return await _shown(request, "terms")


@get("/confidentialite", include_in_schema=False)
async def privacy(request: ShopRequest) -> Response[str]:
    return await _shown(request, "privacy")


@get("/accessibilite", include_in_schema=False)
async def accessibility(request: ShopRequest) -> Response[str]:
    return await _shown(request, "accessibility")


async def _shown(request: ShopRequest, name: str) -> Response[str]:
    async with request.read() as reader:
        await request.signed_in(reader)
        try:
            office = await stores.store(reader, store_id=NATIONAL, today=paris_day(request.now))
        except StoreUnknown:
            office = None
    t = request.site.catalogues[request.language]
    publisher: dict[str, Any] = dict.fromkeys(PUBLISHER, "")
    if office is not None:
        publisher |= {**office.legal_entity, "phone": office.phone, "email": office.email}
    title = t(f"legal.{name}")
    return pages.page(
        request,
        "storefront/legal.html",
        Frame(title=title, canonical=f"{request.site.settings.public_url}{request.scope['path']}"),
        heading=title,
        text=f"storefront/legal/{name}.{_language_of(name, request.language)}.html",
        version=LEGAL_VERSION,
        publisher=publisher,
        site=request.site.settings.public_url,
        withdrawal_days=DEFAULTS.withdrawal_days,
        hold_minutes=int(DEFAULTS.hold_duration.total_seconds()) // 60,
        tolerance_percent=DEFAULTS.weight_tolerance_percent,
    )


def _language_of(name: str, language: str) -> str:
    return language if (TEXTS / f"{name}.{language}.html").is_file() else "fr"
