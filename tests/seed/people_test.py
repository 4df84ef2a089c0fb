import pytest

from cabas.domain.staff.queries import device_by_secret, staff_by_token
from cabas.kit.passwords import secret_matches
from cabas.kit.signing import fingerprint
from cabas.seed.people import NoDemoStore, seed_people
from cabas.seed.records import copy_stores
from cabas.seed.shops import national


@pytest.fixture
async def stores(tx, shops):
    tours = next(shop for shop in shops if shop.slug == "tours-nord")
    await copy_stores(tx, [national(shops), tours])
    return tours


async def test_tokens_open_what_their_bearer_may_do(tx, stores, now):
    people = await seed_people(tx, now=now)

    picker = await staff_by_token(tx, token_hash=fingerprint(people.picker.token), now=now)
    manager = await staff_by_token(tx, token_hash=fingerprint(people.manager.token), now=now)
    office = await staff_by_token(tx, token_hash=fingerprint(people.head_office.token), now=now)
    assert [(held.role, held.store_id) for held in picker.roles] == [("picker", stores.store_id)]
    assert [(held.role, held.store_id) for held in manager.roles] == [("manager", stores.store_id)]
    assert [(held.role, held.store_id) for held in office.roles] == [("head_office", 0)]


async def test_pins_and_passwords_are_kept_as_hashes_only(tx, stores, now):
    people = await seed_people(tx, now=now)

    pins = await tx.fetch("select pin_hash from staff_pin order by 1")
    matches = [await secret_matches(row["pin_hash"], people.picker.pin) for row in pins]
    password = await tx.fetchval(
        "select password_hash from customer where email_key = $1", people.shopper.email
    )
    assert sorted(matches) == [False, True]
    assert await secret_matches(password, people.shopper.password)


async def test_the_device_belongs_to_the_store(tx, stores, now):
    people = await seed_people(tx, now=now)

    device = await device_by_secret(tx, token_hash=fingerprint(people.picker.device_token), now=now)
    assert device.store_id == stores.store_id == people.picker.store


async def test_doing_it_again_keeps_the_people_and_changes_their_secrets(tx, stores, now):
    first = await seed_people(tx, now=now)
    second = await seed_people(tx, now=now)

    assert await tx.fetchval("select count(*) from customer") == 1
    assert await tx.fetchval("select count(*) from staff") == 3
    assert await tx.fetchval("select count(*) from customer_address") == 1
    assert first.shopper.password != second.shopper.password
    assert await staff_by_token(tx, token_hash=fingerprint(first.picker.token), now=now) is None


async def test_without_a_network_there_is_nobody(tx, now):
    with pytest.raises(NoDemoStore):
        await seed_people(tx, now=now)
