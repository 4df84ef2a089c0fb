"""The basket by forms alone, and what the stepper's island gets."""

from uuid import uuid4

import pytest

from cabas.domain.carts import queries
from factories.browsing import csrf_token, post_form, text_of
from factories.carts import make_cart
from factories.customers import PASSWORD, make_customer
from factories.shopping_by_hand import STORE, ByHand


@pytest.fixture
def by_hand(client):
    return ByHand(client)


async def test_adding_goes_back_to_the_card(by_hand, shop):
    answer = await by_hand.put(shop.pasta[0], 2, return_to=f"/recherche#p-{shop.pasta[0]}")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/recherche#p-{shop.pasta[0]}"
    assert "Spaghettis n° 0" in text_of(await by_hand.page("/panier"))


async def test_the_island_is_told_all_it_shows(by_hand, shop):
    answer = await by_hand.tap(shop.pasta[0], 3)

    body = answer.json()
    assert answer.status_code == 200
    assert (body["quantity"], body["quantity_label"]) == (3, "3")
    assert (body["basket"]["count"], body["basket"]["total"]) == (3, "3,00\u00a0€")
    assert body["line_total"] == "3,00\u00a0€"
    assert body["basket"]["message"] == "3 × Spaghettis n° 0. Panier 3,00\u00a0€."


async def test_setting_twice_is_setting_once(by_hand, shop):
    await by_hand.tap(shop.pasta[0], 3)

    assert (await by_hand.tap(shop.pasta[0], 3)).json()["basket"]["count"] == 3


async def test_weighed_goods_go_by_the_gram_with_a_maximum(by_hand, shop):
    await by_hand.put(shop.weighed, 620)

    page = text_of(await by_hand.page("/panier"))
    assert "≈ 2,11 €" in page.replace("\u00a0", " ")  # 0.620 kg × 3.40
    assert "au maximum 2,32 €" in page.replace("\u00a0", " ")
    assert "Total estimé" in page


@pytest.mark.parametrize("quantity", ["-1", "1e9", "1000000000", "1.5", "deux", "", "٣"])
async def test_a_quantity_that_makes_no_sense_changes_nothing(by_hand, shop, quantity):
    await by_hand.put(shop.pasta[0], 2)

    refused = await by_hand.tap(shop.pasta[0], quantity)
    by_form = await by_hand.put(shop.pasta[0], quantity)

    assert refused.status_code == 422
    assert refused.json()["quantity"] == 2
    assert refused.json()["detail"]
    assert by_form.status_code == 303
    assert (await by_hand.tap(shop.pasta[1], 1)).json()["basket"]["count"] == 3


async def test_more_than_can_be_prepared_says_how_much_can(by_hand, shop):
    refused = await by_hand.tap(shop.pasta[0], 100)

    assert refused.status_code == 422
    assert "99" in refused.json()["detail"]


@pytest.mark.parametrize("which", ["out_of_stock", "only_elsewhere", "incomplete"])
async def test_what_cannot_be_had_is_said_and_nothing_is_lost(by_hand, shop, which):
    await by_hand.put(shop.pasta[0], 2)

    refused = await by_hand.tap(getattr(shop, which), 1)

    assert refused.status_code in (404, 409)
    assert "Votre panier n’a pas changé" in refused.json()["detail"]


@pytest.mark.parametrize("gtin", ["abc", "9" * 15, "0", "-1"])
async def test_what_is_no_product_is_refused(by_hand, shop, gtin):
    await by_hand.page(STORE)

    assert (await by_hand.tap(gtin, 1)).status_code == 404


async def test_without_a_store_the_choice_comes_first_and_leads_back(client, shop):
    by_form = await post_form(
        client, f"/panier/lignes/{shop.pasta[0]}", {"quantity": 1, "return_to": "/recherche"}
    )
    tapped = await post_form(
        client, f"/panier/lignes/{shop.pasta[0]}", {"quantity": 1}, headers={"accept": "application/json"}
    )

    assert by_form.headers["location"] == "/magasins?retour=/recherche"
    assert (tapped.status_code, tapped.json()["quantity"]) == (409, 0)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
async def test_a_return_to_another_site_is_refused(by_hand, shop, target):
    answer = await by_hand.put(shop.pasta[0], 1, return_to=target)

    assert answer.headers["location"] == f"/panier#p-{shop.pasta[0]}"


async def test_every_change_needs_the_pages_token(client, shop):
    await client.get(STORE)
    for path in (
        f"/panier/lignes/{shop.pasta[0]}",
        f"/panier/lignes/{shop.pasta[0]}/choix",
        "/panier/vidage",
        "/panier/restauration",
        "/panier/remplacement",
        "/panier/budget",
        "/panier/creneau",
        "/panier/creneau/liberation",
        "/livraison",
        "/commande",
        "/commande/creneau",
        f"/commandes/{uuid4()}/modification",
        f"/commandes/{uuid4()}/annulation",
        f"/commandes/{uuid4()}/arrivee",
        f"/commandes/{uuid4()}/panier",
        f"/commandes/{uuid4()}/retractation",
    ):
        assert (await client.post(path, data={"quantity": "1"})).status_code == 403, path


async def test_removing_and_emptying_can_be_undone(by_hand, shop):
    await by_hand.put(shop.pasta[0], 2)
    await by_hand.put(shop.pasta[1], 1)
    await by_hand.put(shop.pasta[0], 0)
    assert "1 produit retiré" in text_of(await by_hand.page("/panier"))

    await by_hand.post("/panier/restauration")
    assert "3 articles" in text_of(await by_hand.page("/panier"))

    await by_hand.post("/panier/vidage")
    assert "Votre panier attend la lune" in text_of(await by_hand.page("/panier"))
    await by_hand.post("/panier/restauration")
    assert "3 articles" in text_of(await by_hand.page("/panier"))


async def test_a_note_and_a_choice_for_one_line_are_kept(by_hand, shop):
    await by_hand.put(shop.pasta[0], 2)

    await by_hand.post(
        f"/panier/lignes/{shop.pasta[0]}/choix", {"note": "<b>bien fins</b>", "substitution": "never"}
    )

    page = await by_hand.page("/panier")
    assert "<b>bien fins</b>" not in page
    assert "« <b>bien fins</b> »" in text_of(page).replace("\u00a0", " ")


async def test_the_budget_warns_and_never_blocks(by_hand, shop):
    await by_hand.post("/panier/budget", {"budget": "5"})
    await by_hand.put(shop.pasta[0], 4)
    assert "reste 1,00 €" in text_of(await by_hand.page("/panier")).replace("\u00a0", " ")

    passed = await by_hand.put(shop.pasta[0], 6)

    assert passed.status_code == 303
    page = await by_hand.page("/panier")
    assert "c-budget--over" in page
    assert "budget dépassé de 1,00 €" in text_of(page).replace("\u00a0", " ")


@pytest.mark.parametrize("budget", ["-5", "abc", "100000", "1,5"])
async def test_a_budget_that_makes_no_sense_is_said(by_hand, shop, budget):
    await by_hand.put(shop.pasta[0], 1)

    await by_hand.post("/panier/budget", {"budget": budget})

    assert "euros entiers" in text_of(await by_hand.page("/panier"))


async def test_what_became_unavailable_is_on_top_and_not_counted(by_hand, shop, database):
    await by_hand.put(shop.pasta[10], 2)
    await by_hand.put(shop.pasta[1], 1)
    async with database.transaction() as tx:
        await tx.execute("update offer set status = 2 where store_id = 1 and gtin = $1", shop.pasta[10])

    page = text_of(await by_hand.page("/panier"))

    assert page.index("Un produit n’est pas disponible") < page.index("Récapitulatif")
    assert "À la place" in page
    assert "1 article " in page


async def test_the_offer_says_how_much_is_missing_for_it(by_hand, shop, database):
    async with database.transaction() as tx:
        await tx.execute(
            """update promotion set kind = 'n_for_m', terms = '{"take": 3, "pay": 2}', label = '2 + 1 offert'"""
        )
    await by_hand.put(shop.promoted, 2)

    assert "plus que 1 pour l’offre" in text_of(await by_hand.page("/panier"))


async def test_somebody_elses_basket_is_never_shown(client, database, shop, now):
    async with database.transaction() as tx:
        other = await make_cart(tx, now=now, lines={shop.pasta[5]: 7})
    by_hand = ByHand(client)
    await by_hand.put(shop.pasta[0], 1)

    page = text_of(await by_hand.page("/panier"))

    assert "Spaghettis n° 5" not in page
    async with database.read() as reader:
        kept = await queries.quantities(reader, cart_id=other.cart_id, shopper_id=other.shopper_id)
    assert kept == {shop.pasta[5]: 7}


async def test_a_basket_of_a_lost_session_is_not_there_any_more(by_hand, client, shop, database, now):
    async with database.transaction() as tx:
        await make_customer(tx, now=now)
    await post_form(client, "/compte/connexion", {"email": "camille@exemple.fr", "password": PASSWORD})
    await by_hand.put(shop.pasta[0], 2)

    client.cookies.delete("cabas_session")

    assert "Votre panier attend la lune" in text_of(await by_hand.page("/panier"))
    assert (await by_hand.tap(shop.pasta[1], 1)).json()["basket"]["count"] == 1


async def test_sixty_lines_take_few_statements(by_hand, shop, database, now, client):
    for gtin in shop.pasta:
        await by_hand.tap(gtin, 1)

    page = await by_hand.page("/panier")

    assert page.count("data-line=") == len(shop.pasta)
    assert await csrf_token(client, "/panier")
