"""The service as a process: who may ask, what it says of itself, what it has not forgotten."""

import datetime as dt
import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.processes import KEY, Legacy, bridge_process, client_of, legacy_process
from cabas.bridge import shapes
from cabas.connectors.bridge_client import BridgeClient, BridgeRefused, BridgeUnavailable
from cabas.connectors.bridge_client.direct import DirectCarrier
from cabas.kit.peers import Peer, signature

CARD = "2990000000001"
ASKED = shapes.CardRequest(card=CARD)
BODY = msgspec.json.encode(ASKED)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def test_what_one_run_began_the_next_one_finishes_once(legacy: Legacy, tmp_path: Path) -> None:
    earning = shapes.EarnRequest(key=f"order-{uuid4()}", card=CARD, cents=60, at=NOW)

    with bridge_process(tmp_path, _config(legacy)) as url:
        client, signed = client_of(url), _signed(url)
        assert _post(url, signed) == 200
        legacy.fault("hang", effect=True, times=1)
        with pytest.raises(BridgeUnavailable):
            await client.earn(earning)
        await client.close()
    with bridge_process(tmp_path, _config(legacy)) as url:
        client = client_of(url)
        earned = await client.earn(earning)
        again = await client.earn(earning)
        replayed = _post(url, signed)
        with pytest.raises(BridgeRefused, match="key_reused"):
            await client.earn(msgspec.structs.replace(earning, cents=61))
        await client.close()

    assert earned == again
    assert replayed == 401
    assert [row["CENTS"] for row in legacy.rows("movements") if row["REFERENCE"] == earning.key] == [60]


async def test_only_the_shop_may_ask_and_the_service_describes_itself(legacy: Legacy, tmp_path: Path) -> None:
    with bridge_process(tmp_path, _config(legacy)) as url:
        signed = _signed(url)
        assert [_post(url, headers) for headers in ({}, signed, signed)] == [401, 200, 401]

        document = json.loads(_get(f"{url}/v1/openapi.json"))
        assert {f"/v1/{path}" for path in shapes.OPERATIONS} == set(document["paths"])
        assert 'bridge_requests_total{operation="loyalty/card",outcome="ok"} 1.0' in _get(f"{url}/metrics")
        assert _get(f"{url}/healthz") == "ok"


async def test_mutual_tls_lets_in_whom_its_authority_signed(legacy: Legacy, tmp_path: Path) -> None:
    authority = _Authority(tmp_path)
    authority.sign("server")
    authority.sign("client")
    tls = f"""
[tls]
certificate = "{tmp_path}/server.pem"
private_key = "{tmp_path}/server.key"
client_authority = "{tmp_path}/authority.pem"
"""
    with bridge_process(tmp_path / "bridge", _config(legacy) + tls, tls=True) as url:
        peer = Peer(name="hq", keys=(KEY,), url=url, authority_file=f"{tmp_path}/authority.pem")
        shown = {"certificate_file": f"{tmp_path}/client.pem", "private_key_file": f"{tmp_path}/client.key"}
        known = BridgeClient(DirectCarrier(msgspec.structs.replace(peer, **shown)), seconds=20)
        stranger = BridgeClient(DirectCarrier(peer), seconds=20)
        try:
            assert (await known.card(ASKED)).card == CARD
            with pytest.raises(BridgeUnavailable, match="no_connection"):
                await stranger.card(ASKED)
        finally:
            await known.close()
            await stranger.close()


class _Authority:
    """Signs certificates for this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        made = self._certificate(self._name, self._key, authority=True)
        (folder / "authority.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def sign(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, authority=False
        )
        (self._folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self._folder / f"{name}.key").write_bytes(private)

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(here, critical=False)
        )
        return builder.sign(self._key, hashes.SHA256())


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legacy]:
    with legacy_process(tmp_path_factory.mktemp("legacy")) as legacy:
        yield legacy


@pytest.fixture
def legacy(standing: Legacy) -> Iterator[Legacy]:
    yield standing
    standing.mend()


def _config(legacy: Legacy) -> str:
    return f"""
[adapters.old]
kind = "rest"
timeout_seconds = 2
options = {{ url = "{legacy.rest}" }}
[services]
loyalty = "old"
"""


def _signed(url: str) -> dict[str, str]:
    return signature(
        "hq", KEY, purpose="cabas-to-bridge", method="POST", url=f"{url}/v1/loyalty/card", body=BODY
    )


def _post(url: str, headers: dict[str, str]) -> int:
    given = {"content-type": "application/json", **headers}
    request = urllib.request.Request(f"{url}/v1/loyalty/card", data=BODY, headers=given)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
        return str(answer.read().decode())
