"""Ready for midnight: what is ready, the order asked for in advance, and the same form at the stroke."""

import html
import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from cabas.domain.checkout.model import ORDER_BUTTON
from cabas.kit.clock import PARIS
from factories.browsing import text_of
from factories.midnight import AtMidnight, form_fields

EVENING = datetime(2026, 11, 24, 21, 30, tzinfo=PARIS)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=PARIS)


@pytest.fixture
def shopper(client, clock):
    clock.at = EVENING
    return AtMidnight(client)


async def count(database, table="orders"):
    async with database.read() as reader:
        return await reader.fetchval(f"select count(*) from {table}")


async def fill(database, *slots):
    async with database.transaction() as tx:
        await tx.execute(
            "update slot set taken = capacity where store_id = 1 and slot_id = any($1::bigint[])",
            [int(slot) for slot in slots],
        )


async def test_without_a_store_the_page_says_what_is_missing_and_where_to_get_it(shopper):
    page = await shopper.page("/minuit")

    assert page.count("c-night__step is-done") == 1  # paying at the store needs no preparation
    assert "/magasins?retour=/minuit" in html.unescape(page)
    assert "midnight-form" not in page


async def test_with_a_basket_the_whole_order_is_there_with_its_button(shopper, shop):
    await shopper.put(shop.pasta[0], 2)

    page = await shopper.page("/minuit")

    assert f">{ORDER_BUTTON}</button>" in page
    assert page.index("Vous paierez au plus") < page.rindex(f">{ORDER_BUTTON}</button>")
    assert page.count("<select") == 5
    assert 'role="timer" aria-live="off"' in page
    assert "mercredi 2 décembre" in page


async def test_the_clock_runs_by_the_server_and_is_printed_as_text(shopper, shop):
    page = await shopper.page("/minuit")

    assert 'data-opens-at="2026-11-24T23:00:00+00:00"' in page
    assert f'data-server-now="{EVENING.isoformat()}"' in page
    assert "Il est 21 h 30" in text_of(page).replace("\u00a0", " ")
    assert "dans 2 heures et 30 minutes" in text_of(page)


async def test_wishes_are_kept_in_the_address_without_ordering(shopper, shop, database):
    await shopper.put(shop.pasta[0], 2)
    first, second, *_ = await shopper.wishable()
    form = await shopper.prepared()

    answer = await shopper.client.post(
        "/minuit/voeux", data={**form, "wish_1": second, "wish_2": first}, follow_redirects=False
    )

    assert answer.headers["location"] == f"/minuit?voeux={second},{first}"
    page = await shopper.page(answer.headers["location"])
    assert re.findall(r'<option value="(\d+)"[^>]* selected', page) == [second, first]
    assert await count(database) == 0


async def test_before_the_opening_the_button_asks_in_advance(shopper, shop, database):
    await shopper.put(shop.pasta[0], 2)
    first, second, *_ = await shopper.wishable()

    answer = await shopper.press(await shopper.prepared(), second, first)

    assert answer.headers["location"] == "/minuit"
    page = text_of(await shopper.page("/minuit"))
    assert "Votre commande attend minuit" in page
    assert await count(database) == 0
    async with database.read() as reader:
        asked = await reader.fetchrow("select wishes, any_slot, state from advance_order")
    assert (asked["wishes"], asked["any_slot"], asked["state"]) == (
        [int(second), int(first)],
        False,
        "waiting",
    )


async def test_what_was_asked_is_changed_and_withdrawn_until_the_opening(shopper, shop, database):
    await shopper.put(shop.pasta[0], 2)
    first, second, *_ = await shopper.wishable()
    await shopper.press(await shopper.prepared(), first)

    await shopper.press(await shopper.prepared(), second)

    async with database.read() as reader:
        waiting = await reader.fetch("select wishes from advance_order where state = 'waiting'")
    assert [row["wishes"] for row in waiting] == [[int(second)]]
    await shopper.post("/minuit/retrait")
    assert "attend minuit" not in await shopper.page("/minuit")


async def test_a_basket_changed_since_asking_must_be_confirmed_again(shopper, shop, clock):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    await shopper.press(await shopper.prepared(), first)
    clock.at += timedelta(minutes=1)

    await shopper.put(shop.pasta[1], 1)

    assert "Votre panier a changé depuis" in text_of(await shopper.page("/minuit"))


async def test_the_form_of_before_the_opening_orders_at_the_stroke(shopper, shop, database, clock):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT

    answer = await shopper.press(form, first)

    assert re.match(r"/commandes/[0-9a-f-]{36}\?merci=1", answer.headers["location"])
    assert await count(database) == 1


async def test_nothing_is_ordered_a_breath_before_midnight(shopper, shop, database, clock):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT - timedelta(microseconds=1)

    await shopper.press(form, first)

    assert await count(database) == 0
    assert await count(database, "advance_order") == 1


async def test_a_page_of_a_process_five_seconds_fast_asks_in_advance_of_one_that_is_right(
    shopper, shop, database, clock
):
    clock.at = MIDNIGHT + timedelta(seconds=2)  # the fast one made the page: "it is open"
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT - timedelta(seconds=3)  # the right one is asked

    await shopper.press(form, first)

    assert await count(database) == 0
    assert await count(database, "advance_order") == 1


async def test_what_a_slow_process_showed_is_ordered_by_one_that_is_right(shopper, shop, database, clock):
    clock.at = MIDNIGHT - timedelta(seconds=5)
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT

    await shopper.press(form, first)

    assert await count(database) == 1
    async with database.read() as reader:
        early = "select count(*) from orders o join slot s using (store_id, slot_id) where o.placed_at < s.opens_at"
        assert await reader.fetchval(early) == 0


async def test_a_checkout_page_of_23_59_shows_what_midnight_changed_before_paying(
    shopper, shop, database, clock
):
    clock.at = MIDNIGHT - timedelta(minutes=1)
    async with database.transaction() as tx:
        await tx.execute("update promotion set ends_at = $1", MIDNIGHT)
    await shopper.put(shop.promoted, 2)
    await shopper.hold()
    form = await shopper.checkout_form()
    clock.at = MIDNIGHT

    answer = await shopper.order(form)

    page = text_of(answer.text).replace("\u00a0", " ")
    assert answer.status_code == 409
    assert re.search(r"Riz long (\d+,\d\d) € (\d+,\d\d) €", page)
    assert await count(database) == 0


async def test_a_full_wish_gives_way_to_the_next_and_the_shopper_is_told(shopper, shop, database, clock):
    await shopper.put(shop.pasta[0], 2)
    first, second, *_ = await shopper.wishable()
    form = await shopper.prepared()
    await fill(database, first)
    clock.at = MIDNIGHT

    answer = await shopper.press(form, first, second)

    page = text_of(await shopper.page(answer.headers["location"])).replace("\u00a0", " ")
    assert "Votre premier vœu était complet (mercredi 2 décembre, 16 h à 16 h 30)" in page
    assert "Vous avez obtenu : mercredi 2 décembre, 16 h 30 à 17 h" in page


async def test_any_slot_of_the_day_is_the_last_wish(shopper, shop, database, clock):
    await shopper.put(shop.pasta[0], 2)
    first, second, third, _ = await shopper.wishable()
    form = await shopper.prepared()
    await fill(database, first, second)
    clock.at = MIDNIGHT

    answer = await shopper.press(form, first, any_slot="1")

    assert answer.status_code == 303
    async with database.read() as reader:
        assert await reader.fetchval("select slot_id from orders") == int(third)


async def test_when_every_wish_is_taken_everything_is_kept_and_the_nearest_are_offered(
    shopper, shop, database, clock
):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    await fill(database, first)
    clock.at = MIDNIGHT

    answer = await shopper.press(form, first, name="Zoé")

    assert answer.status_code == 409
    assert 'value="Zoé"' in answer.text
    assert len(re.findall(r'formaction="/commande/creneau"', answer.text)) == 3
    assert form_fields(answer.text)["idempotency_key"] == form["idempotency_key"]
    assert await count(database) == 0


async def test_sent_again_after_the_second_wish_won_it_is_the_same_order(shopper, shop, database, clock):
    await shopper.put(shop.pasta[0], 2)
    first, second, *_ = await shopper.wishable()
    form = await shopper.prepared()
    await fill(database, first)
    clock.at = MIDNIGHT
    won = await shopper.press(form, first, second)
    async with database.transaction() as tx:
        await tx.execute("update slot set taken = 0 where slot_id = $1", int(first))  # a place came free

    again = await shopper.press(form, first, second)

    assert again.headers["location"] == won.headers["location"]
    assert await count(database) == 1


async def test_a_price_that_changes_at_midnight_is_shown_before_paying(shopper, shop, database, clock):
    await shopper.put(shop.promoted, 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    async with database.transaction() as tx:
        await tx.execute("update promotion set ends_at = $1", MIDNIGHT)
    clock.at = MIDNIGHT

    refused = await shopper.press(form, first)

    assert refused.status_code == 409
    assert "Rien n’est commandé : regardez la différence" in text_of(refused.text)
    assert await count(database) == 0
    assert (await shopper.press(form_fields(refused.text), first)).status_code == 303


async def test_a_form_that_no_page_signed_orders_nothing(shopper, shop, database, clock):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT

    for forged in ("", "x", form["shown"][:-4] + "AAAA", "é"):
        answer = await shopper.press({**form, "shown": forged}, first)
        assert answer.status_code == 409

    assert await count(database) == 0


async def test_a_slot_that_the_page_did_not_offer_cannot_be_wished(shopper, shop, database, clock):
    await shopper.put(shop.pasta[0], 2)
    open_already = (await shopper.slots())[0]

    answer = await shopper.press(await shopper.prepared(), open_already)

    assert answer.status_code == 422
    assert await count(database, "advance_order") == 0


async def test_the_island_is_answered_with_an_address_instead_of_a_redirect(shopper, shop, clock):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT

    answer = await shopper.press(form, first, kept=True)

    assert answer.status_code == 200
    told = answer.json()
    assert told["to"].startswith("/commandes/")
    assert len(told["code"]) == 6
    assert told["after_ms"] == 0


async def test_while_others_wait_with_their_orders_the_code_is_told_and_the_page_comes_later(
    shopper, shop, client, clock, monkeypatch
):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT
    monkeypatch.setattr(client.app.state.site.ladder.limiter, "waiting", lambda _kind: 200)

    told = (await shopper.press(form, first, kept=True)).json()

    assert told["code"]
    assert 20_000 <= told["after_ms"] <= 30_000


async def test_the_state_of_a_key_reads_absence_then_the_order(shopper, shop, clock):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT
    asked = {"cle": form["idempotency_key"], "panier": form["cart"]}

    before = (await shopper.client.get("/commande/etat", params=asked)).json()
    await shopper.press(form, first)
    after = (await shopper.client.get("/commande/etat", params=asked)).json()

    assert before == {"state": "absent"}
    assert after["state"] == "order"
    assert after["to"].startswith("/commandes/")


async def test_the_state_of_somebody_elses_key_reads_absence(shopper, shop, client, clock):
    await shopper.put(shop.pasta[0], 2)
    first, *_ = await shopper.wishable()
    form = await shopper.prepared()
    clock.at = MIDNIGHT
    await shopper.press(form, first)
    client.cookies.clear()

    asked = {"cle": form["idempotency_key"], "panier": form["cart"]}
    assert (await client.get("/commande/etat", params=asked)).json() == {"state": "absent"}
    assert (await client.get("/commande/etat", params={"cle": "x" * 500, "panier": str(uuid4())})).json() == {
        "state": "absent"
    }


async def test_a_page_without_scripts_refreshes_only_where_nothing_is_typed(shopper, shop):
    await shopper.put(shop.pasta[0], 2)

    assert "http-equiv" not in await shopper.page("/minuit")
