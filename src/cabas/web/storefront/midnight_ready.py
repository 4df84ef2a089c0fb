"""The checklist before midnight: each thing done, or the link that does it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from cabas.domain.carts.model import Cart, PricedCart
from cabas.domain.checkout.model import Terms
from cabas.domain.customers.queries import SignedIn
from cabas.domain.stores.model import StoreSummary
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What there is, of one instant. ``wishes``: how many slots of the day are chosen."""

    store: StoreSummary | None
    priced: PricedCart | None
    cart: Cart | None
    terms: Terms | None
    person: SignedIn | None
    values: Mapping[str, str]
    wishes: int


def checklist(ready: Ready, t: Catalogue) -> list[dict[str, Any]]:
    """``key`` names the item for the island, which ticks what is filled in on the page itself."""
    details = "#f-name" if ready.person else "/compte/connexion?return_to=/minuit"
    steps = (
        ("store", ready.store is not None, _store(ready), "/magasins?retour=/minuit"),
        ("basket", _basket_ready(ready), _basket(ready, t), "/panier"),
        ("substitution", ready.cart is not None, _substitution(ready, t), "/panier#missing-title"),
        ("contact", _contact_ready(ready), _contact(ready, t), details),
        ("payment", True, t("checkout.payment_at_store"), "#f-payment"),
        ("wishes", ready.wishes > 0, t("midnight.ready_wishes_detail", n=ready.wishes), "#f-wish_1"),
    )
    return [
        {"key": key, "label": t(f"midnight.ready_{key}"), "done": done, "detail": detail, "href": href}
        for key, done, detail, href in steps
    ]


def _store(ready: Ready) -> str:
    return ready.store.name if ready.store else ""


def _basket_ready(ready: Ready) -> bool:
    return bool(ready.priced and ready.priced.lines) and not _missing_cents(ready)


def _missing_cents(ready: Ready) -> int:
    if ready.priced is None or ready.terms is None:
        return 0
    return max(0, ready.terms.minimum_cents - (ready.priced.goods_cents - ready.priced.discount_cents))


def _basket(ready: Ready, t: Catalogue) -> str:
    if ready.priced is None or not ready.priced.lines:
        return t("midnight.ready_basket_empty")
    missing = _missing_cents(ready)
    if missing:
        return t("checkout.below_minimum", amount=format_cents(missing, t.language))
    total = format_cents(ready.priced.total_cents, t.language)
    said = f"{t('home.basket_count', n=ready.priced.count)} · {total}"
    gone = len(ready.priced.unavailable)
    return f"{said} · {t('midnight.ready_basket_gone', n=gone)}" if gone else said


def _substitution(ready: Ready, t: Catalogue) -> str:
    return t(f"basket.substitution_{ready.cart.substitution.value}") if ready.cart else ""


def _contact_ready(ready: Ready) -> bool:
    return bool(ready.values.get("name") and ready.values.get("email"))


def _contact(ready: Ready, t: Catalogue) -> str:
    if _contact_ready(ready):
        return ready.values["name"]
    return t("midnight.ready_contact_account" if ready.person else "midnight.ready_contact_guest")
