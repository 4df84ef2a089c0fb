"""A release is let loose on all only after its canary has answered well, often enough and long enough."""

from collections.abc import Iterator

import pytest
from deploy.rollout import plan
from deploy.rollout.plan import Counts, Outcome, Policy, Verdict, judge, roll_out

POLICY = Policy(
    watch_seconds=60, requests_min=500, patience_seconds=300, errors_share_max=0.005, look_every_seconds=1
)
CALM = Counts(3_000, 0)


class Fleet:
    """Answers as it is told, look by look; notes what is done to it."""

    def __init__(self, canary: Iterator[Counts] | None = None, *, broken: str = "") -> None:
        self._looks = canary or iter([])
        self._last = Counts(0, 0)
        self._broken = broken
        self.done: list[str] = []

    def start_canary(self, release: str) -> None:
        self.done.append(f"canary {release}")
        if self._broken == "start":
            raise SystemExit("it did not start")

    def canary_counts(self) -> Counts:
        self._last = next(self._looks, self._last)
        return self._last

    def other_counts(self) -> Counts:
        return CALM

    def drop_canary(self) -> None:
        self.done.append("drop")

    def replace_all(self, release: str) -> None:
        self.done.append(f"all {release}")


@pytest.mark.parametrize(
    ("canary", "others", "seconds", "verdict"),
    [
        (Counts(1_000, 0), CALM, 60, Verdict.GOOD),
        (Counts(1_000, 5), CALM, 60, Verdict.GOOD),
        (Counts(1_000, 0), CALM, 59, Verdict.WATCH),
        (Counts(499, 0), CALM, 60, Verdict.WATCH),
        (Counts(499, 0), CALM, 300, Verdict.UNSEEN),
        (Counts(1_000, 6), CALM, 1, Verdict.WORSE),
        (Counts(10, 3), CALM, 1, Verdict.WORSE),
        (Counts(10, 2), CALM, 1, Verdict.WATCH),
        # The database is away: everybody suffers, the release has nothing to do with it.
        (Counts(1_000, 300), Counts(3_000, 900), 60, Verdict.GOOD),
        (Counts(1_000, 300), Counts(3_000, 400), 60, Verdict.WORSE),
        (Counts(0, 0), Counts(0, 0), 1, Verdict.WATCH),
    ],
)
def test_a_canary_is_judged_by_its_errors_beside_those_of_the_others(canary, others, seconds, verdict):
    assert judge(canary, others, seconds=seconds, policy=POLICY) is verdict


def test_a_good_canary_is_followed_by_all(clock):
    fleet = Fleet(iter([Counts(100, 0), Counts(400, 0), Counts(800, 1)]))

    assert roll_out(fleet, "2", policy=POLICY, say=_nothing) is Outcome.DONE

    assert fleet.done == ["canary 2", "all 2"]


def test_a_bad_canary_is_taken_away_at_once_and_nobody_else_is_touched(clock):
    fleet = Fleet(iter([Counts(100, 0), Counts(140, 4)]))

    assert roll_out(fleet, "2", policy=POLICY, say=_nothing) is Outcome.RETURNED

    assert fleet.done == ["canary 2", "drop"]
    assert clock.seconds < POLICY.watch_seconds


def test_a_canary_that_nobody_asks_is_taken_away(clock):
    fleet = Fleet(iter([Counts(3, 0)]))

    assert roll_out(fleet, "2", policy=POLICY, say=_nothing) is Outcome.RETURNED

    assert fleet.done == ["canary 2", "drop"]


def test_a_canary_that_does_not_start_is_taken_away(clock):
    fleet = Fleet(broken="start")

    with pytest.raises(SystemExit, match="did not start"):
        roll_out(fleet, "2", policy=POLICY, say=_nothing)

    assert fleet.done == ["canary 2", "drop"]


class Clock:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += 20 * seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    ticking = Clock()
    monkeypatch.setattr(plan, "time", ticking)
    return ticking


def _nothing(_: str) -> None:
    pass
