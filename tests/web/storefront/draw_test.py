"""The page of a day's draws: a digest before, a secret after."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from factories.advance import ask, coming_slots, draw

OPENS_AT = datetime(2026, 11, 24, 23, tzinfo=UTC)


async def test_before_the_opening_the_digest_is_there_and_the_secret_is_not(browser, database, now):
    async with database.transaction() as tx:
        await ask(tx, *await coming_slots(tx, now=now), now=now)
        event = await tx.fetchrow("select commitment, secret from draw_event")

    await browser.open("/tirages/2026-11-25")

    assert event["commitment"].hex() in browser.text
    assert event["secret"].hex() not in browser.text
    assert "jusqu’à 20 % des places de chaque créneau" in browser.text


async def test_after_it_anyone_finds_the_secret_and_the_counts_of_each_store(browser, database, now):
    async with database.transaction() as tx:
        six, *_ = await coming_slots(tx, now=now)
        for _ in range(7):
            await ask(tx, six, now=now)
        await draw(tx, now=OPENS_AT + timedelta(seconds=1))
        event = await tx.fetchrow("select commitment, secret from draw_event")

    await browser.open("/tirages/2026-11-25")

    assert event["secret"].hex() in browser.text
    assert sha256(event["secret"]).hexdigest() in browser.text
    assert "7 demandes, 5 places données." in browser.text
    assert "Tours Nord" in browser.text


async def test_a_day_without_a_draw_says_so(browser):
    await browser.open("/tirages/2026-12-24")

    assert "Aucun tirage n’est publié pour ce jour." in browser.text
