"""
How many stand where: the line as counts, and what an honest estimate says.

Processes count who joins by group: group 0 is bucket 0, then one group every `GROUP_SECONDS`
buckets. Inside a group people are taken as evenly spread, which the draw makes true in bucket 0
and nearly true elsewhere.
"""

from bisect import bisect_left
from collections.abc import Mapping
from math import ceil, floor

import msgspec

from cabas.domain.waiting_room.model import FRACTION_MAX, START, Rank

GROUP_SECONDS = 10
ROUNDED_UP_BELOW = 10
_SPREAD_LOW, _SPREAD_HIGH = 0.7, 1.5
_NOISE = 1e-6  # of floating point, which must not push 1,500 up to 1,600


def group_of(bucket: int) -> int:
    return 0 if bucket == 0 else 1 + (bucket - 1) // GROUP_SECONDS


class Line(msgspec.Struct, frozen=True):
    """
    ``groups``: (group, how many joined in it), ascending. ``last``: the last bucket that counts,
    because it is over; the group it lies in is spread over its buckets up to it.
    """

    groups: tuple[tuple[int, int], ...]
    last: int

    @property
    def joined(self) -> int:
        return sum(count for _, count in self.groups)

    def until(self, rank: Rank) -> float:
        """How many stand at or before this rank."""
        group = group_of(rank.bucket)
        before = sum(count for number, count in self.groups if number < group)
        within = next((count for number, count in self.groups if number == group), 0)
        return before + within * self._share(rank)

    def rank_after(self, count: float) -> Rank:
        """The rank that ``count`` people stand at or before; the end of the line when there are fewer."""
        end = self.end
        left = count
        for group, joined in self.groups:
            if left < joined:
                return min(self._within(group, left / joined), end)
            left -= joined
        return end

    @property
    def end(self) -> Rank:
        """As far as anyone may be called now."""
        return Rank(self.last, FRACTION_MAX) if self.last >= 0 else START

    def _span(self, group: int) -> tuple[int, int]:
        """A group's first bucket, and how many of its buckets count."""
        if group == 0:
            return 0, 1
        first = 1 + (group - 1) * GROUP_SECONDS
        return first, max(min(GROUP_SECONDS, self.last - first + 1), 1)

    def _share(self, rank: Rank) -> float:
        first, width = self._span(group_of(rank.bucket))
        return min((rank.bucket - first + rank.fraction / FRACTION_MAX) / width, 1.0)

    def _within(self, group: int, share: float) -> Rank:
        first, width = self._span(group)
        place = share * width
        bucket = floor(place)
        return Rank(first + bucket, floor((place - bucket) * FRACTION_MAX))


def line_of(joined: Mapping[int, int], *, last: int) -> Line:
    return Line(tuple(sorted(joined.items())), last)


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``ahead`` is rounded and may say "fewer than" (`ROUNDED_UP_BELOW`); minutes are a range, both
    None while nothing is known of the pace.
    """

    ahead: int
    minutes_low: int | None
    minutes_high: int | None


def estimate(line: Line, *, threshold: Rank, rank: Rank, per_second: float) -> Estimate:
    """``per_second``: how many places are called a second, those that nobody answers to included."""
    exact = max(line.until(rank) - line.until(threshold), 0.0)
    ahead = rounded(exact)
    if per_second <= 0:
        return Estimate(ahead=ahead, minutes_low=None, minutes_high=None)
    minutes = exact / per_second / 60
    return Estimate(
        ahead=ahead,
        minutes_low=floor(minutes * _SPREAD_LOW + _NOISE),
        minutes_high=max(ceil(minutes * _SPREAD_HIGH - _NOISE), 1),
    )


def rounded(exact: float) -> int:
    """Two leading digits, upwards: 7 → 10, 43 → 50, 128 → 130, 12,345 → 13,000."""
    if exact < ROUNDED_UP_BELOW:
        return ROUNDED_UP_BELOW
    step = 10
    while exact >= step * 100:
        step *= 10
    return ceil(exact / step - _NOISE) * step


def next_poll_seconds(*, ahead: int, per_second: float, low: int = 2, high: int = 20) -> int:
    """How long to wait before looking again: a tenth of the expected wait, within bounds; jitter is the browser's."""
    if per_second <= 0:
        return high
    return min(max(ceil(ahead / per_second / 10), low), high)


def published(line: Line, points_max: int = 40) -> list[tuple[int, int]]:
    """The line as (last bucket of a group that counts, how many stand until there), thinned for a small file."""
    points: list[tuple[int, int]] = []
    total = 0
    for group, count in line.groups:
        begins, ends = (group - 1) * GROUP_SECONDS, group * GROUP_SECONDS
        if group and (points[-1][0] if points else 0) < begins:
            points.append((begins, total))
        total += count
        points.append((ends if group == 0 else max(min(ends, line.last), begins + 1), total))
    if len(points) <= points_max:
        return points
    step = ceil(len(points) / points_max)
    return [points[0], *points[1:-1:step], points[-1]]


def position_in(points: list[tuple[int, int]], rank: Rank) -> float:
    """How many stand at or before the rank, by the published points: what the page computes too."""
    if not points:
        return 0.0
    if rank.bucket == 0:
        return points[0][1] * rank.fraction / FRACTION_MAX if points[0][0] == 0 else 0.0
    place = rank.bucket - 1 + rank.fraction / FRACTION_MAX
    ends = [end for end, _ in points]
    after = min(bisect_left(ends, place), len(points) - 1)
    end, total = points[after]
    start, before = points[after - 1] if after else (0, 0)
    if end <= start:
        return float(total)
    return before + (total - before) * min(max((place - start) / (end - start), 0.0), 1.0)
