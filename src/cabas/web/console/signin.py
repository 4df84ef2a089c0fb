"""Coming to the console and leaving it: e-mail and password; a store's own staff may come from its device."""

from litestar import Response, get, post

from cabas.domain.staff import operations as staff
from cabas.domain.staff.model import NETWORK, Permission, StaffActor, allowed
from cabas.kit.errors import TooMany
from cabas.kit.signing import fingerprint
from cabas.policies import DEFAULTS
from cabas.web import pages
from cabas.web.addresses import client_address
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, secret_cookie, see_other
from cabas.web.request import STAFF_COOKIE, ShopRequest

DEVICE_LABEL_MAX = 120


@get("/connexion", include_in_schema=False)
async def sign_in_page(request: ShopRequest) -> Response[str]:
    async with request.read() as reader:
        actor = await request.staff_actor(reader)
    if actor is not None:
        return see_other(request, landing(request, actor))
    return _page(request)


@post("/connexion", include_in_schema=False)
async def sign_in(request: ShopRequest) -> Response[str]:
    form = await read_form(request)
    email, password = form.text("email", length_max=254), form.secret("password")
    if not form.ok:
        return _page(request, form)
    held = request.cookies.get(STAFF_COOKIE)
    try:
        opened = await staff.sign_in(
            request.transaction,
            email=email,
            password=password,
            address=client_address(request.scope),
            label=request.headers.get("user-agent", "")[:DEVICE_LABEL_MAX],
            now=request.now,
            replaces=fingerprint(held) if held else None,
            shift=DEFAULTS.staff_shift,
        )
    except staff.WrongStaffCredentials:
        form.fail("password", "console.wrong_credentials")
        return _page(request, form)
    except TooMany as limit:
        seconds = int(str(limit.detail.get("retry_after_seconds", 60)))
        form.fail("password", "console.too_many", minutes=max(1, seconds // 60))
        return _page(request, form, status=429)
    response = see_other(request, "/console/arrivee")
    response.set_cookie(
        secret_cookie(request, STAFF_COOKIE, opened.secret, max_age=int(DEFAULTS.staff_shift.total_seconds()))
    )
    return response


@get("/arrivee", include_in_schema=False)
async def arrive(request: ShopRequest) -> Response[str]:
    """Where this person works: the network, or their store."""
    async with request.read() as reader:
        actor = await request.staff_actor(reader)
    return see_other(request, landing(request, actor) if actor else "/console/connexion")


@get("/deconnexion", include_in_schema=False)
async def sign_out_page(request: ShopRequest) -> Response[str]:
    t = request.site.catalogues[request.language]
    return pages.page(request, "console/sign_out.html", Frame(title=t("console.nav_sign_out")))


@post("/deconnexion", include_in_schema=False)
async def sign_out(request: ShopRequest) -> Response[str]:
    held = request.cookies.get(STAFF_COOKIE)
    if held:
        async with request.transaction() as tx:
            await staff.lock(tx, token_hash=fingerprint(held), now=request.now)
    response = see_other(request, "/console/connexion")
    response.delete_cookie(STAFF_COOKIE)
    return response


def landing(request: ShopRequest, actor: StaffActor) -> str:
    """The page a member of staff begins with."""
    if allowed(actor, Permission.SEE_NETWORK, NETWORK):
        return "/console"
    for store_id in actor.store_ids:
        store = request.site.directory.store(store_id)
        if store is not None:
            return f"/console/magasins/{store.slug}"
    return "/preparation"


def _page(request: ShopRequest, form: Form | None = None, *, status: int = 422) -> Response[str]:
    t = request.site.catalogues[request.language]
    errors = form.errors if form else {}
    return pages.page(
        request,
        "console/sign_in.html",
        Frame(title=t("console.sign_in_title")),
        status=status if form else 200,
        email=form.values.get("email", "") if form else "",
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
    )
