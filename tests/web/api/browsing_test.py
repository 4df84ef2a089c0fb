"""Stores and products by the API, for anyone."""

from factories.network import ALCOHOL_GTIN, FIRST_GTIN, PROMOTED_GTIN, WITHDRAWN_GTIN
from factories.shopping import Api


async def test_stores_are_found_near_a_place_by_words_or_all(api: Api) -> None:
    near = (await api.call("GET", "/stores?near=48.1,-1.6")).json()
    named = (await api.call("GET", "/stores?q=rennes 2")).json()
    everyone = (await api.call("GET", "/stores")).json()

    assert [store["id"] for store in near["items"]] == ["1", "2"]
    assert near["items"][0]["distance_km"] == 0
    assert [store["slug"] for store in named["items"]] == ["rennes-2"]
    assert [store["id"] for store in everyone["items"]] == ["1", "2"]
    assert everyone["next"] is None


async def test_a_place_off_the_earth_is_refused(api: Api) -> None:
    for near, status in (("99,0", 422), ("0,181", 422), ("a,b", 400), ("1", 400)):
        assert (near, (await api.call("GET", f"/stores?near={near}")).status_code) == (near, status)


async def test_a_store_says_who_sells(api: Api) -> None:
    shown = (await api.call("GET", "/stores/rennes-1")).json()

    assert shown["id"] == "1"
    assert shown["seller"] == {"name": "Four SAS", "registration": "RCS 1"}
    assert shown["opening_hours"] == {"1": [["08:30", "20:00"]]}
    assert (await api.call("GET", "/stores/0")).status_code == 404


async def test_everything_a_store_sells_comes_page_by_page(api: Api) -> None:
    first = (await api.call("GET", "/stores/1/products")).json()
    second = (await api.call("GET", f"/stores/1/products?cursor={first['next']}")).json()

    gtins = [product["gtin"] for product in first["items"] + second["items"]]
    assert len(first["items"]) == 50
    assert second["next"] is None
    assert len(gtins) == len(set(gtins)) == 59  # 60 products, one of them withdrawn
    assert str(WITHDRAWN_GTIN) not in gtins


async def test_a_category_is_sorted_as_asked(api: Api) -> None:
    listed = (await api.call("GET", "/stores/1/products?category=pates&sort=price")).json()

    prices = [product["price"] for product in listed["items"]]
    assert prices == sorted(prices)
    assert listed["items"][0]["category"] == "spaghetti"
    assert (await api.call("GET", "/stores/1/products?category=rien")).status_code == 404
    assert (await api.call("GET", "/stores/1/products?sort=colour")).status_code == 400


async def test_words_and_barcodes_find_products(api: Api) -> None:
    by_words = (await api.call("GET", "/stores/1/products?q=produit 7")).json()
    by_code = (await api.call("GET", f"/stores/1/products?q={FIRST_GTIN}")).json()
    by_nothing = (await api.call("GET", "/stores/1/products?q=%00%EF%BF%BF")).json()

    assert by_words["items"][0]["name"] == "Produit 7"
    assert [product["gtin"] for product in by_code["items"]] == [str(FIRST_GTIN)]
    assert by_nothing == {"items": [], "next": None}


async def test_a_product_has_its_price_and_particulars(api: Api) -> None:
    shown = (await api.call("GET", f"/stores/1/products/{PROMOTED_GTIN}")).json()

    assert shown["gtin"] == str(PROMOTED_GTIN)
    assert (shown["price"], shown["currency"]) == (120, "EUR")
    assert shown["promotion"]["label"] == "3 pour 2"
    assert shown["operator_name"] == "Four SAS"
    assert shown["prior_price"] == 120
    wine = (await api.call("GET", f"/stores/1/products/{ALCOHOL_GTIN}")).json()
    assert wine["minimum_age"] == 18


async def test_a_gtin_may_be_written_short_or_long(api: Api) -> None:
    assert (await api.call("GET", f"/stores/1/products/0{FIRST_GTIN}")).status_code == 200
    for gtin, status in (("12345670", 404), ("123", 400), ("abc", 400), ("9" * 15, 400)):
        assert (gtin, (await api.call("GET", f"/stores/1/products/{gtin}")).status_code) == (gtin, status)


async def test_a_forged_cursor_is_refused(api: Api) -> None:
    for cursor in ("x", "WzFd", "W10", "WyJhIl0", "e30", "Wy0xLDFd", "WzEsLTFd", "W3RydWUsMV0"):
        refused = await api.call("GET", f"/stores/1/products?cursor={cursor}")
        assert (cursor, refused.status_code, refused.json()["code"]) == (cursor, 422, "bad_cursor")
