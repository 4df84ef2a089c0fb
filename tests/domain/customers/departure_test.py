import json

import pytest

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.model import CustomerNotFound, check_address
from cabas.domain.customers.operations import WrongCredentials
from factories.customers import make_customer, sign_in

WORDS = ("Camille", "Dubois", "camille@exemple.fr", "0612345678", "Colbert", "Firefox")


async def _settled(tx, now):
    camille = await make_customer(tx, now=now)
    address = check_address(
        label="", street="12 rue Colbert", complement="", postcode="37000", city="Tours", instructions=""
    )
    await customers.add_address(tx, customer_id=camille, address=address, now=now)
    await customers.set_consents(tx, customer_id=camille, choices={"email": True}, now=now)
    return camille


async def test_the_export_holds_everything_and_what_other_contexts_hold(tx, now):
    camille = await _settled(tx, now)
    await sign_in(tx, now=now)

    async def two_orders(_reader, customer_id):
        return [{"of": customer_id}, {"of": customer_id}]

    held = await queries.export(tx, customer_id=camille, parts={"orders": two_orders}, now=now)

    text = json.dumps(held, ensure_ascii=False)
    assert held is not None
    assert all(word in text for word in WORDS)
    assert len(held["orders"]) == 2
    assert held["preferences"]["consents"]["email"]["given"] is True


async def test_the_export_holds_no_secret(tx, now):
    camille = await _settled(tx, now)
    session = await sign_in(tx, now=now)

    text = json.dumps(await queries.export(tx, customer_id=camille, parts={}, now=now))

    assert session.hex() not in text
    assert "argon2" not in text


async def test_erasing_leaves_nothing_personal_and_a_proof(tx, now):
    camille = await _settled(tx, now)
    session = await sign_in(tx, now=now)
    told = []

    async def forget_orders(_tx, customer_id, _now):
        told.append(customer_id)
        return 3

    await customers.erase(tx, customer_id=camille, parts={"orders": forget_orders}, now=now)

    kept = await tx.fetch(
        """
        select c::text as line from customer c union all select a::text from customer_address a
        union all select s::text from session s union all select p::text from passkey p
        union all select l::text from audit_line l"""
    )
    assert not any(word in row["line"] for row in kept for word in WORDS)
    assert await queries.customer_by_session(tx, token_hash=session, now=now) is None
    assert await queries.customer(tx, customer_id=camille) is None
    assert told == [camille]
    proof = await tx.fetchval("select detail from audit_line where action = 'customer.erased'")
    assert proof == {"addresses": 1, "passkeys": 0, "sessions": 1, "orders": 3}


async def test_an_erased_account_can_not_be_entered_nor_erased_twice(tx, now):
    camille = await make_customer(tx, now=now)
    await customers.erase(tx, customer_id=camille, parts={}, now=now)

    with pytest.raises(WrongCredentials):
        await sign_in(tx, now=now)
    with pytest.raises(WrongCredentials):
        await sign_in(tx, now=now, email="", password="")
    with pytest.raises(CustomerNotFound):
        await customers.erase(tx, customer_id=camille, parts={}, now=now)
    assert await queries.export(tx, customer_id=camille, parts={}, now=now) is None


async def test_the_e_mail_of_someone_who_left_is_free_again(tx, now):
    first = await make_customer(tx, now=now)
    await customers.erase(tx, customer_id=first, parts={}, now=now)

    assert await make_customer(tx, now=now) != first
