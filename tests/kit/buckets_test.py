from datetime import timedelta

from cabas.kit.buckets import Buckets, Rate

A_MINUTE = Rate(burst=6, period=timedelta(seconds=60))


def test_a_burst_goes_through_and_then_one_every_so_often():
    buckets = Buckets(A_MINUTE)

    taken = [buckets.take("a", 0.0) for _ in range(7)]

    assert taken == [0.0] * 6 + [10.0]
    assert buckets.take("a", 9.9) > 0
    assert buckets.take("a", 10.0) == 0.0


def test_each_key_has_its_own():
    buckets = Buckets(A_MINUTE)
    for _ in range(6):
        buckets.take("a", 0.0)

    assert buckets.take("b", 0.0) == 0.0


def test_the_least_used_is_forgotten_first():
    buckets = Buckets(A_MINUTE, kept_max=2)
    for _ in range(6):
        buckets.take("a", 0.0)
    buckets.take("b", 0.0)
    buckets.take("c", 0.0)

    assert buckets.take("a", 0.0) == 0.0
