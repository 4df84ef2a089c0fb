"""Handing mail to a real server, and its answers told apart into "never" and "not now"."""

import asyncio

import pytest
import pytest_asyncio

from cabas.connectors.mail_smtp import SmtpMailer, server_of
from cabas.domain.messages.model import TransportError
from cabas.kit.clock import FixedClock
from factories.mail_server import SENDER, MailServer, free_port, letter


async def test_a_letter_arrives_with_both_sides_and_its_attachment(server, mailer):
    await mailer.send(letter())

    [mail] = server.taken
    assert mail["To"] == "Léa Martin <lea@exemple.fr>"
    assert mail["From"] == "Cabas <commandes@cabas.example>"
    assert mail["Subject"] == "Commande K7F2MQ confirmée"
    assert mail["Message-ID"] == "<00000000-0000-0000-0000-00000000002a@cabas.example>"
    assert mail.get_body(("plain",)).get_content().strip() == "Merci."
    assert "<p>Merci.</p>" in mail.get_body(("html",)).get_content()
    assert [part.get_filename() for part in mail.iter_attachments()] == ["conditions.html"]


async def test_a_connection_is_used_again(server, mailer):
    for _ in range(5):
        await mailer.send(letter())

    assert (len(server.taken), server.connections) == (5, 1)


async def test_a_connection_the_server_closed_is_replaced(server, mailer):
    await mailer.send(letter())
    await server.stop()
    again = MailServer()
    await again.start()
    mailer._server = server_of(f"smtp://127.0.0.1:{again.port}?tls=off")

    await mailer.send(letter())

    assert len(again.taken) == 1
    await again.stop()


@pytest.mark.parametrize("fault", ["unknown", "spam"])
async def test_a_refusal_for_good_is_permanent(server, mailer, fault):
    server.fault = fault

    with pytest.raises(TransportError) as refused:
        await mailer.send(letter())

    assert refused.value.permanent
    assert "lea" not in str(refused.value)


@pytest.mark.parametrize("fault", ["greylist", "full", "closing", "drop after data"])
async def test_a_refusal_for_now_passes(server, mailer, fault):
    server.fault = fault

    with pytest.raises(TransportError) as refused:
        await mailer.send(letter())

    assert not refused.value.permanent
    server.fault = ""
    await mailer.send(letter())
    assert len({mail["Message-ID"] for mail in server.taken}) == 1


async def test_a_server_that_is_not_there_passes(now):
    mailer = SmtpMailer(server_of(f"smtp://127.0.0.1:{free_port()}?tls=off"), SENDER, FixedClock(now))

    with pytest.raises(TransportError) as refused:
        await mailer.send(letter())

    assert not refused.value.permanent


async def test_a_server_without_tls_gets_nothing_unless_that_was_asked_for(server, now):
    mailer = SmtpMailer(server_of(f"smtp://127.0.0.1:{server.port}"), SENDER, FixedClock(now))

    with pytest.raises(TransportError):
        await mailer.send(letter())

    assert server.taken == []


async def test_a_server_that_hangs_keeps_nobody_else_waiting(server, mailer):
    server.fault = "hang"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await mailer.send(letter())

    server.fault = ""
    await mailer.send(letter())
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "name",
    [
        "Léa\r\nBcc: tous@exemple.fr",
        "Léa\nX-Evil: 1",
        "Léa\x00\x1b",
        '"Léa" <autre@exemple.fr>,',
        "Léa\u2028Bcc: tous@exemple.fr",
        "x" * 5000,
    ],
)
async def test_a_hostile_name_makes_no_header_and_no_reader(server, mailer, name):
    await mailer.send(letter(to_name=name, subject=f"Commande de {name}"))

    [mail] = server.taken
    assert mail["X-Envelope-To"] == "lea@exemple.fr"
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["lea@exemple.fr"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "lea",
        "lea@",
        "lea@exemple.fr\r\nRCPT TO:<x@y.fr>",
        "a@b.fr, c@d.fr",
        "lea@exemple.fr>",
        "lea@localhost",
    ],
)
async def test_what_is_no_address_is_given_up(server, mailer, address):
    with pytest.raises(TransportError) as refused:
        await mailer.send(letter(to_email=address))

    assert refused.value.permanent
    assert server.taken == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 587, "starttls", "", "")),
        ("smtps://me:p%40ss@mail.example", ("mail.example", 465, "tls", "me", "p@ss")),
        ("smtp://127.0.0.1:25?tls=off", ("127.0.0.1", 25, "off", "", "")),
    ],
)
def test_an_address_says_how_to_connect(url, expected):
    found = server_of(url)

    assert (found.host, found.port, found.security, found.username, found.password) == expected


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://h?tls=maybe"])
def test_another_address_is_refused(url):
    with pytest.raises(ValueError, match=r"smtp|tls"):
        server_of(url)


@pytest_asyncio.fixture
async def server():
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def mailer(server, now):
    mailer = SmtpMailer(server_of(f"smtp://127.0.0.1:{server.port}?tls=off"), SENDER, FixedClock(now))
    yield mailer
    await mailer.close()
