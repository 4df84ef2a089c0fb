"""What the letters about an order in advance say, and that their links lead to a slot."""

import re
from datetime import timedelta
from html import unescape

import pytest
import pytest_asyncio

from cabas.domain.advance.model import Reason
from cabas.domain.messages import operations, records
from cabas.kit.clock import FixedClock
from cabas.kit.messages import load_catalogues
from cabas.web.letters.scribe import WEB, make_scribe
from factories.messages import to_tell
from factories.orders import first_slot, make_order
from factories.shop import make_shop

SITE = "https://courses.example"


async def test_unplaced_says_why_and_leads_to_the_nearest_slots(tx, now, shop, written):
    slot = await first_slot(tx, now=now)
    letter = await written("advance_unplaced", {"reason": "dearer", "nearest": [slot] * 9})

    assert "plus que le maximum annoncé" in letter.text
    assert "rien n’est à payer" in letter.text
    assert "mardi 24 novembre, 16 h à 16 h 30" in plain(letter.text)
    link = f"{SITE}/creneaux?mode=drive&jour=2026-11-24&autour={slot}"
    assert unescape(letter.html).count(link) == 5


async def test_an_unknown_reason_is_still_an_answer(tx, now, shop, written):
    letter = await written("advance_unplaced", {"reason": "of another release", "nearest": []})

    assert "Aucune commande n’est passée" in letter.text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_has_its_words(language):
    words = load_catalogues(WEB / "ui" / "messages")[language]

    assert [reason for reason in Reason if words.plain(f"mail.unplaced_{reason.value}") is None] == []


async def test_placed_names_the_slot_and_what_was_gone(tx, now, shop, written):
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 1})

    letter = await written("advance_placed", {"wish": 2, "missing": 1}, order_id=placed.order_id)

    said = plain(letter.text)
    assert "mardi 24 novembre, 16 h à 16 h 30" in said
    assert "Vœu exaucé : Vœu 2" in said
    assert "1 produit n’était plus disponible" in said
    assert f"{SITE}/commandes/{placed.order_id}" in said


async def test_taken_lists_the_wishes_the_maximum_and_the_draws_digest(tx, now, shop, written):
    slot = await first_slot(tx, now=now)
    opens_at = now + timedelta(hours=14)
    letter = await written(
        "advance_taken",
        {
            "opens_at": opens_at.isoformat(),
            "wishes": [slot],
            "any_slot": True,
            "maximum_cents": 12345,
            "commitment": "ab" * 32,
        },
    )

    said = plain(letter.text)
    assert "Vœu 1 : mardi 24 novembre, 16 h à 16 h 30" in said
    assert "Vœu 2 : n’importe quel créneau de ce jour" in said
    assert "123,45 €" in said
    assert "mercredi 25 novembre 2026 à 00:00:00" in said
    assert "ab" * 32 in said


async def test_a_path_of_a_message_stays_on_the_site(tx, now, shop, written):
    letter = await written("advance_unplaced", {"path": "//evil.example", "nearest": []})

    assert "evil" not in letter.html


def plain(source):
    return unescape(re.sub(r"<[^>]+>", "", source)).replace("\u00a0", " ").replace("\u202f", " ")


@pytest_asyncio.fixture
async def shop(tx, now):
    return await make_shop(tx, now=now)


@pytest.fixture
def written(tx, now):
    scribe = make_scribe(site=SITE, clock=FixedClock(now))

    async def write(template, values, **members):
        message = to_tell("one", template=template, values=values, **members)
        await operations.tell(tx, message=message, now=now)
        [delivery] = await records.take_due(tx, until=now, now=now, limit=1)
        await scribe.note(tx, delivery.message)
        return await scribe.letter(tx, delivery.message)

    return write
