from collections import Counter
from datetime import date, time

from cabas.seed.chance import stream
from cabas.seed.closures import closures
from cabas.seed.deliveries import RADIUS_KM, delivery_areas
from cabas.seed.network import demo_shops, network
from cabas.seed.patterns import slot_capacity, slot_patterns
from cabas.seed.shops import WALK, aisle_order
from cabas.seed.towns import kilometres, towns

DAY = date(2026, 11, 24)
FICTION = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49")


def test_there_are_1832_shops_of_which_1437_have_a_drive(shops):
    assert len(shops) == 1832
    assert sum(shop.has_drive for shop in shops) == 1437
    assert [shop.store_id for shop in shops] == list(range(1, 1833))


def test_every_department_has_a_town_and_a_shop(shops):
    assert len({town.department for town in towns()}) == 96
    assert len({shop.department for shop in shops}) == 96


def test_shops_are_told_apart_by_their_address(shops):
    assert len({shop.slug for shop in shops}) == 1832
    assert len({shop.phone for shop in shops}) == 1832


def test_telephones_are_in_the_ranges_kept_for_fiction(shops):
    assert all(shop.phone.startswith(FICTION) for shop in shops)


def test_another_number_gives_another_network(shops):
    other = network(seed=7)

    assert [shop.slug for shop in other] != [shop.slug for shop in shops]
    assert sum(shop.has_drive for shop in other) == 1437


def test_the_demo_has_forty_drives_of_the_nation_around_tours_paris_and_lyon(shops):
    kept = demo_shops(shops)
    nation = {shop.store_id: shop for shop in shops}

    assert len(kept) == 40
    assert all(shop.has_drive and nation[shop.store_id] == shop for shop in kept)
    slugs = {shop.slug for shop in kept}
    assert "tours-nord" in slugs
    assert sum(shop.department == "Indre-et-Loire" for shop in kept) >= 4
    assert sum(shop.department == "Paris" for shop in kept) >= 3


def test_the_demo_of_any_number_has_its_showcase_that_delivers():
    for seed in (1, 7, 2027):
        [showcase] = [shop for shop in demo_shops(network(seed=seed)) if shop.slug == "tours-nord"]
        assert showcase.delivers


def test_about_four_drives_in_ten_deliver(shops):
    assert 0.35 < sum(shop.delivers for shop in shops) / 1437 < 0.45


def test_delivery_reaches_the_shops_own_postcode_and_no_further_than_its_radius(shops):
    by_id = {shop.store_id: shop for shop in shops}
    near = {(town.postcode): town for town in towns()}
    areas = list(delivery_areas(shops, seed=2026))

    assert {(shop.store_id, shop.postcode) for shop in shops if shop.delivers} <= {
        (area.store_id, area.postcode) for area in areas
    }
    for area in areas:
        shop, town = by_id[area.store_id], near[area.postcode]
        far = kilometres(shop.latitude, shop.longitude, town.latitude, town.longitude)
        assert far <= RADIUS_KM or area.postcode == shop.postcode
        assert 590 <= area.fee_cents <= 990


def test_everyone_closes_on_three_days(shops):
    off = list(closures(shops, day=DAY, seed=2026))
    by_day = Counter(closure.day for closure in off)

    assert by_day[date(2026, 12, 25)] == 1832
    assert by_day[date(2027, 1, 1)] == 1832
    assert by_day[date(2027, 5, 1)] == 1832
    assert by_day[date(2027, 7, 14)] < 1000


def test_alsace_and_moselle_keep_good_friday_and_saint_stephen(shops):
    local = {shop.store_id for shop in shops if shop.department_code in ("57", "67", "68")}
    off = list(closures(shops, day=DAY, seed=2026))

    for day in (date(2026, 12, 26), date(2027, 3, 26)):
        assert {closure.store_id for closure in off if closure.day == day} == local


def test_capacity_is_counted_in_work():
    assert slot_capacity(pickers=6, lines_per_picker_hour=114, minutes=60) == 18
    assert slot_capacity(pickers=6, lines_per_picker_hour=114, minutes=30) == 9
    assert slot_capacity(pickers=1, lines_per_picker_hour=60, minutes=30) == 1


def test_slots_lie_within_opening_hours(shops):
    by_id = {shop.store_id: shop for shop in shops}

    for row in slot_patterns(shops[:300], seed=2026):
        spans = by_id[row.store_id].opening_hours[str(row.weekday)]
        inside = [
            time.fromisoformat(a) <= row.starts_at and row.ends_at <= time.fromisoformat(b) for a, b in spans
        ]
        assert any(inside)


def test_only_drives_have_slots_and_only_those_that_deliver_have_both(shops):
    channels: dict[int, set[str]] = {}
    for row in slot_patterns(shops, seed=2026):
        channels.setdefault(row.store_id, set()).add(row.channel.value)

    assert set(channels) == {shop.store_id for shop in shops if shop.has_drive}
    assert {number for number, both in channels.items() if "delivery" in both} == {
        shop.store_id for shop in shops if shop.delivers
    }


def test_a_walk_ends_where_it_is_coldest():
    walks = {1: "frozen", 2: "ambient", 3: "chilled", 4: "heavy", 5: "fragile", 6: "ambient"}
    order = aisle_order(stream(1, "walk"), walks)

    assert [walks[aisle] for aisle in order] == sorted(walks.values(), key=WALK.index)
