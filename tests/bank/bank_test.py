"""The bank of demonstrations as a real process, asked by the client that the shop has."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from uuid import uuid4

import pytest
import pytest_asyncio

from bank.processes import ACCEPTED, CONFIRMED, DECLINED, KEY, SECRET, Bank, bank_process, post, type_card
from cabas.connectors.payments_bank import BankClient, key_told
from cabas.domain.payments.model import BankState, Seen
from cabas.domain.payments.ports import BankAway, BankRefused, NewPayment

BACK = "http://shop.example/commandes/1"


async def test_what_was_picked_is_captured_and_given_back_in_parts(client, bank):
    key, held = await _held(client)
    assert (held.state, held.held_cents, held.captured_cents) == (BankState.HELD, 5_000, 0)

    with pytest.raises(BankRefused, match="more_than_held"):
        await client._do(key, f"/v1/payments/{key}/capture", "another", {"amount": 5_001})
    for _ in range(3):
        paid = await client.capture(key, 4_300)
    assert (paid.state, paid.captured_cents) == (BankState.CAPTURED, 4_300)
    with pytest.raises(BankRefused, match="key_reused"):
        await client.capture(key, 4_200)

    for total in (300, 300, 4_300):
        assert (await client.refund(key, total_cents=total)).refunded_cents == total
    with pytest.raises(BankRefused, match="more_than_captured"):
        await client.refund(key, total_cents=4_301)
    assert (await client.release(key)).state is BankState.CAPTURED


async def test_a_hold_is_let_go_once_and_cannot_be_captured_then(client):
    key, _ = await _held(client)
    assert (await client.release(key)).state is BankState.RELEASED
    assert (await client.release(key)).state is BankState.RELEASED
    with pytest.raises(BankRefused, match="hold_ended"):
        await client.capture(key, 100)


async def test_the_holder_confirms_where_the_card_asks_for_it(client):
    key, opened = await _open(client)
    confirmation = opened.page.removesuffix("/") + "/confirmation"
    assert confirmation.endswith(type_card(opened.page, CONFIRMED))
    assert (await client.look(key)).state is BankState.WAITING

    status, _, page = post(confirmation, confirmation="000000")
    assert status == 422
    assert "n’est pas le bon" in page
    assert post(confirmation, confirmation="123456")[:2] == (303, BACK)
    assert (await client.look(key)).state is BankState.HELD


async def test_a_code_is_guessed_three_times_and_no_more(client):
    key, opened = await _open(client)
    type_card(opened.page, CONFIRMED)
    for _ in range(3):
        post(f"{opened.page}/confirmation", confirmation="000000")
    assert (await client.look(key)).state is BankState.REFUSED


async def test_a_refused_card_and_one_that_is_none(client, bank):
    key, opened = await _open(client)
    status, _, page = post(opened.page, number="4242 4242 4242 4241", expiry="12/40", code="123")
    assert status == 422
    assert "pas valide" in page
    assert type_card(opened.page, DECLINED) == BACK
    seen = await client.look(key)
    assert (seen.state, seen.problem) == (BankState.REFUSED, "declined")
    row = next(row for row in bank.rows("payments") if row["REFERENCE"] == key)
    assert row["LAST4"] == "0002"
    assert not any(DECLINED.replace(" ", "") in str(row.values()) for row in bank.rows("payments"))


async def test_the_page_says_the_amount_and_that_nothing_is_taken_yet(client):
    _, opened = await _open(client)
    with urllib.request.urlopen(opened.page, timeout=10) as answer:  # noqa: ASYNC210, S310
        page, policy = answer.read().decode(), answer.headers["content-security-policy"]
    assert "50,00 € au plus" in page
    assert "Rien n’est débité maintenant" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "form-action 'self' http://shop.example" in policy


async def test_leaving_the_page_ends_the_payment(client):
    key, opened = await _open(client)
    assert post(f"{opened.page}/cancel")[:2] == (303, BACK)
    assert (await client.look(key)).state is BankState.RELEASED


async def test_the_same_key_opens_one_payment(client, bank):
    key, opened = await _open(client)
    assert (await client.open(_payment(key))).page == opened.page
    assert sum(row["REFERENCE"] == key for row in bank.rows("payments")) == 1


async def test_what_was_never_asked_is_unknown(client):
    assert await client.look("nothing.1") is None
    with pytest.raises(BankRefused, match="payment_unknown"):
        await client.release("nothing.1")


async def test_without_the_key_nothing_is_told(bank):
    stranger = BankClient(bank.url, "another")
    with pytest.raises(BankAway):
        await stranger.look("nothing.1")
    await stranger.close()


@pytest.mark.parametrize("kind", ["latency", "error", "hang", "reset", "half", "wrong", "drip", "down"])
async def test_a_broken_bank_is_away_and_what_it_did_is_found_again(client, bank, kind):
    key, _ = await _held(client)
    slow = kind in ("latency", "hang", "drip")
    hasty = BankClient(bank.url, KEY, seconds=0.5 if slow else 30)
    bank.fault(kind, seconds=60, effect=kind not in ("latency", "down"))
    with pytest.raises(BankAway):
        await hasty.capture(key, 4_300)
    await hasty.close()
    bank.mend()
    assert (await client.capture(key, 4_300)).captured_cents == 4_300


async def test_words_are_signed_repeated_and_come_again_until_they_are_taken(tmp_path):
    with _merchant(refusing=2) as (url, heard), bank_process(tmp_path, "--webhook", url) as bank:
        bank.behave(webhook_times=5)
        client = BankClient(bank.url, KEY)
        key, _ = await _held(client)
        await client.close()
        words = [heard.get(timeout=60) for _ in range(7)]
    now = datetime.now(UTC)
    assert {key_told(SECRET.encode(), signature, body, now=now) for signature, body in words} == {key}
    signature, body = words[0]
    assert key_told(b"another", signature, body, now=now) is None
    assert key_told(SECRET.encode(), signature, body + b" ", now=now) is None
    assert key_told(SECRET.encode(), signature, body, now=now + timedelta(hours=1)) is None
    assert key_told(SECRET.encode(), "t=1,v1=x", body, now=now) is None


def test_it_does_not_start_in_production(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "CABAS_ENV": "production",
        "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
        "CABAS_SMTP_URL": "folder",
    }
    command = [sys.executable, "-m", "cabas", "bank", "--data", str(tmp_path)]

    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert "does not start in production" in ended.stderr


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with bank_process(tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture
def bank(standing: Bank) -> Iterator[Bank]:
    yield standing
    standing.mend()


@pytest_asyncio.fixture
async def client(bank: Bank) -> AsyncIterator[BankClient]:
    client = BankClient(bank.url, KEY, seconds=30)
    yield client
    await client.close()


def _payment(key: str) -> NewPayment:
    return NewPayment(
        key=key, cents=5_000, title="Commande <script>", language="fr", back=BACK, expires_in=600
    )


async def _open(client: BankClient) -> tuple[str, Seen]:
    key = f"{uuid4()}.1"
    return key, await client.open(_payment(key))


async def _held(client: BankClient) -> tuple[str, Seen]:
    key, opened = await _open(client)
    assert type_card(opened.page, ACCEPTED) == BACK
    seen = await client.look(key)
    assert seen is not None
    return key, seen


class _merchant:  # noqa: N801 - reads like the function it is
    """Listens for the bank's words, which it does not take the first times."""

    def __init__(self, *, refusing: int) -> None:
        heard: Queue[tuple[str, bytes]] = Queue()

        class Listener(BaseHTTPRequestHandler):
            left = refusing

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                heard.put((self.headers["bank-signature"], body))
                self.send_response(503 if Listener.left > 0 else 204)
                Listener.left -= 1
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server, self._heard = HTTPServer(("127.0.0.1", 0), Listener), heard

    def __enter__(self) -> tuple[str, "Queue[tuple[str, bytes]]"]:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}", self._heard

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
