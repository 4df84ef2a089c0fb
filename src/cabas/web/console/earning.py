"""Head office's page of what earns into the cagnotte: the offers, a form for a new one, and an end to each."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.catalog.gtin import BadGtin, read_gtin
from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty import queries
from cabas.domain.loyalty.model import NETWORK, PERCENT_MAX, EarningKind, EarningOffer
from cabas.domain.staff.model import Permission, require
from cabas.kit.clock import paris_midnight
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.kit.text import search_key
from cabas.web.console.access import Desk, network_desk, page
from cabas.web.dates import long_day
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

PATH = "/console/cagnotte"
CENTS_MAX = 2_000
DAYS_MAX = 366
LABEL_LENGTH_MAX = 80
_KINDS = tuple(kind.value for kind in EarningKind)


@get("/cagnotte", include_in_schema=False)
async def shown(request: ShopRequest) -> Response[str]:
    return await _shown(request)


@post("/cagnotte", include_in_schema=False)
async def begin(request: ShopRequest) -> Response[str]:
    """A new offer in the whole network; the shop's processes know it within a minute."""
    form = await read_form(request)
    offer = _read(request, form)
    if offer is None:
        return await _shown(request, form)
    async with request.transaction() as tx:
        desk = await _manager(request, tx)
        await loyalty.begin_offer(tx, offer, actor=desk.actor.label, now=request.now)
    return _done(request, "loyalty.console_begun")


@post("/cagnotte/{offer_id:uuid}/fin", include_in_schema=False)
async def end(request: ShopRequest, offer_id: FromPath[UUID]) -> Response[Any]:
    """It earns no more; what was ordered under it still does."""
    async with request.transaction() as tx:
        desk = await _manager(request, tx)
        await loyalty.end_offer(tx, offer_id=offer_id, actor=desk.actor.label, now=request.now)
    return _done(request, "loyalty.console_ended")


async def _manager(request: ShopRequest, tx: Transaction) -> Desk:
    desk = await network_desk(request, tx)
    require(desk.actor, Permission.MANAGE_NETWORK, NETWORK)
    return desk


async def _shown(request: ShopRequest, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        offers = await queries.offers(reader, now=request.now)
    t = request.site.catalogues[request.language]
    errors = form.errors if form else {}
    today = {"kind": EarningKind.PERCENT.value, "first": f"{request.now:%Y-%m-%d}"}
    return page(
        request,
        desk,
        "console/earning.html",
        Frame(title=t("loyalty.console_title"), nav="loyalty"),
        status=422 if errors else 200,
        may_change=desk.may(Permission.MANAGE_NETWORK),
        action=PATH,
        kinds=[{"value": kind, "label": t(f"loyalty.console_{kind}"), "hint": ""} for kind in _KINDS],
        offers=[_offer(request, offer, t) for offer in offers.all],
        values={**today, **(form.values if form else {})},
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
    )


def _read(request: ShopRequest, form: Form) -> EarningOffer | None:
    """None: the form says what is wrong."""
    label = form.text("label", length_max=LABEL_LENGTH_MAX)
    kind = form.choice("kind", frozenset(_KINDS))
    amount = form.integer("amount", low=1, high=PERCENT_MAX if kind == EarningKind.PERCENT else CENTS_MAX)
    gtin, category_id = _thing(request, form)
    first, last = _day(form, "first"), _day(form, "last")
    if first and last and not timedelta(0) <= last - first <= timedelta(days=DAYS_MAX):
        form.fail("last", "loyalty.console_bad_last", max=DAYS_MAX)
    if not form.ok or amount is None or first is None or last is None:
        return None
    return EarningOffer(
        offer_id=new_id(request.now),
        store_id=NETWORK,
        label=label,
        kind=EarningKind(kind),
        amount=amount,
        gtin=gtin,
        category_id=category_id,
        starts_at=paris_midnight(first),
        ends_at=paris_midnight(last + timedelta(days=1)),
    )


def _thing(request: ShopRequest, form: Form) -> tuple[int | None, int | None]:
    """A product by its GTIN, or a category by its name."""
    typed = form.text("thing", length_max=LABEL_LENGTH_MAX)
    if not typed:
        return None, None
    if typed[0].isdigit():
        try:
            return read_gtin(typed), None
        except BadGtin:
            form.fail("thing", "loyalty.console_bad_thing")
            return None, None
    wanted = search_key(typed)
    tree = request.site.directory.categories
    found = next((one for one in tree.all if wanted in (search_key(one.name), one.slug)), None)
    if found is None:
        form.fail("thing", "loyalty.console_bad_thing")
        return None, None
    return None, found.category_id


def _day(form: Form, name: str) -> date | None:
    typed = form.text(name, length_max=10)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        form.fail(name, "loyalty.console_bad_day")
        return None


def _offer(request: ShopRequest, offer: EarningOffer, t: Catalogue) -> dict[str, str]:
    now = request.now
    state = "coming" if now < offer.starts_at else "running" if offer.runs_at(now) else "over"
    category = request.site.directory.categories.by_id.get(offer.category_id or 0)
    last = offer.ends_at - timedelta(microseconds=1)
    return {
        "label": offer.label,
        "thing": category.name if category else str(offer.gtin or ""),
        "amount": t("loyalty.offer_percent", percent=offer.amount)
        if offer.kind is EarningKind.PERCENT
        else t("loyalty.offer_cents", amount=format_cents(offer.amount, t.language)),
        "days": f"{long_day(offer.starts_at, t.language)} – {long_day(last, t.language)}",
        "state": t(f"loyalty.console_{state}"),
        "kind": {"coming": "info", "running": "ok", "over": ""}[state],
        "end_href": "" if state == "over" else f"{PATH}/{offer.offer_id}/fin",
    }


def _done(request: ShopRequest, key: str) -> Response[Any]:
    return see_other(request, PATH, notice=Notice("ok", request.site.catalogues[request.language](key)))


ROUTES = [shown, begin, end]
