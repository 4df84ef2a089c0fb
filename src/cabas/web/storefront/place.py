"""
Where a browsing page stands: in a store, or in the national catalogue (no store chosen).

The store is in the address, so that a page can be shared and kept. A visitor without a store who
opens a store's page shops there from then on; one who has another store sees that it isn't theirs.
"""

from urllib.parse import urlencode

import msgspec

from cabas.domain.stores.model import StoreSummary
from cabas.domain.stores.queries import StoreUnknown
from cabas.kit.messages import Catalogue
from cabas.web.pages import is_local
from cabas.web.request import ShopRequest

NATIONAL = 0
RETURN_LENGTH_MAX = 500
_OF_A_STORE = ("/rayons", "/recherche", "/produits/")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """``base`` is "/magasins/{slug}", or "" for the national catalogue."""

    store_id: int
    base: str
    own: bool
    """Whether the visitor's basket is (or would be) in this store."""
    store: StoreSummary | None = None

    @property
    def national(self) -> bool:
        return self.store_id == NATIONAL

    @property
    def name(self) -> str:
        return self.store.name if self.store else ""

    def choose_href(self, here: str) -> str:
        """Where the visitor makes this store theirs (or picks one), coming back ``here``."""
        return choose_path(self.store.slug if self.store else "", here)


def choose_path(slug: str, here: str) -> str:
    """The page that makes this store the visitor's ("": the finder), and then goes ``here``."""
    page = f"/magasins/{slug}/choix" if slug else "/magasins"
    return f"{page}?{urlencode({'retour': here})}" if here else page


def place_values(place: Place, here: str, t: Catalogue) -> dict[str, str]:
    """What a page says when the visitor can't fill a basket from it: a word, and the way to a store."""
    if place.own:
        return {"note": "", "choose_href": "", "choose_label": ""}
    note = (
        t("catalogue.national_note") if place.national else t("catalogue.other_store_note", name=place.name)
    )
    label = t("common.choose_store") if place.national else t("catalogue.choose_this", name=place.name)
    return {"note": note, "choose_href": place.choose_href(here), "choose_label": label}


NATIONWIDE = Place(store_id=NATIONAL, base="", own=False)


def store_named(request: ShopRequest, slug: str) -> StoreSummary:
    """:raises StoreUnknown: no such store, or not one that sells online."""
    store = request.site.directory.store_by_slug(slug)
    if store is None or store.store_id == NATIONAL:
        raise StoreUnknown
    return store


def place_of(request: ShopRequest, slug: str) -> Place:
    """
    The store of the address; it becomes the visitor's when they had none.

    :raises StoreUnknown: no such store.
    """
    store = store_named(request, slug)
    visitor = request.visitor
    if visitor.store_id == NATIONAL and visitor.cart_id is None:
        request.remember(msgspec.structs.replace(visitor, store_id=store.store_id))
    own = request.visitor.store_id == store.store_id
    return _at(store, own=own)


def own_place(request: ShopRequest) -> Place:
    """The visitor's store, or the national catalogue."""
    store = request.site.directory.store(request.visitor.store_id) if request.visitor.store_id else None
    return _at(store, own=True) if store else NATIONWIDE


def _at(store: StoreSummary, *, own: bool) -> Place:
    return Place(store_id=store.store_id, base=f"/magasins/{store.slug}", own=own, store=store)


def own_base(request: ShopRequest) -> str:
    """ "/magasins/{slug}" of the visitor's store, or ""."""
    return own_place(request).base


def in_store(path: str, slug: str) -> str:
    """The same page in this store: "/rayons/x" or "/magasins/other/rayons/x" → "/magasins/{slug}/rayons/x"."""
    if not is_local(path) or len(path) > RETURN_LENGTH_MAX:
        return f"/magasins/{slug}/rayons"
    tail = path
    if path.startswith("/magasins/"):
        _, _, rest = path.removeprefix("/magasins/").partition("/")
        tail = f"/{rest}"
    if tail.startswith(_OF_A_STORE):
        return f"/magasins/{slug}{tail}"
    return f"/magasins/{slug}/rayons" if path.startswith("/magasins") else path
