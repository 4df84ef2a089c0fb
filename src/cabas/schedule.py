"""Recurring jobs, all on this page. Each is short, may run in several workers at once, and repeats harmlessly."""

import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import msgspec

from cabas.connectors import bridge_loyalty, bridge_outbox
from cabas.connectors import figures_prometheus as figures
from cabas.connectors.bridge_client import pulled
from cabas.connectors.bridge_client.reaching import peer_for
from cabas.connectors.bridge_feeds import statuses
from cabas.connectors.bridge_loyalty import Owed
from cabas.connectors.bridge_outbox.rounds import Rounds
from cabas.connectors.payments_bank import BankClient
from cabas.connectors.payments_bank.guarded import WORKERS, guarded
from cabas.domain.advance import jobs as advance
from cabas.domain.capacity import jobs as capacity
from cabas.domain.customers import jobs as customers
from cabas.domain.loyalty import jobs as loyalty
from cabas.domain.messages import jobs as messages
from cabas.domain.orders import jobs as orders
from cabas.domain.payments import jobs as payments
from cabas.domain.slots import jobs as slots
from cabas.domain.waiting_room import jobs as waiting_room
from cabas.kit.board import Board
from cabas.kit.clock import Clock, SystemClock
from cabas.kit.db import Database
from cabas.policies import DEFAULTS
from cabas.reactions import (
    credit_handovers,
    post_office,
    send_messages,
    settle_cagnottes,
    take_back_withdrawn,
    tell_of_failed_payment,
    tell_shoppers,
)
from cabas.settings import Settings
from cabas.web import edge

Job = Callable[[Database, Clock], Awaitable[int]]


class Recurring(msgspec.Struct, frozen=True):
    """``run`` returns how much it did; when it did a full batch it is run again at once."""

    name: str
    every: timedelta
    run: Job


RECURRING = (
    Recurring("dispatch orders to their stores", timedelta(milliseconds=250), orders.dispatch_pending),
    Recurring(
        "draw the openings",
        timedelta(milliseconds=250),
        partial(advance.draw_openings, policy=DEFAULTS.advance),
    ),
    Recurring(
        "write the orders that were drawn",
        timedelta(milliseconds=250),
        partial(advance.write_orders, policy=DEFAULTS.advance),
    ),
    Recurring(
        "publish the digests of coming draws",
        timedelta(minutes=10),
        partial(advance.publish_draws, policy=DEFAULTS.advance),
    ),
    Recurring("settle raises of capacity", timedelta(milliseconds=250), capacity.settle_raises),
    Recurring("forget machines that are gone", timedelta(hours=1), capacity.forget_machines),
    Recurring("release holds that have run out", timedelta(seconds=2), slots.release_expired),
    Recurring(
        "start the fallback of unreceived orders",
        timedelta(seconds=15),
        partial(orders.start_fallbacks, after=DEFAULTS.receipt_fallback_after),
    ),
    Recurring(
        "publish the slots of the coming days",
        timedelta(hours=1),
        partial(slots.publish_coming_days, booking_days=DEFAULTS.booking_days),
    ),
    Recurring("forget attempts and sessions that have run out", timedelta(hours=1), customers.forget_run_out),
    Recurring("tell shoppers what was sent to their store", timedelta(seconds=2), tell_shoppers),
    Recurring(
        "forget messages of long ago",
        timedelta(hours=1),
        partial(messages.forget_old, kept=DEFAULTS.messages_kept),
    ),
)


def recurring(settings: Settings) -> tuple[Recurring, ...]:
    """All of it, with what is written to this machine's disk for its edge."""
    steer = partial(
        waiting_room.steer,
        policy=DEFAULTS.room,
        booking_days=DEFAULTS.booking_days,
        folder=settings.edge_folder,
    )
    send = partial(
        send_messages,
        post=post_office(settings),
        a_second=DEFAULTS.messages_a_second,
        a_second_pressed=DEFAULTS.messages_a_second_pressed,
    )
    bridges: tuple[Recurring, ...] = ()
    board = Board(f"worker:{os.uname().nodename}:{os.getpid()}", SystemClock(settings.clock_offset))
    if settings.bridges:
        rounds = Rounds(settings.bridges, board)
        bridges = (
            Recurring(
                "tell loyalty what it is owed", timedelta(seconds=1), partial(rounds.run, service="loyalty")
            ),
            Recurring(
                "tell the registry what it is owed",
                timedelta(seconds=1),
                partial(rounds.run, service="registry"),
            ),
            Recurring("forget balances of other days", timedelta(hours=1), bridge_loyalty.forget_old),
            Recurring("forget answers of long ago", timedelta(hours=1), bridge_outbox.forget_old),
            Recurring("number order statuses for bridges", timedelta(seconds=1), statuses.number_pending),
            Recurring("forget what bridges no longer need", timedelta(minutes=1), pulled.forget_run_out),
        )
    theirs = Owed() if peer_for(settings.bridges, "loyalty") else None
    credit = partial(credit_handovers, programme=theirs)
    cagnotte = [Recurring("credit what was handed over", timedelta(seconds=2), credit)]
    if theirs is None:
        cagnotte.append(
            Recurring("take back what withdrawn goods earned", timedelta(seconds=10), take_back_withdrawn)
        )
        cagnotte.append(
            Recurring("settle what cagnottes pay of orders", timedelta(seconds=1), settle_cagnottes)
        )
        every = timedelta(minutes=10)
        cagnotte.append(Recurring("let what is left of old earnings expire", every, loyalty.expire_due))
    return (
        *RECURRING,
        *bridges,
        *_payments(settings, board),
        Recurring("tell how outside services are", timedelta(seconds=1), board.tell),
        *_figures(settings),
        *cagnotte,
        Recurring("send what people are told", timedelta(seconds=1), send),
        Recurring("steer the waiting room", timedelta(seconds=1), steer),
        Recurring(
            "write the pages that the edge serves alone",
            timedelta(minutes=10),
            partial(edge.publish_pages, folder=settings.edge_folder),
        ),
        Recurring("forget the counts of former waiting rooms", timedelta(hours=1), waiting_room.forget),
    )


def _figures(settings: Settings) -> tuple[Recurring, ...]:
    """Nobody counts what nobody asks for."""
    told = settings.telemetry
    if not told.worker_port:
        return ()
    late = partial(figures.take_backlog, late_after=DEFAULTS.receipt_amber_after)
    jobs = (
        Recurring("count what is on its way to stores", timedelta(seconds=5), late),
        Recurring("count the places that are left", timedelta(minutes=1), figures.take_places),
        Recurring("count what outside services are owed", timedelta(seconds=15), figures.take_services),
    )
    if not told.probe_url:
        return jobs
    ask = partial(figures.probe, url=told.probe_url)
    return (*jobs, Recurring("ask the site as a shopper does", timedelta(seconds=5), ask))


def _payments(settings: Settings, board: Board) -> tuple[Recurring, ...]:
    if settings.bank is None:
        return ()
    bank = guarded(BankClient(settings.bank.url, settings.bank.key), board, WORKERS)
    follow = partial(payments.follow_due, bank=bank, on_failed=tell_of_failed_payment)
    return (Recurring("follow payments at the bank", timedelta(seconds=1), follow),)
