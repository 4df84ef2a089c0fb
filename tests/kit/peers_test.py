"""Requests between peers: signed, once, near their time, for one purpose."""

import base64
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from cabas.kit.peers import BadPeer, Doorkeeper, NoncesInMemory, Unsigned, key_of, peers_of, signature

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)
URL = "https://bridge.example/v1/loyalty/earn"
BODY = b'{"card":"2990000000017"}'


async def test_a_signed_request_is_admitted_once(door: Doorkeeper) -> None:
    headers = signature("hq", NEW, purpose="in", method="POST", url=URL, body=BODY)

    assert await door.admit(method="POST", url=URL, headers=headers, body=BODY) == "hq"
    with pytest.raises(Unsigned, match="seen before"):
        await door.admit(method="POST", url=URL, headers=headers, body=BODY)


async def test_an_older_key_is_still_believed(door: Doorkeeper) -> None:
    headers = signature("hq", OLD, purpose="in", method="POST", url=URL, body=BODY)

    assert await door.admit(method="POST", url=URL, headers=headers, body=BODY) == "hq"


@pytest.mark.parametrize(
    "change",
    [
        {"body": BODY + b" "},
        {"body": b""},
        {"method": "PUT"},
        {"url": URL + "?x=1"},
        {"url": "https://bridge.example/v1/loyalty/spend"},
        {"headers": {}},
    ],
)
async def test_what_was_changed_under_way_is_refused(door: Doorkeeper, change: dict[str, object]) -> None:
    headers = signature("hq", NEW, purpose="in", method="POST", url=URL, body=BODY)

    with pytest.raises(Unsigned):
        await door.admit(**({"method": "POST", "url": URL, "headers": headers, "body": BODY} | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("peer", "key", "purpose"),
    [("hq", secrets.token_bytes(32), "in"), ("other", NEW, "in"), ("hq", NEW, "out")],
)
async def test_strangers_are_refused(door: Doorkeeper, peer: str, key: bytes, purpose: str) -> None:
    headers = signature(peer, key, purpose=purpose, method="POST", url=URL, body=BODY)

    with pytest.raises(Unsigned):
        await door.admit(method="POST", url=URL, headers=headers, body=BODY)


@pytest.mark.parametrize(("shift", "admitted"), [(-30, True), (30, True), (-300, False), (300, False)])
async def test_clocks_may_differ_a_little(door: Doorkeeper, shift: int, *, admitted: bool) -> None:
    created = datetime.now(UTC) + timedelta(seconds=shift)
    headers = signature("hq", NEW, purpose="in", method="POST", url=URL, body=BODY, created=created)

    if admitted:
        assert await door.admit(method="POST", url=URL, headers=headers, body=BODY) == "hq"
    else:
        with pytest.raises(Unsigned):
            await door.admit(method="POST", url=URL, headers=headers, body=BODY)


def test_peers_are_read_from_toml() -> None:
    text = f'[hq]\nkey = "{base64.b64encode(NEW).decode()}"\nurl = "https://bridge.example/"\n'

    (peer,) = peers_of(text)

    assert (peer.name, peer.keys, peer.url) == ("hq", (NEW,), "https://bridge.example")


@pytest.mark.parametrize(
    "text", ["[hq]", "[hq]\nkey = 'short'", "[hq]\nkey_file = '/nowhere'", "hq", "[hq]\nkye = ''"]
)
def test_a_description_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(BadPeer):
        peers_of(text)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(BadPeer):
        key_of(base64.b64encode(b"short").decode())


@pytest.fixture
def door() -> Doorkeeper:
    return Doorkeeper({"hq": (NEW, OLD)}, NoncesInMemory(), purpose="in")
