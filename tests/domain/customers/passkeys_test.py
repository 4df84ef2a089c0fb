from datetime import timedelta

import pytest

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.operations import PasskeyNotFound, PasskeyRefused, RelyingParty
from cabas.kit.signing import Signer
from factories.customers import Authenticator, make_customer

PARTY = RelyingParty(id="cabas.example", origin="https://cabas.example", name="Cabas")
SIGNER = Signer((b"x" * 32,), "passkey")


async def _register(tx, now, customer_id, phone=None):
    phone = phone or Authenticator(PARTY.id, PARTY.origin)
    person = await queries.customer(tx, customer_id=customer_id)
    assert person is not None
    ceremony = await customers.start_registration(tx, customer=person, party=PARTY, signer=SIGNER, now=now)
    await customers.finish_registration(
        tx, customer_id=customer_id, credential=phone.create(ceremony.options), state=ceremony.state,
        label="Téléphone", party=PARTY, signer=SIGNER, now=now,
    )  # fmt: skip
    return phone


async def _enter(tx, now, phone, *, ceremony=None, credential=None, party=PARTY):
    ceremony = ceremony or customers.start_authentication(party=PARTY, signer=SIGNER, now=now)
    return await customers.sign_in_by_passkey(
        tx, credential=credential or phone.get(ceremony.options), state=ceremony.state, party=party,
        signer=SIGNER, label="Safari", now=now,
    )  # fmt: skip


async def test_a_passkey_opens_a_session(tx, now):
    camille = await make_customer(tx, now=now)
    phone = await _register(tx, now, camille)

    opened = await _enter(tx, now, phone)

    person = await queries.customer_by_session(tx, token_hash=opened.token_hash, now=now)
    assert person is not None
    assert person.customer_id == camille
    [kept] = await queries.passkeys(tx, customer_id=camille)
    assert (kept.label, kept.last_used_at) == ("Téléphone", now)


async def test_a_passkey_that_does_not_count_can_be_used_again(tx, now):
    camille = await make_customer(tx, now=now)
    phone = await _register(tx, now, camille, Authenticator(PARTY.id, PARTY.origin, counts=False))

    await _enter(tx, now, phone)
    await _enter(tx, now, phone)


async def test_a_copied_passkey_is_told_by_its_count(tx, now):
    phone = await _register(tx, now, await make_customer(tx, now=now))
    await _enter(tx, now, phone)
    phone.count -= 1

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, phone)


async def test_an_answer_is_good_once(tx, now):
    phone = await _register(
        tx, now, await make_customer(tx, now=now), Authenticator(PARTY.id, PARTY.origin, counts=False)
    )
    ceremony = customers.start_authentication(party=PARTY, signer=SIGNER, now=now)
    answer = phone.get(ceremony.options)
    await _enter(tx, now, phone, ceremony=ceremony, credential=answer)

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, phone, ceremony=ceremony, credential=answer)


async def test_an_answer_is_good_for_five_minutes(tx, now):
    phone = await _register(tx, now, await make_customer(tx, now=now))
    ceremony = customers.start_authentication(party=PARTY, signer=SIGNER, now=now)

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now + timedelta(minutes=5), phone, ceremony=ceremony)


async def test_a_challenge_of_somebody_else_is_refused(tx, now):
    phone = await _register(tx, now, await make_customer(tx, now=now))
    forger = Signer((b"y" * 32,), "passkey")
    ceremony = customers.start_authentication(party=PARTY, signer=forger, now=now)

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, phone, ceremony=ceremony)


async def test_a_challenge_to_register_does_not_open_a_session(tx, now):
    camille = await make_customer(tx, now=now)
    phone = await _register(tx, now, camille)
    person = await queries.customer(tx, customer_id=camille)
    assert person is not None
    ceremony = await customers.start_registration(tx, customer=person, party=PARTY, signer=SIGNER, now=now)

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, phone, ceremony=ceremony)


async def test_an_answer_from_another_site_is_refused(tx, now):
    camille = await make_customer(tx, now=now)
    phone = await _register(tx, now, camille)
    phone._origin = "https://cabas.example.evil"

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, phone)


async def test_an_answer_without_finger_or_code_is_refused(tx, now):
    phone = await _register(tx, now, await make_customer(tx, now=now))
    ceremony = customers.start_authentication(party=PARTY, signer=SIGNER, now=now)

    with pytest.raises(PasskeyRefused):
        await _enter(
            tx, now, phone, ceremony=ceremony, credential=phone.get(ceremony.options, verified=False)
        )


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", '{"rawId": 3}', '{"rawId":"é"}', "x" * 30_000]
)
async def test_garbage_is_refused(tx, now, credential):
    ceremony = customers.start_authentication(party=PARTY, signer=SIGNER, now=now)

    with pytest.raises(PasskeyRefused):
        await customers.sign_in_by_passkey(
            tx, credential=credential, state=ceremony.state, party=PARTY, signer=SIGNER, label="", now=now
        )
    with pytest.raises(PasskeyRefused):
        await customers.sign_in_by_passkey(
            tx, credential="{}", state=credential, party=PARTY, signer=SIGNER, label="", now=now
        )


async def test_an_unknown_passkey_is_refused(tx, now):
    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, Authenticator(PARTY.id, PARTY.origin))


async def test_confirming_needs_ones_own_passkey(tx, now):
    camille = await make_customer(tx, now=now)
    other = await make_customer(tx, now=now, email="autre@exemple.fr")
    phone = await _register(tx, now, other)

    async def confirm(customer_id):
        ceremony = customers.start_authentication(party=PARTY, signer=SIGNER, now=now)
        await customers.confirm_passkey(
            tx, customer_id=customer_id, credential=phone.get(ceremony.options), state=ceremony.state,
            party=PARTY, signer=SIGNER, now=now,
        )  # fmt: skip

    await confirm(other)
    with pytest.raises(PasskeyRefused):
        await confirm(camille)


async def test_a_removed_passkey_opens_nothing(tx, now):
    camille = await make_customer(tx, now=now)
    other = await make_customer(tx, now=now, email="autre@exemple.fr")
    phone = await _register(tx, now, camille)
    key = phone.credential_id.hex()

    with pytest.raises(PasskeyNotFound):
        await customers.remove_passkey(tx, customer_id=other, key=key, now=now)
    with pytest.raises(PasskeyNotFound):
        await customers.remove_passkey(tx, customer_id=camille, key="zz", now=now)
    await customers.remove_passkey(tx, customer_id=camille, key=key, now=now)

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, phone)


async def test_the_passkeys_of_someone_who_left_open_nothing(tx, now):
    camille = await make_customer(tx, now=now)
    phone = await _register(tx, now, camille)

    await customers.erase(tx, customer_id=camille, parts={}, now=now)

    with pytest.raises(PasskeyRefused):
        await _enter(tx, now, phone)
