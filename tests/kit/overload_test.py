"""Who gets a place, who waits, who goes: the limiter under a clock of the test's."""

import random
from itertools import count

import pytest

from cabas.kit.overload import CODEL_INTERVAL_SECONDS, STANDING_MAX, Class, Limiter

TOP, MIDDLE, LOW = range(3)
CLASSES = (
    Class(name="top", share=1.0, reserved=0.25, target_seconds=1.0, queue_max=100, patience_seconds=5.0),
    Class(name="middle", share=0.8, reserved=0.1, target_seconds=0.2, queue_max=3),
    Class(name="low", share=0.5, target_seconds=0.2, queue_max=3),
)


class Somebody:
    def __init__(self) -> None:
        self.told: list[bool] = []

    def settle(self, admitted: bool) -> None:
        self.told.append(admitted)


def limiter(limit: float = 10.0, **bounds: float) -> Limiter:
    return Limiter(CLASSES, now=0.0, limit_first=limit, **bounds)


def fill(one: Limiter, kind: int) -> int:
    """How many more of the class get in."""
    return next(number for number in count() if not one.enter(kind, 0.0))


def test_the_last_places_are_for_the_classes_above():
    one = limiter()

    taken = [fill(one, LOW), fill(one, MIDDLE), fill(one, TOP)]

    assert taken == [5, 3, 2]


def test_a_class_with_a_reserve_gets_in_whatever_the_others_take():
    one = limiter()
    fill(one, TOP)

    assert fill(one, MIDDLE) == 1
    assert fill(one, LOW) == 0


def test_a_freed_place_goes_to_the_most_important_who_waits():
    one = limiter()
    fill(one, LOW), fill(one, MIDDLE), fill(one, TOP)
    low, top = Somebody(), Somebody()
    one.wait(LOW, low, 0.0)
    one.wait(TOP, top, 0.0)
    waited = one.waiting(TOP)

    one.leave(TOP, 0.01, 0.01)

    assert (low.told, top.told) == ([], [True])
    assert (waited, one.waiting(TOP), one.waiting(LOW)) == (1, 0, 1)
    assert one.queued == 1


def test_orders_keep_their_order_while_views_are_served_newest_first_once_a_queue_stands():
    one = limiter(limit=4.0)
    assert [one.enter(TOP, 0.0) for _ in range(4)] == [True] * 4
    first, second = Somebody(), Somebody()
    one.wait(TOP, first, 0.0)
    one.wait(TOP, second, 0.5)
    one.leave(TOP, 0.1, 0.6)
    assert (first.told, second.told) == ([True], [])

    crowd = limiter(limit=4.0)
    while crowd.enter(MIDDLE, 0.0):
        pass
    older, newer = Somebody(), Somebody()
    crowd.wait(MIDDLE, older, 0.0)
    crowd.wait(MIDDLE, newer, CODEL_INTERVAL_SECONDS)
    crowd.leave(MIDDLE, 0.01, CODEL_INTERVAL_SECONDS + 0.001)
    assert (older.told, newer.told) == ([], [True])


def test_a_short_wait_is_borne_and_a_standing_queue_is_cut_to_the_target():
    one = limiter(limit=4.0)
    while one.enter(MIDDLE, 0.0):
        pass
    early, late = Somebody(), Somebody()
    one.wait(MIDDLE, early, 0.0)
    one.sweep(0.05)
    assert early.told == []

    one.sweep(0.101)
    one.wait(MIDDLE, late, 0.2)
    one.sweep(0.21)

    assert early.told == [False]
    assert late.told == []
    assert one.shed[MIDDLE] == 1


def test_nobody_joins_a_standing_queue_that_is_long_already():
    one = Limiter([Class(name="views", share=1.0, target_seconds=0.2, queue_max=100)], now=0.0)
    fill(one, 0)
    for _ in range(STANDING_MAX):
        one.wait(0, Somebody(), 0.0)

    fresh, standing = one.crowded(0, 0.01), one.crowded(0, CODEL_INTERVAL_SECONDS + 0.01)

    assert (fresh, standing) == (False, True)


def test_who_waits_in_order_may_always_join():
    one = limiter()
    fill(one, TOP)
    for _ in range(STANDING_MAX + 1):
        one.wait(TOP, Somebody(), 0.0)

    assert not one.crowded(TOP, 1.0)


def test_a_full_queue_gives_up_its_oldest_or_turns_the_newest_away():
    one = limiter(limit=4.0)
    while one.enter(MIDDLE, 0.0):
        pass
    crowd = [Somebody() for _ in range(4)]
    for person in crowd:
        one.wait(MIDDLE, person, 0.01)

    assert [person.told for person in crowd] == [[False], [], [], []]
    assert one.queued == 3


def test_late_answers_lower_the_limit_and_punctual_ones_raise_it_when_it_is_used():
    one = limiter(limit=20.0)
    at = _work(one, MIDDLE, seconds=0.5, since=0.0, rounds=200)
    low = one.limit

    _work(one, MIDDLE, seconds=0.05, since=at, rounds=400)

    assert low < 20.0
    assert one.limit > low


def test_a_limit_that_nobody_comes_near_stays():
    one = limiter(limit=50.0)
    for step in range(200):
        one.enter(MIDDLE, step * 0.05)
        one.leave(MIDDLE, 0.01, step * 0.05)

    assert one.limit == 50.0


def test_a_class_of_its_own_target_may_be_slow():
    one = limiter(limit=20.0)

    _work(one, TOP, seconds=0.9, since=0.0, rounds=200)

    assert one.limit >= 20.0


def test_who_gives_up_waiting_is_told_nothing_and_takes_no_place():
    one = limiter(limit=4.0)
    assert [one.enter(TOP, 0.0) for _ in range(4)] == [True] * 4
    gone, next_one = Somebody(), Somebody()
    one.wait(TOP, gone, 0.0)
    one.wait(TOP, next_one, 0.0)

    one.forget(TOP, gone)
    one.leave(TOP, 0.1, 0.1)

    assert (gone.told, next_one.told) == ([], [True])


def test_full_begins_when_somebody_finds_no_place_and_ends_with_room():
    one = limiter(limit=10.0)
    while one.enter(TOP, 1.0):
        pass
    assert one.full_since == 1.0

    for _ in range(10):
        one.leave(TOP, 0.1, 2.0)

    assert one.full_since is None


def test_a_class_without_reserve_at_its_own_bound_does_not_make_the_limit_full():
    one = limiter()

    fill(one, LOW)

    assert one.full_since is None


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_counted_twice_in_any_order_of_things(seed):
    chance = random.Random(seed)  # noqa: S311
    one = limiter(limit=6.0, limit_min=4.0, limit_max=12.0)
    inside: list[int] = []
    waiting: dict[int, tuple[int, Somebody]] = {}
    now, ids = 0.0, count()
    for _ in range(2000):
        now += chance.random() * 0.02
        act = chance.random()
        if act < 0.55:
            kind = chance.randrange(3)
            if one.enter(kind, now):
                inside.append(kind)
            else:
                person = Somebody()
                waiting[next(ids)] = (kind, person)
                one.wait(kind, person, now)
        elif act < 0.9 and inside:
            kind = inside.pop(chance.randrange(len(inside)))
            one.leave(kind, chance.random() * 0.4, now)
        elif act < 0.93 and waiting:
            key = chance.choice(list(waiting))
            kind, person = waiting[key]
            if not person.told:
                one.forget(kind, person)
                del waiting[key]
        else:
            one.sweep(now)
        for key, (kind, person) in list(waiting.items()):
            if person.told:
                assert len(person.told) == 1
                inside.extend([kind] if person.told[0] else [])
                del waiting[key]
        assert one.in_flight == len(inside)
        assert one.queued == len(waiting)
        assert 4.0 <= one.limit <= 12.0


def _work(one: Limiter, kind: int, *, seconds: float, since: float, rounds: int) -> float:
    """Keeps every place of the class taken by answers of this length; returns when it ended."""
    now = since
    for _ in range(rounds):
        now += 0.02
        while one.enter(kind, now):
            pass
        one.leave(kind, seconds, now)
    for _ in range(one.in_flight):
        one.leave(kind, seconds, now)
    return now
