"""What readers get who find no place: the page as it last was, with their own few words in it."""

import re
from datetime import timedelta

import msgspec

from cabas.domain.ladder.model import Level
from cabas.web import copies
from factories.browsing import text_of, token_in
from factories.shopping_by_hand import ByHand

CATEGORY = "/magasins/tours-nord/rayons/spaghettis"


async def test_a_copy_carries_its_readers_own_token_and_basket(client, shop, request):
    by_hand = ByHand(client)
    await client.get(CATEGORY)
    await by_hand.put(shop.pasta[0], 2)
    seen = await client.get("/panier")
    request.getfixturevalue("crowded")

    copy = await client.get(CATEGORY)

    assert copy.status_code == 200
    assert token_in(copy.text) == token_in(seen.text) != ""
    assert "data-basket-count>2<" in copy.text.replace(' aria-hidden="true"', "")
    assert "m4rk" not in copy.text


async def test_a_second_reader_is_given_nothing_of_the_first(client, shop, request):
    by_hand = ByHand(client)
    await client.get(CATEGORY)
    await by_hand.put(shop.pasta[0], 2)
    request.getfixturevalue("crowded")
    first = await client.get(CATEGORY)
    client.cookies.delete("cabas_session")
    client.cookies["cabas_visitor"] = "forged"

    second = await client.get(CATEGORY)

    token = token_in(first.text)
    assert token
    assert token not in second.text


async def test_a_copy_carries_what_protects_a_page(client, request):
    seen = await client.get(CATEGORY)
    request.getfixturevalue("crowded")

    copy = await client.get(CATEGORY)

    for name in (
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "permissions-policy",
    ):
        assert copy.headers[name] == seen.headers[name]
    assert copy.headers["cache-control"] == "no-store"


async def test_a_copy_is_drawn_once_for_all_its_readers(client, request, monkeypatch):
    await client.get(CATEGORY)
    request.getfixturevalue("crowded")
    drawn = []
    draw = copies.draw
    monkeypatch.setattr(copies, "draw", lambda asked: drawn.append(1) or draw(asked))

    answers = [await client.get(CATEGORY) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert len(drawn) == 1


async def test_on_another_level_the_drawn_copy_serves_until_it_is_drawn_anew(client, request, monkeypatch):
    await client.get(CATEGORY)
    request.getfixturevalue("crowded")
    await client.get(CATEGORY)
    ladder = client.app.state.site.ladder
    monkeypatch.setattr(ladder, "standing", msgspec.structs.replace(ladder.standing, level=Level.LEAN))
    monkeypatch.setattr(copies, "draw", lambda _: None)

    copy = await client.get(CATEGORY)

    assert copy.status_code == 200
    assert "m4rk" not in copy.text


async def test_an_orders_state_is_what_its_own_shopper_last_saw(client, shop, clock, request):
    by_hand = ByHand(client)
    href = await by_hand.shop(shop.pasta[0])
    seen = await client.get(f"{href}/etat")
    request.getfixturevalue("crowded")

    again = await client.get(f"{href}/etat")
    clock.at += copies.STATE_AGE_MAX + timedelta(seconds=1)
    too_late = await client.get(f"{href}/etat")
    client.cookies.clear()
    stranger = await client.get(f"{href}/etat")

    assert (again.status_code, text_of(again.text)) == (200, text_of(seen.text))
    assert (too_late.status_code, stranger.status_code) == (503, 503)
    assert not re.search("Page de", again.text)
