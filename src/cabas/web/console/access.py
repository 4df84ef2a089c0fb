"""
Who may be on a page of the console. Every handler begins here: a store's page asks for a
permission in that store, head office's pages for one in the network.
"""

from typing import Any

import msgspec
from litestar import Response

from cabas.domain.staff.model import NETWORK, Permission, StaffActor, allowed, require
from cabas.domain.stores.model import StoreSummary
from cabas.kit.db import Connection
from cabas.kit.errors import Denied, NotFound
from cabas.web import pages
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest


class SignInNeeded(Denied):
    """Nobody is signed in here: the sign-in page comes first."""

    code = "sign_in_needed"


class StoreUnknown(NotFound):
    """The network has no such store."""

    code = "store_unknown"


class Desk(msgspec.Struct, frozen=True):
    """One request of the console: who, in which store (None: the network)."""

    actor: StaffActor
    store: StoreSummary | None

    @property
    def store_id(self) -> int:
        return self.store.store_id if self.store else NETWORK

    @property
    def base(self) -> str:
        return f"/console/magasins/{self.store.slug}" if self.store else "/console"

    def may(self, permission: Permission) -> bool:
        return allowed(self.actor, permission, self.store_id)


async def network_desk(request: ShopRequest, reader: Connection) -> Desk:
    """
    :raises SignInNeeded: nobody is signed in.
    :raises cabas.domain.staff.model.NotAllowed: not head office.
    """
    actor = await _actor(request, reader)
    require(actor, Permission.SEE_NETWORK, NETWORK)
    return Desk(actor, None)


async def store_desk(request: ShopRequest, reader: Connection, slug: str, permission: Permission) -> Desk:
    """
    :raises SignInNeeded: nobody is signed in.
    :raises StoreUnknown: no such store, or not one of theirs (it isn't told apart).
    :raises cabas.domain.staff.model.NotAllowed: theirs, but not this.
    """
    actor = await _actor(request, reader)
    store = request.site.directory.store_by_slug(slug)
    if store is None or not actor.permissions_in(store.store_id):
        raise StoreUnknown
    require(actor, permission, store.store_id)
    return Desk(actor, store)


async def _actor(request: ShopRequest, reader: Connection) -> StaffActor:
    actor = await request.staff_actor(reader)
    if actor is None:
        raise SignInNeeded
    return actor


_STORE_MENU = (
    ("today", "", "clock", Permission.SEE_ORDERS),
    ("orders", "/commandes", "bag", Permission.SEE_ORDERS),
    ("slots", "/creneaux", "calendar", Permission.MANAGE_SLOTS),
    ("pattern", "/semaine-type", "refresh", Permission.MANAGE_SLOTS),
    ("hours", "/horaires", "store", Permission.MANAGE_STORE),
    ("offers", "/offres", "tag", Permission.MANAGE_OFFERS),
    ("team", "/equipe", "account", Permission.MANAGE_STAFF),
    ("priority", "/priorites", "check", Permission.GRANT_PRIORITY),
    ("audit", "/journal", "list", Permission.SEE_AUDIT),
)


def page(
    request: ShopRequest, desk: Desk, template: str, frame: Frame, *, status: int = 200, **values: Any
) -> Response[str]:
    """A page of the console with its side menu."""
    t = request.site.catalogues[request.language]
    menu = []
    if allowed(desk.actor, Permission.SEE_NETWORK, NETWORK):
        menu.append(_item(t("console.nav_network"), "/console", "pin", "network"))
        menu.append(_item(t("console.nav_wall"), "/console/mur", "moon", "wall"))
        menu.append(_item(t("console.nav_goal"), "/console/objectif", "star", "goal"))
        menu.append(_item(t("console.nav_capacity"), "/console/capacite", "calendar", "capacity"))
        menu.append(_item(t("console.nav_loyalty"), "/console/cagnotte", "gift", "loyalty"))
        menu.append(_item(t("console.nav_room"), "/console/salle-attente", "clock", "room"))
        menu.append(_item(t("console.nav_ladder"), "/console/charge", "alert", "ladder"))
        menu.append(_item(t("console.nav_services"), "/console/services", "swap", "services"))
    if desk.store is not None:
        entries = [entry for entry in _STORE_MENU if desk.may(entry[3])]
        for number, (key, path, icon, _) in enumerate(entries):
            item = _item(t(f"console.nav_{key}"), desk.base + path, icon, key)
            menu.append({**item, "group": desk.store.name} if number == 0 else item)
    menu.append(_item(t("console.nav_sign_out"), "/console/deconnexion", "key", "sign_out"))
    return pages.page(
        request,
        template,
        frame,
        status=status,
        frame_extra={
            "menu": menu,
            "where": desk.store.name if desk.store else t("console.head_office"),
            "user": {"signed_in": True, "first_name": desk.actor.name, "role": _role(request, desk)},
        },
        base=desk.base,
        **values,
    )


def _item(label: str, href: str, icon: str, key: str) -> dict[str, str]:
    return {"label": label, "href": href, "icon": icon, "key": key, "count": "", "group": ""}


def _role(request: ShopRequest, desk: Desk) -> str:
    t = request.site.catalogues[request.language]
    held = next((role.role for role in desk.actor.roles if role.reaches(desk.store_id)), None)
    return t(f"console.role_{held.value}") if held else ""
