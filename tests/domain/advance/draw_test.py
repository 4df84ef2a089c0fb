"""The draw's rules, bare."""

from collections import Counter
from datetime import UTC, datetime
from statistics import correlation
from uuid import NAMESPACE_URL, UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from cabas.domain.advance.draw import (
    Participant,
    allocate,
    commitment_of,
    nearest_first,
    participants_digest,
    rank_of,
)
from cabas.domain.advance.model import PriorityGroup
from cabas.domain.slots.model import Channel

OPENS_AT = datetime(2026, 11, 27, 23, tzinfo=UTC)
SECRET = bytes(range(32))
SIX, SEVEN, EIGHT = 26_120_417_001, 26_120_418_001, 26_120_419_001
DELIVERED = 26_120_418_002
HEALTH = PriorityGroup(name="health", share_percent=25)


def person(number: int, *wishes: int, **more: object) -> Participant:
    """Drawn in the order of their numbers."""
    return Participant(
        cart_id=UUID(int=number), shopper_id=UUID(int=number), wishes=wishes, **({"rank": number} | more)
    )


def stranger(number: int) -> UUID:
    """An id that says nothing, the same each time."""
    return uuid5(NAMESPACE_URL, str(number))


def outcome(people: list[Participant], left: dict[int, int], *groups: PriorityGroup) -> list[int | None]:
    given_to = allocate(people, left, groups)
    return [given_to[one.cart_id] for one in people]


def test_each_gets_the_best_wish_that_is_free_at_their_turn() -> None:
    people = [person(1, SIX, SEVEN), person(2, SIX, SEVEN), person(3, SIX, SEVEN), person(4, EIGHT)]

    assert outcome(people, {SIX: 1, SEVEN: 1, EIGHT: 0}) == [SIX, SEVEN, None, None]


def test_who_asked_first_matters_nothing() -> None:
    people = [person(1, SIX, rank=9), person(2, SIX, rank=3)]

    assert outcome(people, {SIX: 1}) == [None, SIX]


def test_any_slot_is_the_nearest_to_the_first_wish_in_the_same_way() -> None:
    people = [person(1, SEVEN, any_channels=(Channel.DRIVE,))]

    assert outcome(people, {SIX: 1, SEVEN: 0, EIGHT: 1, DELIVERED: 1}) == [SIX]


def test_any_slot_comes_after_every_wish() -> None:
    people = [person(1, SEVEN, EIGHT, any_channels=(Channel.DRIVE,))]

    assert outcome(people, {SIX: 1, SEVEN: 0, EIGHT: 1}) == [EIGHT]


def test_a_priority_group_is_drawn_first_within_its_share() -> None:
    people = [*(person(n, SIX) for n in range(1, 9)), *(person(n, SIX, group="health") for n in (10, 11, 12))]

    won = outcome(people, {SIX: 8}, HEALTH)

    assert won[-3:] == [SIX, SIX, None], "floor(25 % × 8) = 2, and the third is after everyone"
    assert won[:6] == [SIX] * 6
    assert won[6:8] == [None, None]


def test_a_share_of_less_than_a_place_is_none() -> None:
    people = [person(1, SIX), person(2, SIX, group="health")]

    assert outcome(people, {SIX: 1}, HEALTH) == [SIX, None]


def test_a_share_that_nobody_needs_goes_to_everyone() -> None:
    people = [person(number, SIX) for number in range(1, 5)]

    assert outcome(people, {SIX: 4}, HEALTH) == [SIX] * 4


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from([SIX, SEVEN, EIGHT, DELIVERED]), unique=True, max_size=4),
            st.booleans(),
            st.sampled_from([None, "health", "reduced_mobility"]),
            st.integers(0, 2**63 - 1),
        ),
        max_size=40,
    ),
    st.dictionaries(st.sampled_from([SIX, SEVEN, EIGHT, DELIVERED]), st.integers(0, 9)),
    st.integers(0, 60),
)
def test_whatever_is_asked_places_are_given_once_and_none_is_left_to_who_wanted_it(
    asked: list[tuple[list[int], bool, str | None, int]], left: dict[int, int], share: int
) -> None:
    people = [
        person(number, *wishes, group=group, rank=rank, any_channels=(Channel.DRIVE,) if anything else ())
        for number, (wishes, anything, group, rank) in enumerate(asked)
    ]
    groups = (HEALTH, PriorityGroup(name="reduced_mobility", share_percent=share))

    given_to = allocate(people, left, groups)

    taken = Counter(slot for slot in given_to.values() if slot is not None)
    assert set(given_to) == {one.cart_id for one in people}
    assert all(taken[slot] <= left.get(slot, 0) for slot in taken)
    for one in people:
        slot = given_to[one.cart_id]
        wanted = [*one.wishes, *(s for s in left if one.any_channels and s % 10 == 1)]
        assert slot is None or slot in wanted
        if slot is None:
            assert all(taken[other] == left.get(other, 0) for other in wanted), "a wish had a place"
        elif one.group is None and slot in one.wishes:
            better = one.wishes[: one.wishes.index(slot)]
            assert all(taken[other] == left.get(other, 0) for other in better), "a better wish had a place"


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=30), st.integers(0, 100), st.integers(0, 30))
def test_a_group_gets_its_share_before_anyone_else(ranks: list[int], share: int, places: int) -> None:
    people = [
        person(number, SIX, rank=rank, group="health" if number % 2 else None)
        for number, rank in enumerate(ranks)
    ]
    group = PriorityGroup(name="health", share_percent=share)

    given_to = allocate(people, {SIX: places}, (group,))

    members = [one for one in people if one.group]
    won = sum(given_to[one.cart_id] is not None for one in members)
    assert won >= min(len(members), places * share // 100)


def test_the_rank_is_what_the_page_of_the_draw_says() -> None:
    shopper = UUID("01939c1e-0000-8000-8000-000000000001")

    rank = rank_of(SECRET, opens_at=OPENS_AT, store_id=7, shopper_id=shopper)

    assert rank == RANK_COMPUTED_BY_HAND
    assert rank_of(SECRET, opens_at=OPENS_AT, store_id=8, shopper_id=shopper) != rank
    assert rank_of(SECRET[::-1], opens_at=OPENS_AT, store_id=7, shopper_id=shopper) != rank


def test_ranks_say_nothing_about_arrival_over_twenty_thousand_shoppers() -> None:
    shoppers = [stranger(number) for number in range(20_000)]

    ranks = [rank_of(SECRET, opens_at=OPENS_AT, store_id=7, shopper_id=one) for one in shoppers]

    assert abs(correlation([float(n) for n in range(len(ranks))], [float(rank) for rank in ranks])) < 0.02
    assert len(set(ranks)) == len(ranks)


def test_ids_made_in_a_row_draw_no_better_than_any() -> None:
    """What a script would do: 1,000 accounts opened one after the other, among 1,000 people."""
    scripted = [UUID(int=number) for number in range(1_000)]
    people = [stranger(number) for number in range(1_000)]
    won: Counter[str] = Counter()
    for store_id in range(20):
        entries = [
            Participant(
                cart_id=one,
                shopper_id=one,
                wishes=(SIX,),
                rank=rank_of(SECRET, opens_at=OPENS_AT, store_id=store_id, shopper_id=one),
            )
            for one in (*scripted, *people)
        ]
        given_to = allocate(entries, {SIX: 200}, ())
        won["scripted"] += sum(given_to[one] is not None for one in scripted)
        won["people"] += sum(given_to[one] is not None for one in people)

    assert won["scripted"] + won["people"] == 20 * 200
    assert 0.9 < won["scripted"] / won["people"] < 1.1


def test_the_digest_of_participants_depends_on_each_of_them_and_on_no_order() -> None:
    people = [person(1, SIX), person(2, SEVEN, EIGHT)]

    digest = participants_digest(people)

    assert participants_digest(people[::-1]) == digest
    assert participants_digest(people[:1]) != digest
    assert participants_digest([people[0], person(2, EIGHT, SEVEN)]) != digest


def test_the_commitment_is_the_digest_of_the_secret() -> None:
    assert commitment_of(SECRET).hex() == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"


def test_near_means_near_in_time_and_the_earlier_of_two() -> None:
    assert nearest_first([EIGHT, SIX, SEVEN], near=SEVEN) == (SEVEN, SIX, EIGHT)
    assert nearest_first([EIGHT, SIX], near=None) == (SIX, EIGHT)


RANK_COMPUTED_BY_HAND = 264192648711254950
"""printf '2026-11-27T23:00:00Z|7|01939c1e-…0001' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f"""
