"""The figures of falls: what counts as lost, late or unread."""

from bench.failover.figures import Fall, Figures, told


def fall(recovered: float, *, read: int = 100) -> Fall:
    return Fall(
        elected=recovered - 5,
        recovered=recovered,
        pages=100,
        read=read,
        slowest=0.5,
        frozen=False,
        failed_pages=[],
    )


def figures(*falls: Fall, lost: int = 0, breaches: tuple[str, ...] = ()) -> Figures:
    return told(falls, lost=lost, orders=50, breaches=breaches, add=False)


def test_one_late_fall_in_twenty_is_not_the_95th_percentile() -> None:
    assert figures(*[fall(20)] * 19, fall(60)).rto_p95_s == 20
    assert figures(*[fall(20)] * 18, fall(60), fall(60)).rto_p95_s == 60


def test_good_is_nothing_lost_nothing_late_and_pages_read() -> None:
    assert figures(fall(20)).good
    assert not figures(fall(20), lost=1).good
    assert not figures(fall(20), breaches=("an order twice",)).good
    assert not figures(fall(50)).good
    assert not figures(fall(20, read=90)).good
