import asyncio

import pytest

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.model import (
    AddressNotFound,
    BadDetails,
    CustomerNotFound,
    TooManyKept,
    check_address,
    email_key,
)
from cabas.domain.customers.operations import EmailTaken, WrongCredentials, WrongPassword
from cabas.kit.ids import new_id
from factories.customers import PASSWORD, make_customer, opener_of, sign_in


def _address(**changed):
    return check_address(
        **(
            {"label": "Maison", "street": "12 rue Colbert", "complement": "", "postcode": "37 000",
             "city": "Tours", "instructions": ""} | changed
        )
    )  # fmt: skip


async def test_name_and_phone_change(tx, now):
    camille = await make_customer(tx, now=now)

    await customers.change_profile(
        tx, customer_id=camille, name="  Camille   Martin ", phone="+33 6 12.34.56.78"
    )

    person = await queries.customer(tx, customer_id=camille)
    assert person is not None
    assert (person.name, person.phone) == ("Camille Martin", "+33612345678")


async def test_nobody_who_left_changes(tx, now):
    with pytest.raises(CustomerNotFound):
        await customers.change_profile(tx, customer_id=new_id(now), name="Camille", phone="")


async def test_a_new_password_replaces_the_old_and_ends_the_other_sessions(tx, now):
    camille = await make_customer(tx, now=now)
    here, there = await sign_in(tx, now=now), await sign_in(tx, now=now)

    await customers.change_password(
        opener_of(tx), customer_id=camille, current=PASSWORD, new="trois prunes jaunes", keep=here, now=now
    )

    assert await queries.customer_by_session(tx, token_hash=here, now=now) is not None
    assert await queries.customer_by_session(tx, token_hash=there, now=now) is None
    await sign_in(tx, now=now, password="trois prunes jaunes")
    with pytest.raises(WrongCredentials):
        await sign_in(tx, now=now)


async def test_a_new_password_needs_the_current_one(tx, now):
    camille = await make_customer(tx, now=now)

    with pytest.raises(WrongPassword):
        await customers.change_password(
            opener_of(tx), customer_id=camille, current="autre", new="trois prunes jaunes", keep=None, now=now
        )
    with pytest.raises(BadDetails) as refused:
        await customers.change_password(
            opener_of(tx), customer_id=camille, current=PASSWORD, new="camille2026", keep=None, now=now
        )

    assert refused.value.fields == {"new_password": "password_personal"}


async def test_a_new_e_mail_is_the_one_to_sign_in_with(tx, now):
    camille = await make_customer(tx, now=now)

    await customers.change_email(
        opener_of(tx), customer_id=camille, email="Nouvelle@Exemple.fr ", password=PASSWORD, now=now
    )

    await sign_in(tx, now=now, email="nouvelle@exemple.fr")
    with pytest.raises(WrongCredentials):
        await sign_in(tx, now=now)


async def test_an_e_mail_of_another_account_is_refused(database, now):
    async with database.transaction() as tx:
        camille = await make_customer(tx, now=now)
        await make_customer(tx, now=now, email="autre@exemple.fr")

    with pytest.raises(EmailTaken):
        await customers.change_email(
            database.transaction, customer_id=camille, email="AUTRE@exemple.fr", password=PASSWORD, now=now
        )


async def test_what_is_said_changes_and_the_rest_stays(tx, now):
    camille = await make_customer(tx, now=now)
    await customers.set_preferences(tx, customer_id=camille, substitution="never", budget_cents=8500)

    await customers.set_preferences(tx, customer_id=camille, store_id=7, language="en")

    person = await queries.customer(tx, customer_id=camille)
    assert person is not None
    kept = person.preferences
    assert (kept.store_id, kept.substitution, kept.language, kept.budget_cents) == (7, "never", "en", 8500)


@pytest.mark.parametrize(
    "wrong", [{"substitution": "always"}, {"store_id": -1}, {"language": "é" * 3}, {"budget_cents": 10**9}]
)
async def test_a_preference_that_is_not_one_is_refused(tx, now, wrong):
    camille = await make_customer(tx, now=now)

    with pytest.raises(BadDetails) as refused:
        await customers.set_preferences(tx, customer_id=camille, **wrong)

    assert list(refused.value.fields) == list(wrong)


async def test_a_consent_keeps_the_instant_of_its_last_change_and_a_proof(tx, now):
    camille = await make_customer(tx, now=now)
    later = now.replace(hour=10)

    await customers.set_consents(tx, customer_id=camille, choices={"email": True, "sms": False}, now=now)
    await customers.set_consents(tx, customer_id=camille, choices={"email": True, "sms": True}, now=later)

    person = await queries.customer(tx, customer_id=camille)
    assert person is not None
    assert person.preferences.consents["email"].at == now
    assert person.preferences.consents["sms"].at == later
    assert not person.preferences.agrees_to("push")
    held = await queries.export(tx, customer_id=camille, parts={}, now=later)
    assert held is not None
    changes = [line["detail"] for line in held["history"] if line["action"] == "customer.consents_changed"]
    assert changes == [{"sms": True}, {"email": True}]


async def test_nothing_is_agreed_to_until_it_is_said(tx, now):
    camille = await make_customer(tx, now=now)

    person = await queries.customer(tx, customer_id=camille)

    assert person is not None
    assert not any(person.preferences.agrees_to(channel) for channel in ("email", "sms", "push"))
    with pytest.raises(BadDetails):
        await customers.set_consents(tx, customer_id=camille, choices={"pigeon": True}, now=now)


async def test_an_address_is_added_changed_and_removed(tx, now):
    camille = await make_customer(tx, now=now)
    address_id = await customers.add_address(tx, customer_id=camille, address=_address(), now=now)

    await customers.change_address(
        tx, customer_id=camille, address_id=address_id, address=_address(city="Joué-lès-Tours")
    )
    [kept] = await queries.addresses(tx, customer_id=camille)
    await customers.remove_address(tx, customer_id=camille, address_id=address_id)

    assert (kept.postcode, kept.city) == ("37000", "Joué-lès-Tours")
    assert await queries.addresses(tx, customer_id=camille) == []


async def test_somebody_elses_address_is_not_found(tx, now):
    camille = await make_customer(tx, now=now)
    other = await make_customer(tx, now=now, email="autre@exemple.fr")
    address_id = await customers.add_address(tx, customer_id=camille, address=_address(), now=now)

    assert await queries.address(tx, customer_id=other, address_id=address_id) is None
    with pytest.raises(AddressNotFound):
        await customers.change_address(tx, customer_id=other, address_id=address_id, address=_address())
    with pytest.raises(AddressNotFound):
        await customers.remove_address(tx, customer_id=other, address_id=address_id)


async def test_addresses_are_bounded_even_at_the_same_time(database, now):
    async with database.transaction() as tx:
        camille = await make_customer(tx, now=now)
        for _ in range(18):
            await customers.add_address(tx, customer_id=camille, address=_address(), now=now)

    async def add() -> bool:
        try:
            async with database.transaction() as tx:
                await customers.add_address(tx, customer_id=camille, address=_address(), now=now)
        except TooManyKept:
            return False
        return True

    assert sum(await asyncio.gather(*(add() for _ in range(6)))) == 2


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"postcode": "3700"}, {"postcode": "postcode_invalid"}),
        ({"postcode": "37000 Tours"}, {"postcode": "postcode_invalid"}),
        ({"postcode": "٣٧٠٠٠"}, {"postcode": "postcode_invalid"}),
        ({"postcode": ""}, {"postcode": "required"}),
        ({"street": "\x00", "city": " "}, {"street": "required", "city": "required"}),
        ({"instructions": "x" * 10_000}, {"instructions": "too_long"}),
    ],
)
def test_an_address_says_what_is_wrong_with_it(wrong, fields):
    with pytest.raises(BadDetails) as refused:
        _address(**wrong)

    assert refused.value.fields == fields


def test_the_case_of_an_e_mail_makes_no_other_account():
    assert email_key(" Camille@EXEMPLE.fr\n") == "camille@exemple.fr"
