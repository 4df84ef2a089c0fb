"""Sent once, by however many workers; given up at last; never to who was forgotten."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from cabas.connectors.mail_smtp import SmtpMailer, server_of
from cabas.domain.messages import jobs, operations, records, sending
from cabas.domain.messages.model import (
    ATTEMPTS_MAX,
    BACKOFF_MAX,
    Letter,
    Note,
    SubscriptionGone,
    TransportError,
    next_try,
)
from cabas.domain.messages.privacy import forget_in_messages, messages_held
from cabas.domain.messages.queries import told_of_order
from cabas.domain.messages.sending import LEASE, Post
from cabas.kit.clock import FixedClock
from factories.mail_server import SENDER, MailServer
from factories.messages import PERSON, subscribe, to_tell

ORDER = UUID(int=99)
DYING = """
import asyncio, os, signal, sys
from datetime import datetime
from cabas.connectors.mail_smtp import SmtpMailer, server_of
from cabas.domain.messages.sending import Post, send_round
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
sys.path.insert(0, sys.argv[4])
from factories.mail_server import SENDER
from domain.messages.sending_test import PlainScribe

async def main():
    clock = FixedClock(datetime.fromisoformat(sys.argv[3]))
    mailer = SmtpMailer(server_of(sys.argv[2]), SENDER, clock)
    hand_over = mailer.send
    async def send(letter):
        await hand_over(letter)
        os.kill(os.getpid(), signal.SIGKILL)
    mailer.send = send
    database = await Database.connect(sys.argv[1])
    await send_round(database, clock, post=Post(scribe=PlainScribe(), mailer=mailer, pusher=None), limit=1)

asyncio.run(main())
"""


class PlainScribe:
    """The key words and no more."""

    async def letter(self, reader, message):
        if message.template == "broken":
            raise LookupError("no letter of that name")
        return Letter(
            message_id=message.message_id,
            to_name=message.name,
            to_email=message.email,
            language=message.language,
            subject=message.template,
            text="Bonjour",
            html="<p>Bonjour</p>",
        )

    async def note(self, reader, message):
        return Note(message_id=message.message_id, title=message.template, body="", path="/")


class Carrier:
    """Takes letters and notes, or answers with ``problem``."""

    def __init__(self):
        self.problem = None
        self.gone = set()
        self.letters = []
        self.notes = []

    async def send(self, *what):
        await asyncio.sleep(0)
        if self.problem:
            raise self.problem
        if len(what) == 1:
            self.letters.append(what[0])
        elif what[0].endpoint in self.gone:
            raise SubscriptionGone
        else:
            self.notes.append(what)


async def test_many_workers_send_each_message_once(database, clock, post, carrier, tell):
    await tell(*(to_tell(str(number)) for number in range(200)))

    async def work():
        while await sending.send_round(database, clock, post=post, limit=20):
            pass

    await asyncio.gather(*(work() for _ in range(4)))

    assert len(carrier.letters) == 200
    assert len({letter.message_id for letter in carrier.letters}) == 200


async def test_a_worker_killed_before_handing_over_costs_nothing(database, clock, post, carrier, tell):
    await tell(to_tell("one"))
    async with database.transaction() as tx:
        await records.take_due(tx, until=clock.now() + LEASE, now=clock.now(), limit=10)  # and it dies

    assert await sending.send_round(database, clock, post=post, limit=10) == 0
    clock.at += LEASE
    assert await sending.send_round(database, clock, post=post, limit=10) == 1
    assert len(carrier.letters) == 1


async def test_a_worker_killed_after_handing_over_leads_to_the_same_mail_again(
    database, database_url, clock, tell, server, request
):
    await tell(to_tell("one"))
    address = f"smtp://127.0.0.1:{server.port}?tls=off"
    dying = await asyncio.to_thread(
        subprocess.run,
        [
            sys.executable,
            "-c",
            DYING,
            database_url,
            address,
            clock.now().isoformat(),
            str(request.config.rootpath / "tests"),
        ],
        check=False,
    )
    assert dying.returncode == -9
    assert len(server.taken) == 1

    mailer = SmtpMailer(server_of(address), SENDER, clock)
    post = Post(scribe=PlainScribe(), mailer=mailer, pusher=None)
    await sending.send_round(database, clock, post=post, limit=10)
    assert len(server.taken) == 1  # the lease of the dead still runs
    clock.at += LEASE
    await sending.send_round(database, clock, post=post, limit=10)
    await sending.send_round(database, clock, post=post, limit=10)
    await mailer.close()

    assert len(server.taken) == 2
    assert len({mail["Message-ID"] for mail in server.taken}) == 1


async def test_a_worker_that_wakes_up_too_late_changes_nothing(database, clock, tell, told):
    await tell(to_tell("one", order_id=ORDER))
    async with database.transaction() as tx:
        [stale] = await records.take_due(tx, until=clock.now() + LEASE, now=clock.now(), limit=1)
    clock.at += LEASE
    async with database.transaction() as tx:
        await records.take_due(tx, until=clock.now() + LEASE, now=clock.now(), limit=1)
        changed = await records.update_outcome(
            tx, stale, sent_at=None, failed_at=clock.now(), next_at=clock.now(), problem="late"
        )

    assert changed == 0
    assert [line.state for line in await told()] == ["waiting"]


async def test_what_passes_is_tried_again_and_again_and_then_given_up(
    database, clock, post, carrier, tell, told
):
    await tell(to_tell("one", order_id=ORDER))
    carrier.problem = TransportError("no room", permanent=False)

    rounds = 0
    while (await told())[0].state == "waiting":
        rounds += await sending.send_round(database, clock, post=post, limit=10)
        clock.at += BACKOFF_MAX

    [line] = await told()
    assert (rounds, line.attempts, line.state, line.problem) == (
        ATTEMPTS_MAX,
        ATTEMPTS_MAX,
        "failed",
        "no room",
    )


async def test_what_passes_arrives_in_the_end(database, clock, post, carrier, tell, told):
    await tell(to_tell("one", order_id=ORDER))
    carrier.problem = TransportError("no room", permanent=False)
    await sending.send_round(database, clock, post=post, limit=10)
    carrier.problem = None

    assert await sending.send_round(database, clock, post=post, limit=10) == 0  # not before its time
    clock.at += BACKOFF_MAX
    await sending.send_round(database, clock, post=post, limit=10)

    assert [line.state for line in await told()] == ["sent"]


async def test_a_refusal_for_good_is_not_tried_again(database, clock, post, carrier, tell, told):
    await tell(to_tell("one", order_id=ORDER), to_tell("two", template="broken", order_id=ORDER))
    carrier.problem = TransportError("no such person", permanent=True)
    await sending.send_round(database, clock, post=post, limit=10)
    clock.at += BACKOFF_MAX

    assert await sending.send_round(database, clock, post=post, limit=10) == 0
    assert [line.state for line in await told()] == ["failed", "failed"]


async def test_a_server_that_hangs_holds_up_no_other_message(
    database, clock, post, carrier, tell, monkeypatch
):
    await tell(to_tell("one", template="hang"), *(to_tell(str(number)) for number in range(5)))
    send, answers, others = carrier.send, asyncio.Event(), asyncio.Semaphore(0)

    async def hang(letter):
        if letter.subject == "hang":
            await answers.wait()
        await send(letter)
        others.release()

    monkeypatch.setattr(carrier, "send", hang)
    under_way = asyncio.create_task(sending.send_round(database, clock, post=post, limit=10))
    for _ in range(5):
        await others.acquire()

    assert [letter.subject for letter in carrier.letters] == ["advance_placed"] * 5
    answers.set()
    assert await under_way == 6


async def test_a_server_that_hangs_is_left_and_asked_again_later(
    database, clock, post, carrier, tell, told, monkeypatch
):
    monkeypatch.setattr(sending, "SECONDS_MAX", 0.0)
    monkeypatch.setattr(carrier, "send", lambda letter: asyncio.Event().wait())
    await tell(to_tell("one", order_id=ORDER))

    await sending.send_round(database, clock, post=post, limit=10)

    [line] = await told()
    assert (line.state, line.problem) == ("waiting", "no answer in time")


async def test_who_was_erased_is_sent_nothing_and_leaves_no_trace(database, clock, post, carrier, tell):
    await tell(to_tell("one", order_id=ORDER), to_tell("two"), values_of="Léa", subscribed=True)
    async with database.transaction() as tx:
        assert await forget_in_messages(tx, PERSON, clock.now()) == 2

    assert await sending.send_round(database, clock, post=post, limit=10) == 0
    async with database.transaction() as tx:
        rows = [dict(row) for row in await tx.fetch("select name, email, values, customer_id from message")]
        assert rows == [{"name": "", "email": "", "values": {}, "customer_id": None}] * 2
        assert await tx.fetchval("select count(*) from push_subscription") == 0
        assert await messages_held(tx, PERSON) == []
        assert (
            await operations.tell_all(tx, messages=[to_tell("one")], now=clock.now()) == 0
        )  # not told again


async def test_a_browser_that_is_gone_is_forgotten_and_the_others_are_told(
    database, clock, post, carrier, tell, told
):
    await tell(to_tell("one", order_id=ORDER), subscribed=True)
    async with database.transaction() as tx:
        await subscribe(tx, endpoint="https://push.example.org/2", now=clock.now())
    carrier.gone.add("https://push.example.org/2")

    await sending.send_round(database, clock, post=post, limit=10)

    assert [browser.endpoint for browser, _ in carrier.notes] == ["https://push.example.org/1"]
    assert {line.channel.value: line.state for line in await told()} == {"mail": "sent", "push": "sent"}
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from push_subscription") == 1


async def test_the_log_and_the_export_say_what_was_told(database, clock, post, tell, told):
    await tell(to_tell("one", order_id=ORDER))
    await sending.send_round(database, clock, post=post, limit=10)

    [line] = await told()
    async with database.read() as reader:
        [held] = await messages_held(reader, PERSON)
    assert (line.template, line.state, line.sent_at) == ("advance_placed", "sent", clock.now())
    assert (held["message"], held["channel"], held["sent_at"]) == ("advance_placed", "mail", clock.now())


async def test_old_messages_are_forgotten_whole(database, clock, tell):
    await tell(to_tell("old"))
    clock.at += timedelta(days=400)
    await tell(to_tell("new"))
    clock.at += timedelta(minutes=1)

    assert await jobs.forget_old(database, clock, kept=timedelta(days=400)) == 1
    async with database.read() as reader:
        assert await reader.fetchval("select string_agg(key, ',') from message") == "new"
        assert await reader.fetchval("select count(*) from message_delivery") == 1


@pytest.mark.parametrize("attempt", range(1, 20))
def test_waiting_grows_and_is_bounded(now, attempt):
    waits = [next_try(attempt, now=now) - now for _ in range(50)]

    assert max(waits) <= BACKOFF_MAX
    assert min(waits) >= min(timedelta(seconds=15) * 2 ** (attempt - 1), BACKOFF_MAX / 2)
    assert len(set(waits)) > 1


@pytest.fixture
def clock(now):
    return FixedClock(now)


@pytest.fixture
def carrier():
    return Carrier()


@pytest.fixture
def post(carrier):
    return Post(scribe=PlainScribe(), mailer=carrier, pusher=carrier)


@pytest.fixture
def tell(database, clock):
    async def told(*messages, subscribed=False, values_of=""):
        async with database.transaction() as tx:
            if subscribed:
                await subscribe(tx, now=clock.now())
            await operations.tell_all(tx, messages=messages, now=clock.now())
            if values_of:
                await tx.execute("update message set values = jsonb_build_object('who', $1::text)", values_of)

    return told


@pytest.fixture
def told(database):
    async def lines():
        async with database.read() as reader:
            return await told_of_order(reader, store_id=1, order_id=ORDER)

    return lines


@pytest_asyncio.fixture
async def server():
    server = MailServer()
    await server.start()
    yield server
    await server.stop()
