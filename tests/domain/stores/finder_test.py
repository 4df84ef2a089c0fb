"""Finding a store by what a shopper types, by place, and by who delivers."""

import pytest

from cabas.domain.stores import finder
from cabas.kit.db import Transaction
from factories.stores import make_delivery_area, make_store, make_town


@pytest.fixture
async def network(tx: Transaction) -> Transaction:
    await make_store(tx, store_id=0, name="Catalogue national", has_drive=False)
    await make_store(tx, store_id=1, name="Tours Nord", latitude=47.42, longitude=0.69)
    await make_store(
        tx, store_id=2, name="Rennes", city="Rennes", postcode="35000", latitude=48.11, longitude=-1.68,
        delivers=True,
    )  # fmt: skip
    await make_store(tx, store_id=3, name="Express sans drive", has_drive=False)
    await make_town(tx, town_id=1, name="Tours", postcode="37000", latitude=47.39, longitude=0.69)
    await make_town(
        tx, town_id=2, name="Cesson-Sévigné", postcode="35510", latitude=48.12, longitude=-1.60, population=9
    )
    return tx


async def _found(tx: Transaction, text: str) -> list[str]:
    return [near.store.name for near in await finder.find_stores(tx, text=text)]


@pytest.mark.parametrize("text", ["tours", "TOURS", "Toùrs", " tours ", "37000", "370", "37"])
async def test_a_town_is_found_by_its_name_or_postcode(network: Transaction, text: str) -> None:
    assert await _found(network, text) == ["Tours Nord", "Rennes"]


@pytest.mark.parametrize("text", ["Cesson-Sévigné", "cesson sevigne", "cesson", "35510"])
async def test_a_town_without_a_store_gives_the_nearest_ones(network: Transaction, text: str) -> None:
    assert await _found(network, text) == ["Rennes", "Tours Nord"]


async def test_a_store_is_found_by_its_own_name(network: Transaction) -> None:
    assert await _found(network, "nord") == ["Tours Nord"]


@pytest.mark.parametrize("text", ["", "   ", "%", "'; drop table store", "99999", "\x00", "ь" * 500])
async def test_text_that_names_nothing_finds_nothing(network: Transaction, text: str) -> None:
    assert await _found(network, text) == []


async def test_distances_are_great_circles(network: Transaction) -> None:
    near = await finder.stores_near(network, latitude=47.39, longitude=0.69)

    assert [round(one.distance_km) for one in near] == [3, 194]


async def test_only_stores_that_hand_over_are_near(network: Transaction) -> None:
    near = await finder.stores_near(network, latitude=47.42, longitude=0.69)

    assert [one.store.store_id for one in near] == [1, 2]


async def test_who_delivers_to_a_postcode_comes_cheapest_first(network: Transaction) -> None:
    await make_store(network, store_id=4, name="Rennes Sud", delivers=True)
    await make_delivery_area(network, store_id=2, postcode="35510", fee_cents=690)
    await make_delivery_area(network, store_id=4, postcode="35510", fee_cents=490)
    await make_delivery_area(network, store_id=1, postcode="35510", fee_cents=0)

    areas = await finder.delivering_to(network, postcode="35510")

    assert [(area.store.name, area.fee_cents) for area in areas] == [("Rennes Sud", 490), ("Rennes", 690)]
