"""
What follows from what happened, on one page: fact → what people are told.

========================  =======================  ====================================================
fact                      message                  recorded
========================  =======================  ====================================================
an order was placed       ``order_confirmed``      once it was sent to its store (`TOLD_OF_ORDERS`)
it was changed            ``order_changed``        likewise
it was cancelled          ``order_cancelled``      likewise
it is ready               ``order_ready``          with the fact (`domain.orders.operations.move_to`)
a card didn't pay         ``payment_failed``       with the fact (`domain.payments.following`)
a withdrawal was declared ``withdrawal_received``  with the fact (`domain.orders.withdrawing.withdraw`)
asked for in advance      ``advance_…``            with the fact (`domain.advance`)
a withdrawal was declared (the cagnotte)           once its goods' earning was taken back (likewise)
it was handed over        (the cagnotte)           once it was credited (`domain.handover.earning`)
========================  =======================  ====================================================

The order's own transaction carries nothing for its confirmation: the row that dispatched it says
whether it was told. Messages wait in the database until a worker sends them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cabas.connectors.loyalty_ledger import LedgerBank
from cabas.connectors.mail_folder import FolderMailer
from cabas.connectors.mail_form import Sender, sender_of
from cabas.connectors.mail_smtp import SmtpMailer, server_of
from cabas.connectors.push_web import WebPush
from cabas.domain.handover import earning
from cabas.domain.ladder import queries as ladder
from cabas.domain.ladder.model import Level
from cabas.domain.loyalty.ports import Programme
from cabas.domain.messages import jobs as messages
from cabas.domain.messages.ports import Mailer
from cabas.domain.messages.sending import Post
from cabas.domain.orders import queries as orders
from cabas.domain.orders import telling
from cabas.domain.orders.model import OrderState
from cabas.domain.payments import jobs as payments
from cabas.domain.payments.model import Kind, Tender
from cabas.kit.clock import Clock, SystemClock
from cabas.kit.db import Database, Transaction
from cabas.policies import DEFAULTS
from cabas.settings import BadSetting, Settings
from cabas.web.letters.scribe import make_scribe

TOLD_OF_ORDERS: Final[Mapping[str, str]] = {
    "order_placed": "order_confirmed",
    "order_changed": "order_changed",
    "order_cancelled": "order_cancelled",
}
"""Facts that are dispatched to stores, and the message to the shopper that follows from each."""

SEEN_AT_THE_BANK: Final = frozenset({"declined", "cancelled", "confirmation_failed"})


async def tell_shoppers(database: Database, clock: Clock) -> int:
    """Messages for what was dispatched and not told yet; returns how many facts."""
    async with database.transaction() as tx:
        return await telling.tell_dispatched(tx, templates=TOLD_OF_ORDERS, now=clock.now())


async def credit_handovers(database: Database, clock: Clock, *, programme: Programme | None = None) -> int:
    """
    What was handed over and not credited yet goes to its customers' cagnottes; returns how many orders.

    :param programme: the grocer's own, which keeps the ledger instead of ours.
    """
    async with database.transaction() as tx:
        return await earning.earn_handed_over(
            tx, months=DEFAULTS.loyalty_months, programme=programme, now=clock.now()
        )


async def take_back_withdrawn(database: Database, clock: Clock) -> int:
    """What goods earned that shoppers withdrew from goes again; returns how many declarations."""
    async with database.transaction() as tx:
        return await earning.take_back_withdrawn(tx, now=clock.now())


async def settle_cagnottes(database: Database, clock: Clock) -> int:
    """What was set aside for orders is spent, let go or given back as their final amounts want; returns how many."""
    ledger = LedgerBank(database, clock, months=DEFAULTS.loyalty_months)
    return await payments.follow_due(database, clock, bank=ledger, on_failed=_counted, kind=Kind.LOYALTY)


async def _counted(_tx: Transaction, _tender: Tender, _now: datetime) -> None:
    """What a cagnotte doesn't pay is due at the counter, which says so."""


async def tell_of_failed_payment(tx: Transaction, tender: Tender, now: datetime) -> None:
    """The order stands, and is paid at the store. What the shopper saw the bank say need not be said again."""
    if tender.problem in SEEN_AT_THE_BANK:
        return
    order = await orders.order_of_store(tx, store_id=tender.store_id, order_id=tender.order_id)
    if order.state in (OrderState.CANCELLED, OrderState.HANDED_OVER):
        return
    await telling.tell_about(
        tx, order, template="payment_failed", key=f"payment_failed:{tender.key}", values={}, now=now
    )


async def send_messages(
    database: Database, clock: Clock, *, post: Post, a_second: int, a_second_pressed: int
) -> int:
    """A second's worth of what is due: little of it while a web process is short of places. Returns how many."""
    async with database.read() as reader:
        processes = await ladder.processes(reader, now=clock.now())
    pressed = any(one.level > Level.NORMAL or one.saturated_since is not None for one in processes)
    return await messages.send_due(
        database, clock, post=post, limit=a_second_pressed if pressed else a_second
    )


def post_office(settings: Settings) -> Post:
    """Words and carriers, as this installation is set up."""
    clock = SystemClock(settings.clock_offset)
    pusher = None
    if settings.vapid_key:
        pusher = WebPush(settings.vapid_key, f"mailto:{_sender(settings).email}")
    return Post(
        scribe=make_scribe(site=settings.public_url, clock=clock),
        mailer=_mailer(settings, clock),
        pusher=pusher,
    )


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    sender = _sender(settings)
    if not settings.smtp_url:
        return FolderMailer(settings.data_folder / "mail", sender, clock)
    try:
        return SmtpMailer(server_of(settings.smtp_url), sender, clock)
    except ValueError as problem:
        raise BadSetting(f"CABAS_SMTP_URL: {problem}") from None


def _sender(settings: Settings) -> Sender:
    try:
        return sender_of(settings.mail_from)
    except Exception as problem:
        raise BadSetting(f"CABAS_MAIL_FROM: {problem}") from None
