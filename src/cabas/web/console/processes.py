"""How many web processes there are: a part of head office's page of capacity (`capacity`)."""

from litestar import Response, post

from cabas.domain.capacity import scaling
from cabas.domain.capacity.scaling import ScalerAway, Unit
from cabas.domain.staff.model import NETWORK, Permission, require
from cabas.web.console.access import network_desk
from cabas.web.forms import read_form
from cabas.web.pages import Notice, see_other
from cabas.web.request import ShopRequest

PATH = "/console/capacite/processus"
BACK = "/console/capacite#processus"
UNIT_LENGTH_MAX = 100


async def units(request: ShopRequest) -> list[Unit]:
    """None when nobody can say."""
    try:
        return await request.site.scaler.units(now=request.now)
    except ScalerAway:
        return []


@post("/capacite/processus", include_in_schema=False)
async def scale(request: ShopRequest) -> Response[str]:
    """How many a machine is to have; no number: as it was started. What can't be is said on the page it came from."""
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        require(desk.actor, Permission.MANAGE_NETWORK, NETWORK)
    t = request.site.catalogues[request.language]
    form = await read_form(request)
    name = form.text("unit", length_max=UNIT_LENGTH_MAX)
    reason = form.text("reason")
    unit = next((one for one in await units(request) if one.name == name), None)
    if unit is None:
        return see_other(request, BACK, notice=Notice("ko", t("capacity.scaler_away")))
    processes = form.integer("processes", low=1, high=unit.most, required=False)
    if not form.ok:
        return see_other(request, BACK, notice=Notice("ko", " ".join(form.errors.values())))
    async with request.transaction() as tx:
        await scaling.note(
            tx, unit=unit, processes=processes, reason=reason, actor=desk.actor, now=request.now
        )
    notice = Notice("ok", t("capacity.scale_done"))
    try:
        await request.site.scaler.want(
            name=name, processes=processes, actor=desk.actor.label, now=request.now
        )
    except ScalerAway:
        notice = Notice("ko", t("capacity.scaler_away"))
    return see_other(request, BACK, notice=notice)
