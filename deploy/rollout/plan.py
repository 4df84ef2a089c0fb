"""
The roll-out itself, the same on a laptop and on Kubernetes.

Canary → watch → all. When the canary answers worse than its limit it is taken away and nobody else is touched.
Going back is the same road with the former release; the schema allows it until it is contracted.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import msgspec


class Counts(msgspec.Struct, frozen=True):
    """Answers given, and those of them that were errors of ours (5xx, or none at all)."""

    requests: int
    errors: int

    @property
    def share(self) -> float:
        return self.errors / self.requests if self.requests else 0.0


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    watch_seconds: float = 120.0
    """The canary is watched at least this long…"""
    requests_min: int = 500
    """…and until it has answered so often: a few lucky answers prove nothing."""
    patience_seconds: float = 900.0
    """A canary that has not answered so often by then is taken away."""
    errors_share_max: float = 0.005
    errors_min: int = 3
    """Fewer errors than this never send a release back."""
    look_every_seconds: float = 2.0


class Verdict(StrEnum):
    WATCH = "watch"
    GOOD = "good"
    WORSE = "worse"
    UNSEEN = "unseen"


class Outcome(StrEnum):
    DONE = "done"
    RETURNED = "returned"


class Fleet(Protocol):
    """The web processes behind one balancer."""

    def start_canary(self, release: str) -> None:
        """One process of the release beside the others, ready, with its share of the traffic."""

    def canary_counts(self) -> Counts:
        """What it answered since it started."""

    def other_counts(self) -> Counts:
        """What the others answered in the same time."""

    def drop_canary(self) -> None:
        """As it was before."""

    def replace_all(self, release: str) -> None:
        """Every process, one after the other; none stops before another is ready in its stead."""


def judge(canary: Counts, others: Counts, *, seconds: float, policy: Policy) -> Verdict:
    """
    Worse: too many errors, and more than twice the share of the others (when all suffer, say from the database,
    it isn't the release).
    """
    too_many = canary.errors >= policy.errors_min and canary.share > policy.errors_share_max
    if too_many and canary.share > 2 * others.share:
        return Verdict.WORSE
    if seconds >= policy.watch_seconds and canary.requests >= policy.requests_min:
        return Verdict.GOOD
    return Verdict.UNSEEN if seconds >= policy.patience_seconds else Verdict.WATCH


def roll_out(fleet: Fleet, release: str, *, policy: Policy, say: Callable[[str], None] = print) -> Outcome:
    """Blocks until all is replaced, or nothing is. Whatever else breaks on the way takes the canary with it."""
    try:
        fleet.start_canary(release)
        say(f"canary of {release} is ready")
        verdict = _watch(fleet, policy)
        say(f"canary: {verdict}, {fleet.canary_counts()}; the others: {fleet.other_counts()}")
    except BaseException:
        fleet.drop_canary()
        raise
    if verdict is not Verdict.GOOD:
        fleet.drop_canary()
        say(f"{release} is taken back: nobody else was touched")
        return Outcome.RETURNED
    fleet.replace_all(release)
    say(f"all processes are of {release}")
    return Outcome.DONE


def _watch(fleet: Fleet, policy: Policy) -> Verdict:
    started = time.monotonic()
    while True:
        seconds = time.monotonic() - started
        verdict = judge(fleet.canary_counts(), fleet.other_counts(), seconds=seconds, policy=policy)
        if verdict is not Verdict.WATCH:
            return verdict
        time.sleep(policy.look_every_seconds)
