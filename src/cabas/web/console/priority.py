"""Who is drawn first at an opening: granted at the counter, for some months, and taken back."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.advance import priority
from cabas.domain.staff.model import Permission
from cabas.policies import DEFAULTS
from cabas.web import dates
from cabas.web.console.access import page, store_desk
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

MONTHS = ("3", "6", "12")
_MONTH = timedelta(days=30)
_GROUPS = tuple(group.name for group in DEFAULTS.advance.groups)


@get("/magasins/{slug:str}/priorites", include_in_schema=False)
async def shown(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    return await _shown(request, slug)


@post("/magasins/{slug:str}/priorites", include_in_schema=False)
async def grant(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    form = await read_form(request)
    email = form.email("email")
    group = form.choice("group", frozenset(_GROUPS))
    months = form.choice("months", frozenset(MONTHS))
    if not form.ok:
        return await _shown(request, slug, form)
    t = request.site.catalogues[request.language]
    try:
        async with request.transaction() as tx:
            desk = await store_desk(request, tx, slug, Permission.GRANT_PRIORITY)
            await priority.grant(
                tx,
                email=email,
                group=group,
                until=request.now + int(months) * _MONTH,
                store_id=desk.store_id,
                actor=desk.actor.label,
                policy=DEFAULTS.advance,
                now=request.now,
            )
    except priority.AccountUnknown:
        form.fail("email", "console.priority_unknown")
        return await _shown(request, slug, form)
    return see_other(request, f"{desk.base}/priorites", notice=Notice("ok", t("console.priority_granted")))


@post("/magasins/{slug:str}/priorites/{customer_id:uuid}/retrait", include_in_schema=False)
async def revoke(request: ShopRequest, slug: FromPath[str], customer_id: FromPath[UUID]) -> Response[str]:
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.GRANT_PRIORITY)
        await priority.revoke(
            tx,
            customer_id=customer_id,
            store_id=desk.store_id,
            actor=desk.actor.label,
            now=request.now,
        )
    return see_other(request, f"{desk.base}/priorites", notice=Notice("ok", t("console.priority_revoked")))


async def _shown(request: ShopRequest, slug: str, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.GRANT_PRIORITY)
        held = await priority.granted_by_store(reader, store_id=desk.store_id, now=request.now)
    t = request.site.catalogues[request.language]
    names = {name: t(f"draw.group_{name}") if f"draw.group_{name}" in t.keys else name for name in _GROUPS}
    errors = form.errors if form else {}
    return page(
        request,
        desk,
        "console/priority.html",
        Frame(title=t("console.nav_priority"), nav="priority"),
        status=422 if form else 200,
        held=[
            {
                "email": one.email,
                "says": t(
                    "console.priority_until",
                    group=names.get(one.group, one.group),
                    when=dates.full(one.until, t.language),
                ),
                "action": f"{desk.base}/priorites/{one.customer_id}/retrait",
            }
            for one in held
        ],
        groups=[{"value": name, "label": label} for name, label in names.items()],
        months=[
            {"value": months, "label": t("console.priority_for", months=int(months))} for months in MONTHS
        ],
        action=f"{desk.base}/priorites",
        values=form.values if form else {},
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
    )
