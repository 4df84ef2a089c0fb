"""Copies of pages: bounded, freed of their visitor, an order's for its own shopper alone."""

from datetime import timedelta

import pytest

from cabas.web import kept
from cabas.web.kept import KeptPages
from cabas.web.ladder import SiteLadder
from factories.shopping_by_hand import ByHand

CATEGORY = "/magasins/tours-nord/rayons/spaghettis"
CARD = {"gtin": 1, "name": "Coquillettes", "quantity": 3, "quantity_label": "3"}


def keep(pages, template, values, *, now, shared=("/",), own=("me",)):
    keeper = pages.note(template, shared=shared, own=own, now=now)
    if keeper is None:
        return None
    keeper("frame", values)
    return pages.find(shared=shared, own=own, now=now)


def test_what_is_in_a_basket_is_not_kept(now):
    copy = keep(KeptPages(), "storefront/category.html", {"cards": [CARD]}, now=now)

    assert copy.values["cards"] == [{**CARD, "quantity": 0, "quantity_label": ""}]
    assert CARD["quantity"] == 3


def test_a_home_page_is_kept_without_its_visitors_habits(now):
    values = {"deals": [CARD], "habits": [CARD], "basket": {"count": "3"}, "ready": [1]}

    copy = keep(KeptPages(), "storefront/home.html", values, now=now)

    assert (copy.values["habits"], copy.values["basket"], copy.values["ready"]) == ([], None, [])


@pytest.mark.parametrize(
    "personal", [{"held": {"label": "x"}, "lost": None}, {"held": None, "lost": {"title": "x"}}]
)
def test_slots_are_not_kept_with_somebodys_hold(now, personal):
    values = {**personal, "slots": [], "postcode": "37000", "basket_count": 2}

    assert keep(KeptPages(), "storefront/slots/slots.html", values, now=now) is None


def test_a_page_is_renewed_now_and_then_only(now):
    pages = KeptPages()
    keep(pages, "storefront/category.html", {"cards": []}, now=now)

    assert (
        pages.note("storefront/category.html", shared=("/",), own=(), now=now + timedelta(seconds=14)) is None
    )
    assert pages.note("storefront/category.html", shared=("/",), own=(), now=now + timedelta(seconds=15))


def test_a_page_that_writes_or_is_private_by_nature_is_never_kept(now):
    assert KeptPages().note("storefront/checkout/checkout.html", shared=(), own=(), now=now) is None
    assert KeptPages().note("storefront/account/overview.html", shared=(), own=(), now=now) is None


def test_the_least_used_goes_first_and_there_are_never_too_many(now, monkeypatch):
    monkeypatch.setattr(kept, "PAGES_MAX", 2)
    pages = KeptPages()
    for path in ("/a", "/b"):
        keep(pages, "storefront/category.html", {"cards": []}, now=now, shared=(path,))
    pages.find(shared=("/a",), own=(), now=now)
    keep(pages, "storefront/category.html", {"cards": []}, now=now, shared=("/c",))

    found = [pages.find(shared=(path,), own=(), now=now) is not None for path in ("/a", "/b", "/c")]
    assert found == [True, False, True]


def test_a_copy_of_yesterday_is_no_copy(now):
    pages = KeptPages()
    keep(pages, "storefront/category.html", {"cards": []}, now=now)

    assert pages.find(shared=("/",), own=(), now=now + kept.AGE_MAX + timedelta(seconds=1)) is None


async def test_an_orders_copy_is_found_by_its_own_browser_alone(still, client, shop):
    by_hand = ByHand(client)
    href = await by_hand.shop(shop.pasta[0])
    await by_hand.page(href)
    ladder = client.app.state.site.ladder
    ladder.answers_reads = False

    own = await client.get(href)
    client.cookies.clear()
    other = await client.get(href)

    assert (own.status_code, other.status_code) == (200, 503)
    assert "Page de" in own.text
    assert "Camille" not in other.text


async def test_without_database_a_page_never_seen_says_so_clearly(still, client):
    client.app.state.site.ladder.answers_reads = False

    answer = await client.get(CATEGORY)

    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "Votre panier est gardé" in answer.text


async def test_a_visitor_sees_their_own_basket_around_a_copy(still, client, shop):
    by_hand = ByHand(client)
    await client.get(CATEGORY)
    await by_hand.put(shop.pasta[0], 2)
    client.app.state.site.ladder.answers_reads = False

    page = await client.get(CATEGORY)

    assert page.status_code == 200
    assert "data-basket-count>2<" in page.text.replace(' aria-hidden="true"', "")


@pytest.fixture
def still(monkeypatch):
    """The ladder's seconds stand still: where a test puts it, it stays."""

    async def stay(*_):
        return None

    monkeypatch.setattr(SiteLadder, "follow", stay)
