"""Notifications to a real HTTPS push service on this machine: encrypted, signed, and never into our network."""

import base64
import datetime as dt
import ipaddress
import os
import ssl
from uuid import UUID

import http_ece
import msgspec
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.abc import AbstractResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from py_vapid import Vapid02

from cabas.connectors.push_web import PublicResolver, WebPush, public_key
from cabas.domain.messages.model import Note, Subscription, SubscriptionGone, TransportError

KEY = base64.urlsafe_b64encode(b"\x01" + bytes(range(31))).decode().rstrip("=")
NOTE = Note(message_id=UUID(int=5), title="Commande prête", body="Code K7F 2MQ", path="/commandes/1")


async def test_the_browser_alone_can_read_it(service, pusher, browser):
    await pusher.send(browser.subscription, NOTE)

    [request] = service.requests
    told = msgspec.json.decode(browser.open(request["body"]))
    assert told == {"id": str(NOTE.message_id), "title": NOTE.title, "body": NOTE.body, "path": NOTE.path}
    assert "Commande" not in request["body"].decode("latin-1")
    assert request["headers"]["content-encoding"] == "aes128gcm"
    assert int(request["headers"]["ttl"]) > 0


async def test_it_is_signed_for_that_service_by_our_key(service, pusher, browser):
    await pusher.send(browser.subscription, NOTE)

    signed = service.requests[0]["headers"]["authorization"]
    assert Vapid02.verify(signed)
    claims = msgspec.json.decode(_decoded(signed.split("t=")[1].split(".")[1]))
    assert claims["aud"] == f"https://push.example.org:{service.port}"
    assert claims["sub"] == "mailto:a@cabas.example"
    assert f"k={public_key(KEY)}" in signed


async def test_the_same_message_again_takes_the_place_of_the_first(service, pusher, browser):
    await pusher.send(browser.subscription, NOTE)
    await pusher.send(browser.subscription, NOTE)

    topics = {request["headers"]["topic"] for request in service.requests}
    assert len(topics) == 1
    assert len(topics.pop()) == 32


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_has_expired_is_gone(service, pusher, browser, status):
    service.status = status

    with pytest.raises(SubscriptionGone):
        await pusher.send(browser.subscription, NOTE)


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (413, True), (403, False), (429, False), (503, False)]
)
async def test_refusals_are_told_apart(service, pusher, browser, status, permanent):
    service.status = status

    with pytest.raises(TransportError) as refused:
        await pusher.send(browser.subscription, NOTE)

    assert refused.value.permanent is permanent


async def test_a_redirect_is_not_followed(service, pusher, browser):
    service.status = 307

    with pytest.raises(TransportError):
        await pusher.send(browser.subscription, NOTE)

    assert len(service.requests) == 1


async def test_a_name_that_leads_into_our_network_is_not_connected_to(service, pusher, browser, trust):
    pusher = WebPush(KEY, "mailto:a@cabas.example", resolver=PublicResolver(ToUs()), trust=trust)

    with pytest.raises(TransportError) as refused:
        await pusher.send(browser.subscription, NOTE)

    await pusher.close()
    assert not refused.value.permanent
    assert service.requests == []


async def test_an_address_that_was_never_checked_is_not_connected_to(pusher, browser):
    bad = msgspec.structs.replace(browser.subscription, endpoint="https://127.0.0.1/x")

    with pytest.raises(SubscriptionGone):
        await pusher.send(bad, NOTE)


async def test_keys_that_no_browser_made_are_gone(service, pusher, browser):
    off_curve = base64.urlsafe_b64encode(b"\x04" + b"\x01" * 64).decode()
    bad = msgspec.structs.replace(browser.subscription, p256dh=off_curve)

    with pytest.raises(SubscriptionGone):
        await pusher.send(bad, NOTE)

    assert service.requests == []


class ToUs(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host, port=0, family=0):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    async def close(self):
        pass


class Browser:
    def __init__(self, port):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.subscription = Subscription(
            endpoint=f"https://push.example.org:{port}/w/1",
            p256dh=base64.urlsafe_b64encode(point).decode().rstrip("="),
            auth=base64.urlsafe_b64encode(self._secret).decode().rstrip("="),
        )

    def open(self, body):
        return http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm")


class Service:
    def __init__(self, certificate):
        self.status = 201
        self.requests = []
        self.port = 0
        self._certificate = certificate

    async def start(self):
        app = web.Application()
        app.router.add_post("/w/1", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self):
        await self._runner.cleanup()

    async def _take(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append({"body": await request.read(), "headers": headers})
        leads = {"location": f"https://push.example.org:{self.port}/w/1"} if self.status == 307 else {}
        return web.Response(status=self.status, headers=leads)


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push.example.org")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("push.example.org"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def trust(certificate):
    return ssl.create_default_context(cafile=str(certificate))


@pytest_asyncio.fixture
async def service(certificate):
    service = Service(certificate)
    await service.start()
    yield service
    await service.stop()


@pytest_asyncio.fixture
async def browser(service):
    return Browser(service.port)


@pytest_asyncio.fixture
async def pusher(service, trust, monkeypatch):
    """As in production but for the name, which leads here, and the port, which any test gets anew."""
    monkeypatch.setattr("cabas.domain.messages.endpoint.HTTPS_PORT", service.port)
    pusher = WebPush(KEY, "mailto:a@cabas.example", resolver=ToUs(), trust=trust)
    yield pusher
    await pusher.close()
