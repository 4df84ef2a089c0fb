"""Letters about an order: confirmed, changed, cancelled, ready, and the withdrawal's acknowledgement."""

from collections.abc import Sequence
from typing import Any

import msgspec

from cabas.domain.orders import queries
from cabas.domain.orders.model import Order, OrderLine, OrderNotFound, totals_of, vat_shares
from cabas.domain.orders.withdrawing import withdrawals
from cabas.domain.preparation import queries as preparation
from cabas.domain.stores import queries as stores
from cabas.domain.stores.model import Store
from cabas.domain.stores.queries import StoreUnknown
from cabas.kit.clock import paris_day
from cabas.kit.html import Renderer
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web.letters.page import Block, Desk, Page, button, facts, lines, small, text
from cabas.web.letters.terms import publisher_of, terms_file
from cabas.web.storefront.checkout_view import vat_view
from cabas.web.storefront.order_view import (
    line_view,
    moment_label,
    picked_changes,
    slot_label,
    spoken_code,
    stamp,
    totals_view,
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The order as the message tells it: at the revision the fact was about."""

    order: Order
    lines: Sequence[OrderLine]
    store: Store | None

    @property
    def path(self) -> str:
        return f"/commandes/{self.order.order_id}"


async def confirmed(desk: Desk, renderer: Renderer) -> Page:
    """L221-13: everything that was agreed, with the terms, to keep."""
    told = await _told(desk)
    lead = desk.t("mail.order_confirmed_lead", store=_store_name(told))
    return await _contract(desk, renderer, told, subject="mail.order_confirmed_subject", lead=lead)


async def changed(desk: Desk, renderer: Renderer) -> Page:
    """The contract as it stands after the change, in full: it takes the former's place."""
    told = await _told(desk)
    lead = desk.t("mail.order_changed_lead", store=_store_name(told))
    return await _contract(desk, renderer, told, subject="mail.order_changed_subject", lead=lead)


async def cancelled(desk: Desk, _renderer: Renderer) -> Page:
    told = await _told(desk)
    t, order = desk.t, told.order
    found = await queries.cancellation(desk.reader, store_id=order.store_id, order_id=order.order_id)
    by_shopper = found is None or found.cancelled_by == "shopper"
    lead = t("mail.order_cancelled_by_shopper" if by_shopper else "mail.order_cancelled_by_store")
    rows = [
        *_identity(desk, told),
        (t("mail.cancelled_at"), stamp(found.cancelled_at, t) if found else ""),
        (t("mail.reason"), found.reason if found and not by_shopper else ""),
    ]
    return Page(
        subject=t("mail.order_cancelled_subject", code=order.code),
        short=lead,
        path=told.path,
        blocks=[text(lead), facts("", rows), _seller(desk, told)],
    )


async def ready(desk: Desk, _renderer: Renderer) -> Page:
    """What it comes to and what is not as it was asked for, before leaving home (ux.md 2.11)."""
    told = await _told(desk)
    t, order = desk.t, told.order
    picked = await preparation.picked_lines(desk.reader, store_id=order.store_id, order_id=order.order_id)
    moved = picked_changes(told.lines, picked, t)
    kind = "delivery" if order.channel == "delivery" else "drive"
    lead = t(f"mail.order_ready_{kind}", code=spoken_code(order.code))
    final = order.final_cents if order.final_cents is not None else order.total_cents
    blocks = [
        text(lead),
        facts("", [*_identity(desk, told), (t("orders.final"), format_cents(final, t.language))]),
    ]
    if moved:
        rows = [{"name": one["name"], "detail": one["said"], "amount": one["now"]} for one in moved]
        blocks.append(lines(t("orders.changes"), rows))
    return Page(
        subject=t("mail.order_ready_subject", code=order.code),
        short=lead,
        path=told.path,
        blocks=[*blocks, button(t("mail.see_order"), desk.link(told.path))],
    )


async def payment_failed(desk: Desk, _renderer: Renderer) -> Page:
    """The order stands, and is paid at the store: nothing was lost."""
    told = await _told(desk)
    t = desk.t
    lead = t("mail.payment_failed_lead")
    return Page(
        subject=t("mail.payment_failed_subject", code=told.order.code),
        short=lead,
        path=told.path,
        blocks=[
            text(lead),
            facts("", _identity(desk, told)),
            button(t("mail.see_order"), desk.link(told.path)),
        ],
    )


async def withdrawal(desk: Desk, _renderer: Renderer) -> Page:
    """D221-5-1: the declaration's content, date and hour, on a durable medium."""
    told = await _told(desk)
    t, order = desk.t, told.order
    wanted = str(desk.message.values.get("withdrawal_id", ""))
    declared = await withdrawals(desk.reader, store_id=order.store_id, order_id=order.order_id)
    found = next((one for one in declared if str(one.withdrawal_id) == wanted), None)
    if found is None:
        raise LookupError(f"withdrawal {wanted}")
    given_back = [line for line in told.lines if line.line_no in found.line_numbers]
    when = stamp(found.declared_at, t)
    rows = [
        (t("orders.receipt_number"), str(found.withdrawal_id)),
        (t("orders.receipt_when"), when),
        (t("orders.receipt_order"), f"{order.code} ({order.order_id})"),
        (t("orders.receipt_placed"), stamp(order.placed_at, t)),
        (t("orders.receipt_who"), str(order.contact.get("name", ""))),
    ]
    return Page(
        subject=t("mail.withdrawal_subject", code=order.code),
        short=t("mail.withdrawal_short", code=order.code),
        path=f"{told.path}/retractation/{found.withdrawal_id}",
        blocks=[
            text(t("orders.receipt_text", when=when)),
            facts("", rows),
            lines(t("mail.withdrawal_lines"), [_line(line, desk) for line in given_back]),
            text(t("orders.receipt_delay")),
            _seller(desk, told),
        ],
    )


async def _told(desk: Desk) -> Told:
    message = desk.message
    if message.order_id is None:
        raise LookupError("the message names no order")
    try:
        order = await queries.order_of_store(
            desk.reader, store_id=message.store_id, order_id=message.order_id
        )
    except OrderNotFound:
        raise LookupError(f"order {message.order_id}") from None
    revision = int(message.values.get("revision", order.revision))
    found = await queries.lines(
        desk.reader, store_id=order.store_id, order_id=order.order_id, revision=revision
    )
    try:
        store = await stores.store(desk.reader, store_id=order.store_id, today=paris_day(desk.now))
    except StoreUnknown:
        store = None
    return Told(order=_as_of(order, found), lines=found, store=store)


def _as_of(order: Order, found: Sequence[OrderLine]) -> Order:
    """The sums and taxes of these lines, whatever the order has become since."""
    totals = totals_of(found, fee_cents=order.fee_cents)
    return msgspec.structs.replace(
        order,
        goods_cents=totals.goods_cents,
        discount_cents=totals.discount_cents,
        deposit_cents=totals.deposit_cents,
        total_cents=totals.total_cents,
        maximum_cents=totals.maximum_cents,
        agreed={**order.agreed, "vat": vat_shares(found, fee_cents=order.fee_cents)},
    )


async def _contract(desk: Desk, renderer: Renderer, told: Told, *, subject: str, lead: str) -> Page:
    t, order = desk.t, told.order
    publisher = await publisher_of(desk)
    sums = totals_view(msgspec.structs.replace(order, final_cents=None), list(told.lines), t)
    rows = [(row["label"], row["value"]) for row in sums]
    if order.maximum_cents != order.total_cents:
        rows.append((t("mail.maximum"), format_cents(order.maximum_cents, t.language)))
    rows += [(row["label"], row["value"]) for row in vat_view(order.agreed.get("vat", []), t)]
    rows.append((t("mail.payment"), t(f"checkout.payment_{order.payment_method}")))
    return Page(
        subject=t(subject, code=order.code),
        short=t("mail.order_short", slot=slot_label(order, t.language)),
        path=told.path,
        blocks=[
            text(lead),
            facts("", _identity(desk, told)),
            text(t("mail.cutoff", when=moment_label(order.cutoff_at, t.language))),
            button(t("mail.see_order"), desk.link(told.path)),
            lines(t("orders.lines", n=len(told.lines)), [_line(line, desk) for line in told.lines]),
            facts(t("mail.amounts"), rows),
            text(t("orders.if_missing", choice=t(f"basket.substitution_{order.substitution}"))),
            _withdrawal(desk, told),
            _seller(desk, told),
            small(t("mail.mediator_title"), _mediator(desk, told, publisher)),
            small(t("mail.agreed_title"), _agreed(desk, told)),
        ],
        attachments=terms_file(
            desk, renderer, version=str(order.agreed.get("legal_version", "")), publisher=publisher
        ),
    )


def _identity(desk: Desk, told: Told) -> list[tuple[str, str]]:
    t, order = desk.t, told.order
    delivery = order.channel == "delivery"
    return [
        (t("mail.code"), spoken_code(order.code)),
        (t("mail.number"), str(order.order_id)[-12:].upper()),
        (t("mail.slot_delivery" if delivery else "mail.slot_drive"), slot_label(order, t.language)),
        (t("mail.store"), _store_place(told)),
        (t("mail.deliver_to"), _address(order.contact.get("address"))),
    ]


def _line(line: OrderLine, desk: Desk) -> dict[str, str]:
    view = line_view(line, desk.t)
    saved = desk.t("mail.saved", amount=view["saved"]) if view["saved"] else ""
    detail = [view["brand"], view["net"], f"{view['quantity_label']} × {view['each']}", saved, view["note"]]
    return {
        "name": view["name"],
        "detail": ", ".join(filter(None, detail)),
        "amount": view["total"],
    }


def _withdrawal(desk: Desk, told: Told) -> Block:
    t = desk.t
    kept = [line.product.name for line in told.lines if not line.product.retractable]
    return small(
        t("orders.withdrawal"),
        t("mail.withdrawal_how", days=DEFAULTS.withdrawal_days, href=desk.link(told.path)),
        t("mail.withdrawal_excluded", names=", ".join(kept)) if kept else "",
    )


def _seller(desk: Desk, told: Told) -> Block:
    seller: dict[str, Any] = told.order.agreed.get("seller", {})
    reach = [told.store.phone, told.store.email] if told.store else []
    who = [seller.get(key, "") for key in ("name", "registration", "address", "capital")]
    return small(desk.t("mail.seller_title"), ", ".join(filter(None, who)), ", ".join(filter(None, reach)))


def _mediator(desk: Desk, told: Told, publisher: dict[str, Any]) -> str:
    named = told.order.agreed.get("seller", {}).get("mediator") or publisher["mediator"]
    return desk.t("mail.mediator", who=str(named)) if named else desk.t("mail.mediator_unnamed")


def _agreed(desk: Desk, told: Told) -> str:
    order, t = told.order, desk.t
    return t(
        "mail.agreed",
        button=str(order.agreed.get("button", "")),
        when=stamp(order.placed_at, t),
        version=str(order.agreed.get("legal_version", "")),
    )


def _store_name(told: Told) -> str:
    return told.store.summary.name if told.store else ""


def _store_place(told: Told) -> str:
    if told.store is None:
        return ""
    place = told.store.summary
    return f"{place.name}, {place.street}, {place.postcode} {place.city}"


def _address(address: dict[str, Any] | None) -> str:
    return f"{address['street']}, {address['postcode']} {address['city']}" if address else ""
