"""A store's people: who works here, their PINs, newcomers and leavers; and its shared devices."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.staff import operations as staff
from cabas.domain.staff import queries
from cabas.domain.staff.model import BadPin, Permission, Role, StaffRole
from cabas.web.console.access import page, store_desk
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

_ROLES = frozenset({Role.PICKER.value, Role.MANAGER.value})


@get("/magasins/{slug:str}/equipe", include_in_schema=False)
async def shown(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    return await _shown(request, slug)


@post("/magasins/{slug:str}/equipe", include_in_schema=False)
async def hire(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    """A newcomer with a role and a PIN."""
    form = await read_form(request)
    name, role, pin = form.text("name", length_max=80), form.choice("role", _ROLES), form.secret("pin")
    pin_hash = await _hash(form, pin)
    if not form.ok:
        return await _shown(request, slug, form)
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_STAFF)
        staff_id = await staff.create_staff(
            tx,
            name=name,
            roles=[StaffRole(role=Role(role), store_id=desk.store_id)],
            actor=desk.actor,
            now=request.now,
        )
        await staff.set_pin(
            tx,
            store_id=desk.store_id,
            staff_id=staff_id,
            pin_hash=pin_hash,
            actor=desk.actor,
            now=request.now,
        )
    return see_other(request, f"{desk.base}/equipe", notice=Notice("ok", t("console.hired", name=name)))


@post("/magasins/{slug:str}/equipe/{staff_id:uuid}/pin", include_in_schema=False)
async def set_pin(request: ShopRequest, slug: FromPath[str], staff_id: FromPath[UUID]) -> Response[str]:
    form = await read_form(request)
    pin_hash = await _hash(form, form.secret("pin"))
    if not form.ok:
        return await _shown(request, slug, form)
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_STAFF)
        await staff.set_pin(
            tx,
            store_id=desk.store_id,
            staff_id=staff_id,
            pin_hash=pin_hash,
            actor=desk.actor,
            now=request.now,
        )
    return see_other(request, f"{desk.base}/equipe", notice=Notice("ok", t("console.pin_set")))


@post("/magasins/{slug:str}/equipe/{staff_id:uuid}/depart", include_in_schema=False)
async def leave(request: ShopRequest, slug: FromPath[str], staff_id: FromPath[UUID]) -> Response[str]:
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_STAFF)
        if await queries.member(tx, store_id=desk.store_id, staff_id=staff_id) is None:
            raise staff.StaffNotFound
        await staff.deactivate(tx, staff_id=staff_id, actor=desk.actor, now=request.now)
    return see_other(request, f"{desk.base}/equipe", notice=Notice("ok", t("console.left")))


async def _hash(form: Form, pin: str) -> str:
    if "pin" in form.errors:
        return ""
    try:
        return await staff.hash_pin(pin)
    except BadPin:
        form.fail("pin", "console.bad_pin")
        return ""


async def _shown(request: ShopRequest, slug: str, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.MANAGE_STAFF)
        members = await queries.members_of_store(reader, store_id=desk.store_id)
        devices = await queries.devices_of_store(reader, store_id=desk.store_id, now=request.now)
    t = request.site.catalogues[request.language]
    errors = form.errors if form else {}
    return page(
        request,
        desk,
        "console/team.html",
        Frame(title=t("console.nav_team"), nav="team"),
        status=422 if form else 200,
        members=[
            {
                "name": member.name,
                "roles": ", ".join(
                    t(f"console.role_{held.role.value}")
                    for held in member.roles
                    if held.store_id == desk.store_id
                ),
                "pin": t("console.has_pin") if member.has_pin else t("console.no_pin"),
                "active": member.deactivated_at is None,
                "me": member.staff_id == desk.actor.staff_id,
                "action": f"{desk.base}/equipe/{member.staff_id}",
            }
            for member in members
        ],
        devices=[device.label for device in devices],
        roles=[{"value": role, "label": t(f"console.role_{role}")} for role in sorted(_ROLES)],
        action=f"{desk.base}/equipe",
        values=form.values if form else {},
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
    )
