from datetime import timedelta

import pytest

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.model import BadDetails, TooManyKept
from cabas.domain.customers.operations import WrongCredentials, WrongPassword
from cabas.kit.errors import TooMany
from cabas.kit.signing import fingerprint
from factories.customers import ADDRESS, PASSWORD, make_customer, opener_of, sign_in


async def _sign_up(tx, now, **changed):
    details = {
        "name": "Camille Dubois", "email": "camille@exemple.fr", "phone": "06 12 34 56 78",
        "password": PASSWORD, "address": ADDRESS, "label": "Firefox",
    } | changed  # fmt: skip
    return await customers.sign_up(opener_of(tx), now=now, **details)


async def test_signing_up_opens_a_session(tx, now):
    signed_up = await _sign_up(tx, now, language="en")

    person = await queries.customer_by_session(tx, token_hash=fingerprint(signed_up.secret), now=now)

    assert person is not None
    assert (person.customer_id, person.first_name, person.email) == (
        signed_up.customer_id, "Camille", "camille@exemple.fr"
    )  # fmt: skip
    assert person.preferences.language == "en"


async def test_a_known_e_mail_gets_the_same_answer_and_nothing_changes(tx, now):
    first = await make_customer(tx, now=now)

    signed_up = await _sign_up(tx, now, email=" CAMILLE@exemple.fr", password="une autre phrase longue")

    assert signed_up.customer_id is None
    assert len(signed_up.secret) == 43
    assert await queries.customer_by_session(tx, token_hash=fingerprint(signed_up.secret), now=now) is None
    opened = await sign_in(tx, now=now)
    person = await queries.customer_by_session(tx, token_hash=opened, now=now)
    assert person is not None
    assert person.customer_id == first


async def test_all_that_is_wrong_is_said_at_once(tx, now):
    with pytest.raises(BadDetails) as refused:
        await _sign_up(tx, now, name="", email="camille", phone="appelle-moi", password="court")

    assert refused.value.fields == {
        "name": "required",
        "email": "email_invalid",
        "phone": "phone_invalid",
        "password": "password_too_short",
    }


async def test_a_weak_password_is_refused_before_the_e_mail_is_looked_at(tx, now):
    await make_customer(tx, now=now)

    for email in ("camille@exemple.fr", "inconnu@exemple.fr"):
        with pytest.raises(BadDetails) as refused:
            await _sign_up(tx, now, email=email, password="azertyuiop")
        assert refused.value.fields == {"password": "password_common"}


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "a\x00b",
        "🥕" * 10,
        "سلمى",
        "x" * 10_000,
        "\udce9",
        "'; drop table customer --",
    ],
)
async def test_hostile_text_is_kept_as_text_or_refused(tx, now, hostile):
    for field in ("name", "email", "phone", "password"):
        try:
            signed_up = await _sign_up(tx, now, **{field: hostile})
        except (BadDetails, TooMany):
            continue
        if signed_up.customer_id:
            person = await queries.customer(tx, customer_id=signed_up.customer_id)
            assert person is not None
            assert "\x00" not in person.name
            assert len(person.name) <= 80


async def test_signing_up_again_and_again_is_refused(tx, now):
    for _ in range(10):
        await _sign_up(tx, now)

    with pytest.raises(TooMany):
        await _sign_up(tx, now)


async def test_a_wrong_password_and_an_unknown_e_mail_get_the_same_answer(tx, now):
    await make_customer(tx, now=now)
    said = []

    for email in ("camille@exemple.fr", "inconnu@exemple.fr"):
        with pytest.raises(WrongCredentials) as refused:
            await sign_in(tx, now=now, email=email, password="une autre phrase")
        said.append((refused.value.code, str(refused.value), refused.value.detail))

    assert said[0] == said[1]


async def test_the_tenth_failure_is_the_last_and_the_right_password_waits_too(tx, now):
    await make_customer(tx, now=now)
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await sign_in(tx, now=now, password="une autre phrase")

    with pytest.raises(TooMany) as refused:
        await sign_in(tx, now=now)

    assert refused.value.detail["retry_after_seconds"] > 0
    await sign_in(tx, now=now + timedelta(minutes=16))


async def test_one_address_can_not_try_many_accounts(tx, now):
    for number in range(30):
        with pytest.raises(WrongCredentials):
            await sign_in(tx, now=now, email=f"personne{number}@exemple.fr")

    with pytest.raises(TooMany):
        await sign_in(tx, now=now, email="personne31@exemple.fr")


async def test_signing_in_often_is_no_offence(tx, now):
    await make_customer(tx, now=now)

    for _ in range(12):
        await sign_in(tx, now=now)


async def test_signing_in_ends_the_session_the_browser_had(tx, now):
    await make_customer(tx, now=now)
    before = await sign_in(tx, now=now)

    after = await customers.sign_in(
        opener_of(tx), email="camille@exemple.fr", password=PASSWORD, address=ADDRESS, label="", now=now,
        replaces=before,
    )  # fmt: skip

    assert await queries.customer_by_session(tx, token_hash=before, now=now) is None
    assert await queries.customer_by_session(tx, token_hash=after.token_hash, now=now) is not None


async def test_a_session_ends_after_thirty_days(tx, now):
    await make_customer(tx, now=now)
    session = await sign_in(tx, now=now)

    assert await queries.customer_by_session(tx, token_hash=session, now=now + timedelta(days=29)) is not None
    assert await queries.customer_by_session(tx, token_hash=session, now=now + timedelta(days=30)) is None


async def test_a_session_and_a_token_do_not_stand_for_each_other(tx, now):
    customer_id = await make_customer(tx, now=now)
    session = await sign_in(tx, now=now)
    token = (await customers.issue_token(tx, customer_id=customer_id, label="app", now=now)).token_hash

    assert await queries.customer_by_token(tx, token_hash=token, now=now) is not None
    assert await queries.customer_by_token(tx, token_hash=session, now=now) is None
    assert await queries.customer_by_session(tx, token_hash=token, now=now) is None


async def test_the_database_holds_no_secret(tx, now):
    signed_up = await _sign_up(tx, now)

    rows = await tx.fetch("select s::text as line from session s union all select c::text from customer c")

    assert not any(signed_up.secret in row["line"] or PASSWORD in row["line"] for row in rows)


async def test_a_sign_of_life_is_written_every_five_minutes_at_most(tx, now):
    await make_customer(tx, now=now)
    session = await sign_in(tx, now=now)

    async def seen(after: timedelta):
        await customers.note_seen(tx, token_hash=session, now=now + after)
        person = await queries.customer_by_session(tx, token_hash=session, now=now + after)
        assert person is not None
        return person.seen_at - now

    assert await seen(timedelta(minutes=4)) == timedelta(0)
    assert await seen(timedelta(minutes=5)) == timedelta(minutes=5)


async def test_ones_sessions_can_be_ended_and_only_ones_own(tx, now):
    camille = await make_customer(tx, now=now)
    other = await make_customer(tx, now=now, email="autre@exemple.fr")
    here, there = await sign_in(tx, now=now), await sign_in(tx, now=now)

    assert not await customers.revoke_session(tx, customer_id=other, key=there.hex(), now=now)
    assert not await customers.revoke_session(tx, customer_id=camille, key="no such key", now=now)
    assert await customers.revoke_session(tx, customer_id=camille, key=there.hex(), now=now)
    listed = await queries.open_sessions(tx, customer_id=camille, now=now)

    assert [one.token_hash for one in listed] == [here]


async def test_all_sessions_but_this_one_can_be_ended(tx, now):
    camille = await make_customer(tx, now=now)
    here = await sign_in(tx, now=now)
    for _ in range(3):
        await sign_in(tx, now=now)

    assert await customers.revoke_sessions(tx, customer_id=camille, now=now, but=here) == 3


async def test_tokens_are_bounded(tx, now):
    camille = await make_customer(tx, now=now)
    for _ in range(20):
        await customers.issue_token(tx, customer_id=camille, label="app", now=now)

    with pytest.raises(TooManyKept):
        await customers.issue_token(tx, customer_id=camille, label="app", now=now)


async def test_a_guest_never_collides_with_an_account(tx, now):
    account = await make_customer(tx, now=now)

    first = await customers.make_guest(
        tx, name="Camille", email="camille@exemple.fr", phone="0612345678", now=now
    )
    second = await customers.make_guest(
        tx, name="Camille", email="camille@exemple.fr", phone="0612345678", now=now
    )

    assert len({account, first, second}) == 3
    guest = await queries.customer(tx, customer_id=first)
    assert guest is not None
    assert not guest.has_account


async def test_a_guest_has_nothing_to_sign_in_to(tx, now):
    await customers.make_guest(tx, name="Camille", email="seule@exemple.fr", phone="0612345678", now=now)

    with pytest.raises(WrongCredentials):
        await sign_in(tx, now=now, email="seule@exemple.fr", password="")


async def test_signing_up_with_a_guests_e_mail_makes_another_person(tx, now):
    guest = await customers.make_guest(
        tx, name="Camille", email="camille@exemple.fr", phone="0612345678", now=now
    )

    signed_up = await _sign_up(tx, now)

    assert signed_up.customer_id not in (None, guest)


async def test_a_guest_can_be_called(tx, now):
    with pytest.raises(BadDetails) as refused:
        await customers.make_guest(tx, name="Camille", email="c@exemple.fr", phone="", now=now)

    assert refused.value.fields == {"phone": "required"}


async def test_confirming_needs_the_current_password(tx, now):
    camille = await make_customer(tx, now=now)

    await customers.confirm_password(opener_of(tx), customer_id=camille, password=PASSWORD, now=now)
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await customers.confirm_password(opener_of(tx), customer_id=camille, password="autre", now=now)
    with pytest.raises(TooMany):
        await customers.confirm_password(opener_of(tx), customer_id=camille, password=PASSWORD, now=now)


async def test_a_failure_counts_although_its_request_failed(database, now):
    async with database.transaction() as tx:
        await make_customer(tx, now=now)

    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await customers.sign_in(
                database.transaction, email="camille@exemple.fr", password="autre", address=ADDRESS,
                label="", now=now,
            )  # fmt: skip
    with pytest.raises(TooMany):
        await customers.sign_in(
            database.transaction, email="camille@exemple.fr", password=PASSWORD, address=ADDRESS,
            label="", now=now,
        )  # fmt: skip
