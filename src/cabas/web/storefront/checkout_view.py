"""The checkout page: four blocks, and the recap directly above the button that obliges to pay."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from babel.numbers import format_percent
from litestar import Response

from cabas.domain.carts.model import Cart, Difference, PricedCart
from cabas.domain.checkout.model import ORDER_BUTTON, ORDER_BUTTONS, Terms, minimum_age
from cabas.domain.orders.model import vat_shares
from cabas.domain.orders.pricing import ordered_line
from cabas.domain.payments.model import AT_STORE
from cabas.domain.slots.model import Channel, Hold, Slot
from cabas.domain.stores.model import StoreSummary
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import pages
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest
from cabas.web.storefront import basket_view, paying
from cabas.web.storefront.basket_view import Fee
from cabas.web.storefront.shopper import Shopper, store_of
from cabas.web.storefront.shown import shown_token
from cabas.web.storefront.slot_view import MODES, hold_view, near_views, when_label


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkout page is made of, read at one instant."""

    shopper: Shopper
    cart: Cart
    priced: PricedCart
    terms: Terms
    hold: Hold | None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way of the order, above the form. All of it optional."""

    text: str = ""
    differences: Sequence[Difference] = ()
    total_before_cents: int | None = None
    lost: Slot | None = None
    nearest: Sequence[Slot] = ()


def checkout_page(
    request: ShopRequest,
    basis: Basis,
    *,
    key: str,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    said: Said | None = None,
    status: int = 200,
) -> Response[str]:
    t, language = request.site.catalogues[request.language], request.language
    slot, fee = basis.terms.slot, basis.terms.fee_cents
    store = store_of(request, basis.cart.store_id)
    delivery = slot.channel is Channel.DELIVERY
    return pages.page(
        request,
        "storefront/checkout/checkout.html",
        Frame(title=t("checkout.title"), nav="basket", alcohol_banner=True),
        status=status,
        headers={"cache-control": "no-store", **paying.headers(request)},
        said=said_view(said, basis, t) if said else None,
        errors=dict(errors),
        error_list=[{"field": field, "text": text} for field, text in errors.items()],
        values=dict(values),
        key=key,
        cart=str(basis.cart.cart_id),
        shown=shown_token(
            request.site.settings.secret_keys,
            cart_id=basis.cart.cart_id,
            priced=basis.priced,
            fee_cents=fee,
        ),
        slot=str(slot.slot_id),
        slot_label=when_label(slot, language),
        slots_href=f"/creneaux?mode={MODES[slot.channel]}",
        held=hold_view(request, basis.hold, slot) if basis.hold else None,
        delivery=delivery,
        store=store_words(store),
        signed_in=basis.shopper.customer is not None,
        substitutions=basket_view.substitution_options(t),
        substitution=values.get("substitution") or basis.cart.substitution.value,
        payments=payment_options(t, paying.offered(request)),
        **recap_values(basis, t),
    )


def store_words(store: StoreSummary | None) -> dict[str, str]:
    return {
        "name": store.name if store else "",
        "address": f"{store.street}, {store.postcode} {store.city}" if store else "",
    }


def payment_options(t: Catalogue, methods: Collection[str] = (AT_STORE,)) -> list[dict[str, str]]:
    return [
        {
            "value": method,
            "label": t(f"checkout.payment_{method}"),
            "hint": t(f"checkout.payment_{method}_hint"),
        }
        for method in methods
    ]


def recap_values(basis: Basis, t: Catalogue) -> dict[str, Any]:
    """The fourth block: what is ordered, what it costs, and the button's words."""
    fee = basis.terms.fee_cents
    return {
        "adults": minimum_age(basis.priced),
        "lines": recap_lines(basis.priced, t),
        "gone": [offer.name if offer else str(line.gtin) for line, offer in basis.priced.unavailable],
        "totals": basket_view.totals_view(basis.priced, Fee(cents=fee, exact=True), t),
        "vat": vat_rows(basis, t),
        "maximum": format_cents(basis.priced.maximum_cents + fee, t.language),
        "seller": basis.terms.seller.get("name", ""),
        "withdrawable": any(line.offer.retractable for line in basis.priced.lines),
        "button": ORDER_BUTTONS.get(t.language, ORDER_BUTTON),
    }


def recap_lines(priced: PricedCart, t: Catalogue) -> list[dict[str, Any]]:
    """Every line with what is essential of it (L221-14)."""
    language = t.language
    return [
        {
            **basket_view.offer_view(entry.offer, entry.line.quantity, "", t),
            "brand": entry.offer.brand,
            "each": format_cents(entry.offer.price_cents, language),
            "total": format_cents(entry.total_cents, language),
            "saved": format_cents(entry.discount_cents, language) if entry.discount_cents else "",
            "note": entry.line.note,
        }
        for entry in priced.lines
    ]


def vat_rows(basis: Basis, t: Catalogue) -> list[dict[str, str]]:
    """``dont TVA 5,5 % : 1,04 €``, by rate."""
    lines = [
        ordered_line(entry, line_no=number, substitution="")
        for number, entry in enumerate(basis.priced.lines, start=1)
    ]
    return vat_view(vat_shares(lines, fee_cents=basis.terms.fee_cents), t)


def vat_view(shares: Sequence[Mapping[str, int]], t: Catalogue) -> list[dict[str, str]]:
    return [
        {
            "label": t("checkout.vat", rate=rate_label(share["basis_points"], t.language)),
            "value": format_cents(share["vat_cents"], t.language),
            "kind": "",
        }
        for share in shares
    ]


def rate_label(basis_points: int, language: str) -> str:
    return str(format_percent(basis_points / 10_000, format="#,##0.##\u00a0%", locale=language))


def said_view(said: Said, basis: Basis, t: Catalogue) -> dict[str, Any]:
    language = t.language
    total = basis.priced.total_cents + basis.terms.fee_cents
    own_fee = basis.terms.fee_cents - basis.terms.slot.fee_cents
    before = said.total_before_cents
    return {
        "text": said.text,
        "differences": [
            {
                "name": one.name,
                "before": "" if one.shown_cents is None else format_cents(one.shown_cents, language),
                "now": "" if one.now_cents is None else format_cents(one.now_cents, language),
            }
            for one in said.differences
        ],
        "total_before": format_cents(before, language) if before is not None else "",
        "total_now": format_cents(total, language),
        "lost": when_label(said.lost, language) if said.lost else "",
        "nearest": near_views(said.nearest, own_fee_cents=own_fee, t=t),
    }
