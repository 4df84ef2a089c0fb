"""Customers for tests, and a passkey authenticator in software."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from uuid import UUID

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from cabas.domain.customers import operations as customers
from cabas.domain.customers.model import Contact
from cabas.kit import passwords
from cabas.kit.db import Transaction, Transactions

PASSWORD = "quatre-figues-mauves"
ADDRESS = "192.0.2.7"


def opener_of(tx: Transaction) -> Transactions:
    """Operations that open transactions get the test's own, again and again."""

    @asynccontextmanager
    async def same() -> AsyncIterator[Transaction]:
        yield tx

    return same


async def make_customer(
    tx: Transaction,
    *,
    now: datetime,
    email: str = "camille@exemple.fr",
    name: str = "Camille Dubois",
    phone: str = "0612345678",
    password: str = PASSWORD,
) -> UUID:
    customer_id = await customers.create_account(
        tx,
        contact=Contact(name=name, email=email, phone=phone),
        password_hash=_hash(password),
        now=now,
    )
    assert customer_id is not None
    return customer_id


async def sign_in(
    tx: Transaction, *, now: datetime, email: str = "camille@exemple.fr", password: str = PASSWORD
) -> bytes:
    """The hash of a fresh session's secret."""
    opened = await customers.sign_in(
        opener_of(tx), email=email, password=password, address=ADDRESS, label="Firefox", now=now
    )
    return opened.token_hash


class Authenticator:
    """One passkey, as a phone would hold it. ``counts`` False: like those kept in a cloud."""

    def __init__(self, rp_id: str, origin: str, *, counts: bool = True) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._rp_id, self._origin, self._counts = rp_id, origin, counts
        self.credential_id = hashlib.sha256(str(id(self)).encode()).digest()
        self.count = 0
        self.user_handle = b""

    def create(self, options: str) -> str:
        """The answer to ``navigator.credentials.create``."""
        asked = json.loads(options)
        self.user_handle = base64url_to_bytes(asked["user"]["id"])
        point = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = b"\0" * 16 + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data(flags=0x45) + attested + cbor2.dumps(cose)
        return self._answer(
            {
                "clientDataJSON": self._client(asked, "webauthn.create"),
                "attestationObject": cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}),
            }
        )

    def get(self, options: str, *, verified: bool = True) -> str:
        """The answer to ``navigator.credentials.get``."""
        if self._counts:
            self.count += 1
        client = self._client(json.loads(options), "webauthn.get")
        data = self._data(flags=0x05 if verified else 0x01)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": client,
                "authenticatorData": data,
                "signature": signature,
                "userHandle": self.user_handle,
            }
        )

    def _data(self, *, flags: int) -> bytes:
        return hashlib.sha256(self._rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, asked: dict[str, str], kind: str) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self._origin}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        key = bytes_to_base64url(self.credential_id)
        encoded = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps(
            {"id": key, "rawId": key, "type": "public-key", "response": encoded, "clientExtensionResults": {}}
        )


@cache
def _hash(password: str) -> str:
    return passwords.hash_secret_now(password)
