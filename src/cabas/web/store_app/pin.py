"""Coming to work on a shared device: a name, a PIN; and locking it behind oneself."""

from litestar import Response, get, post
from litestar.params import FromQuery

from cabas.domain.staff import operations as staff
from cabas.domain.staff import queries
from cabas.domain.staff.model import Device
from cabas.kit.ids import parse_id
from cabas.kit.signing import fingerprint
from cabas.policies import DEFAULTS
from cabas.web.forms import Form, read_form
from cabas.web.pages import secret_cookie, see_other
from cabas.web.request import STAFF_COOKIE, ShopRequest
from cabas.web.store_app.access import HOME, device_at_hand, page, store_name

PIN_LENGTH_MAX = 8


@get("/connexion", include_in_schema=False)
async def names(request: ShopRequest, qui: FromQuery[str] = "") -> Response[str]:
    async with request.read() as reader:
        device = await device_at_hand(request, reader)
    return await _page(request, device, qui)


@post("/connexion", include_in_schema=False)
async def sign_in(request: ShopRequest) -> Response[str]:
    form = await read_form(request)
    staff_id, pin = parse_id(form.text("staff", length_max=36)), form.secret("pin", length_max=40)
    async with request.read() as reader:
        device = await device_at_hand(request, reader)
    held = request.cookies.get(STAFF_COOKIE)
    if staff_id is None or not form.ok:
        return await _page(request, device, form.values.get("staff", ""), form)
    try:
        opened = await staff.sign_in_by_pin(
            request.transaction,
            device=device,
            staff_id=staff_id,
            pin=pin,
            now=request.now,
            replaces=fingerprint(held) if held else None,
            shift=DEFAULTS.staff_shift,
        )
    except staff.WrongPin:
        form.fail("pin", "store_app.wrong_pin")
        return await _page(request, device, str(staff_id), form)
    except staff.PinLocked as locked:
        seconds = int(str(locked.detail.get("retry_after_seconds", 300)))
        form.fail("pin", "store_app.pin_locked", minutes=max(1, -(-seconds // 60)))
        return await _page(request, device, str(staff_id), form, status=429)
    response = see_other(request, HOME)
    response.set_cookie(
        secret_cookie(request, STAFF_COOKIE, opened.secret, max_age=int(DEFAULTS.staff_shift.total_seconds()))
    )
    return response


@post("/verrouillage", include_in_schema=False)
async def lock(request: ShopRequest) -> Response[str]:
    held = request.cookies.get(STAFF_COOKIE)
    if held:
        async with request.transaction() as tx:
            await staff.lock(tx, token_hash=fingerprint(held), now=request.now)
    response = see_other(request, f"{HOME}/connexion")
    response.delete_cookie(STAFF_COOKIE)
    return response


async def _page(
    request: ShopRequest, device: Device, chosen: str, form: Form | None = None, *, status: int = 422
) -> Response[str]:
    async with request.read() as reader:
        people = await queries.names_on_device(reader, store_id=device.store_id)
    t = request.site.catalogues[request.language]
    known = {str(person.staff_id): person.name for person in people}
    return page(
        request,
        "store_app/pin.html",
        t("store_app.pin_title"),
        heading=store_name(request, device.store_id),
        back=f"{HOME}/connexion" if chosen in known else "",
        status=status if form else 200,
        people=[
            {"id": staff_id, "name": name, "initials": _initials(name)} for staff_id, name in known.items()
        ],
        chosen={"id": chosen, "name": known[chosen], "initials": _initials(known[chosen])}
        if chosen in known
        else None,
        error=form.errors.get("pin", "") if form else "",
        pin_length_max=PIN_LENGTH_MAX,
    )


def _initials(name: str) -> str:
    return "".join(part[0] for part in name.split()[:2]).upper()
