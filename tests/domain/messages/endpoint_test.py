"""Where our worker may post to: push services on the open Internet, never into our own network."""

import pytest

from cabas.domain.messages import operations, queries
from cabas.domain.messages.endpoint import check_endpoint, is_public
from cabas.domain.messages.model import BadEndpoint, BadKeys, Subscription
from factories.messages import PERSON, POINT, SECRET


@pytest.mark.parametrize(
    "address",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGxx",
        "https://db5p.notify.windows.com:443/w/?token=BQYA",
    ],
)
def test_push_services_are_accepted(address):
    assert check_endpoint(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://cabas-web/x",
        "https://metadata.google.internal/computeMetadata",
        "https://printer.local/x",
        "https://push.example.org:8443/x",
        "https://me:secret@push.example.org/x",
        "https://push.example.org\\@127.0.0.1/x",
        "https://push.example.org:443:80/x",
        "https://push.example.org/ x",
        "https://push.example.org/\r\nHost: x",
        "https://pu\u0455h.example.org/x",
        "file:///etc/passwd",
        "gopher://push.example.org/",
        "https://",
        "",
        "https://push.example.org/" + "x" * 1000,
    ],
)
def test_anything_else_is_refused(address):
    with pytest.raises(BadEndpoint):
        check_endpoint(address)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("142.250.75.234", True),
        ("2a00:1450:4007:80e::200a", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
        ("nonsense", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address, public):
    assert is_public(address) is public


async def test_a_browser_is_kept_once_and_goes_with_whoever_used_it_last(tx, now):
    other = PERSON.__class__(int=8)
    await operations.subscribe(tx, person_id=PERSON, subscription=browser("a"), now=now)
    await operations.subscribe(tx, person_id=other, subscription=browser("a"), now=now)

    assert await queries.subscriptions_of(tx, person_id=PERSON) == []
    assert await queries.subscriptions_of(tx, person_id=other) == [browser("a")]


async def test_of_many_browsers_the_newest_are_kept(tx, now):
    for number in range(operations.BROWSERS_MAX + 5):
        await operations.subscribe(tx, person_id=PERSON, subscription=browser(str(number)), now=now)

    assert len(await queries.subscriptions_of(tx, person_id=PERSON)) == operations.BROWSERS_MAX


async def test_nobody_takes_another_persons_browser_away(tx, now):
    await operations.subscribe(tx, person_id=PERSON, subscription=browser("a"), now=now)

    await operations.unsubscribe(tx, person_id=PERSON.__class__(int=8), endpoint=browser("a").endpoint)
    assert len(await queries.subscriptions_of(tx, person_id=PERSON)) == 1

    await operations.unsubscribe(tx, person_id=PERSON, endpoint=browser("a").endpoint)
    assert await queries.subscriptions_of(tx, person_id=PERSON) == []


@pytest.mark.parametrize(
    ("point", "secret"),
    [("", SECRET), (POINT, ""), (POINT[:-8], SECRET), (POINT, SECRET + "AAAA"), ("é" * 87, SECRET)],
)
async def test_what_are_no_keys_of_a_browser_is_refused(tx, now, point, secret):
    kept = Subscription(endpoint="https://push.example.org/a", p256dh=point, auth=secret)

    with pytest.raises(BadKeys):
        await operations.subscribe(tx, person_id=PERSON, subscription=kept, now=now)


def browser(name):
    return Subscription(endpoint=f"https://push.example.org/{name}", p256dh=POINT, auth=SECRET)
