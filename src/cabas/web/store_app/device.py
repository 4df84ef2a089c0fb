"""Making a browser one of a store's devices: by its manager, and in a demo by anyone."""

from litestar import Response, get, post

from cabas.domain.staff import operations as staff
from cabas.domain.staff import queries
from cabas.domain.staff.model import SYSTEM, NotAllowed, Permission, StaffActor, allowed
from cabas.kit.errors import NotFound, TooMany
from cabas.kit.sessions import Opened
from cabas.policies import DEFAULTS
from cabas.web.addresses import client_address
from cabas.web.forms import Form, read_form
from cabas.web.pages import secret_cookie, see_other
from cabas.web.request import DEVICE_COOKIE, ShopRequest
from cabas.web.store_app.access import HOME, page

DEMO_STORE = "tours-nord"
LABEL_MAX = 80
LIFETIME_SECONDS = 730 * 24 * 3600


class NoDemo(NotFound):
    """In production only a manager enrols a device."""

    code = "not_found"


@get("/appareil", include_in_schema=False)
async def enrolment(request: ShopRequest) -> Response[str]:
    return _page(request)


@post("/appareil", include_in_schema=False)
async def enrol(request: ShopRequest) -> Response[str]:
    """The manager signs in for this one act; nobody stays signed in."""
    form = await read_form(request)
    email, password = form.text("email", length_max=254), form.secret("password")
    label = form.text("label", length_max=LABEL_MAX)
    if not form.ok:
        return _page(request, form)
    try:
        actor = await _manager(request, email, password)
    except staff.WrongStaffCredentials:
        form.fail("password", "store_app.wrong_credentials")
        return _page(request, form)
    except TooMany:
        form.fail("password", "store_app.too_many")
        return _page(request, form, status=429)
    stores = [
        store_id
        for store_id in actor.store_ids
        if store_id and allowed(actor, Permission.ENROL_DEVICES, store_id)
    ]
    if not stores:
        raise NotAllowed(permission=Permission.ENROL_DEVICES.value)
    return await _enrolled(request, stores[0], label, actor)


@post("/appareil/essai", include_in_schema=False)
async def enrol_for_demo(request: ShopRequest) -> Response[str]:
    """On a laptop: any browser may play a device of any store; people still need their PIN."""
    if request.site.settings.environment == "production":
        raise NoDemo
    form = await read_form(request)
    store_id = form.integer("store", low=1, high=65_535)
    if store_id is None or not form.ok or request.site.directory.store(store_id) is None:
        form.fail("store", "store_app.unknown_store")
        return _page(request, form)
    return await _enrolled(request, store_id, "Essai", SYSTEM)


async def _manager(request: ShopRequest, email: str, password: str) -> StaffActor:
    opened = await staff.sign_in(
        request.transaction,
        email=email,
        password=password,
        address=client_address(request.scope),
        label="",
        now=request.now,
        shift=DEFAULTS.staff_shift,
    )
    async with request.transaction() as tx:
        actor = await queries.staff_by_session(tx, token_hash=opened.token_hash, now=request.now)
        await staff.lock(tx, token_hash=opened.token_hash, now=request.now)
    if actor is None:
        raise staff.WrongStaffCredentials
    return actor


async def _enrolled(request: ShopRequest, store_id: int, label: str, actor: StaffActor) -> Response[str]:
    async with request.transaction() as tx:
        opened: Opened = await staff.enrol_device(
            tx, store_id=store_id, label=label, actor=actor, now=request.now
        )
    response = see_other(request, f"{HOME}/connexion")
    response.set_cookie(secret_cookie(request, DEVICE_COOKIE, opened.secret, max_age=LIFETIME_SECONDS))
    return response


def _page(request: ShopRequest, form: Form | None = None, *, status: int = 422) -> Response[str]:
    t = request.site.catalogues[request.language]
    demo = request.site.settings.environment != "production"
    known = request.site.directory.store_by_slug(DEMO_STORE) if demo else None
    values = form.values if form else {}
    errors = form.errors if form else {}
    return page(
        request,
        "store_app/device.html",
        t("store_app.device_title"),
        status=status if form else 200,
        values={
            "email": values.get("email", ""),
            "label": values.get("label", ""),
            "store": values.get("store", "") or (str(known.store_id) if known else ""),
        },
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
        demo=demo,
    )
