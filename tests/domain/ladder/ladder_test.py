"""Each level is entered and left by itself, with hysteresis, and obeys the switch."""

from datetime import UTC, datetime, timedelta

import pytest

from cabas.domain.ladder import operations, queries
from cabas.domain.ladder.model import Ladder, Level, Pressure, Setting, Signals

START = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
CALM = Signals()
SLOW = Signals(wait_p95_ms=51)
FULL = Signals(full_for=timedelta(seconds=3), busy_share=1.0)
LATE = Signals(full_for=timedelta(seconds=5), busy_share=1.0, late_share=0.5)
AWAY = Signals(probes_missed=2)


def climb(ladder: Ladder, signals: Signals, *, seconds: int, since: int = 0, setting: Setting | None = None):
    """A step a second; the standing after the last."""
    standing = ladder.standing
    for second in range(since, since + seconds):
        standing = ladder.step(signals, setting or Setting(), START + timedelta(seconds=second))
    return standing


@pytest.mark.parametrize(
    ("signals", "level", "reason"),
    [
        (CALM, Level.NORMAL, "normal"),
        (SLOW, Level.LEAN, "database_slow"),
        (FULL, Level.NO_EXTRAS, "full"),
        (LATE, Level.LAST_COPIES, "late"),
        (AWAY, Level.READ_ONLY, "database_away"),
    ],
)
def test_each_level_is_entered_by_its_own_signal(signals, level, reason):
    standing = climb(Ladder(START), signals, seconds=5)

    assert (standing.level, standing.reason) == (level, reason)


@pytest.mark.parametrize(
    "signals",
    [
        Signals(wait_p95_ms=50),
        Signals(full_for=timedelta(seconds=2), busy_share=1.0),
        Signals(late_share=0.9),
        Signals(probes_missed=1),
    ],
)
def test_no_level_is_entered_below_its_trigger(signals):
    assert climb(Ladder(START), signals, seconds=5).level is Level.NORMAL


@pytest.mark.parametrize(("signals", "level"), [(SLOW, 1), (FULL, 2), (LATE, 3)])
def test_a_level_is_left_after_thirty_calm_seconds_and_not_before(signals, level):
    ladder = Ladder(START)
    climb(ladder, signals, seconds=5)

    assert climb(ladder, CALM, seconds=30, since=5).level == level
    assert climb(ladder, CALM, seconds=1, since=35).level is Level.NORMAL


def test_what_lies_between_sixty_percent_and_the_trigger_keeps_the_level():
    ladder = Ladder(START)
    climb(ladder, SLOW, seconds=1)

    assert climb(ladder, Signals(wait_p95_ms=31), seconds=120, since=1).level is Level.LEAN


def test_a_relapse_starts_the_thirty_seconds_again():
    ladder = Ladder(START)
    climb(ladder, FULL, seconds=1)
    climb(ladder, CALM, seconds=20, since=1)
    climb(ladder, FULL, seconds=1, since=21)

    assert climb(ladder, CALM, seconds=29, since=22).level is Level.NO_EXTRAS


def test_orders_are_taken_again_three_seconds_after_the_primary_is_back():
    ladder = Ladder(START)
    climb(ladder, AWAY, seconds=60)

    assert climb(ladder, CALM, seconds=3, since=60).level is Level.READ_ONLY
    assert climb(ladder, CALM, seconds=1, since=63).level is Level.NORMAL


def test_leaving_the_highest_rung_leads_to_the_next_one_still_held():
    ladder = Ladder(START)
    climb(ladder, Signals(wait_p95_ms=80, probes_missed=2), seconds=2)

    assert climb(ladder, SLOW, seconds=5, since=2).level is Level.LEAN


@pytest.mark.parametrize("level", [Level(number) for number in range(5)])
def test_a_forced_level_holds_against_the_signals_until_its_time_is_over(level):
    ladder = Ladder(START)
    setting = Setting(level=level, reason="exercice", until=START + timedelta(seconds=10))

    standing = climb(ladder, SLOW, seconds=10, setting=setting)
    after = climb(ladder, SLOW, seconds=1, since=10, setting=setting)

    assert (standing.level, standing.reason) == (level, "forced")
    assert (after.level, after.reason) == (Level.LEAN, "database_slow")


def test_since_tells_when_the_level_was_entered():
    ladder = Ladder(START)
    climb(ladder, CALM, seconds=4)

    assert climb(ladder, SLOW, seconds=3, since=4).since == START + timedelta(seconds=4)


async def test_forcing_leaves_a_line_in_the_journal(tx, now):
    setting = Setting(level=Level.LAST_COPIES, reason="répétition", actor="cli:odile")

    await operations.force(tx, setting=setting, now=now)

    kept = await queries.setting(tx)
    line = await tx.fetchrow("select actor, action, detail from audit_line where subject = 'ladder'")
    assert (kept.level, kept.reason, kept.changed_at) == (Level.LAST_COPIES, "répétition", now)
    assert (line["actor"], line["action"], line["detail"]["after"]) == ("cli:odile", "ladder.forced", 3)


@pytest.mark.parametrize(
    ("setting", "refusal"),
    [
        (Setting(level=Level.LEAN, reason=" ", actor="x"), operations.NoReason),
        (Setting(level=Level.EDGE_ALONE, reason="x", actor="x"), operations.NotOurs),
    ],
)
async def test_neither_without_reason_nor_the_edges_own_level(tx, now, setting, refusal):
    with pytest.raises(refusal):
        await operations.force(tx, setting=setting, now=now)


async def test_processes_that_fell_silent_are_ignored_and_then_forgotten(tx, now):
    await operations.tell(tx, pressure=told("silent", now - timedelta(seconds=6)))
    await operations.tell(tx, pressure=told("gone", now - timedelta(seconds=61)))
    await operations.tell(tx, pressure=told("alive", now - timedelta(seconds=1)))
    await operations.tell(tx, pressure=told("alive", now))

    gone = await operations.forget(tx, now=now)

    assert [one.process_id for one in await queries.processes(tx, now=now)] == ["alive"]
    assert gone == 1


def told(process_id: str, at: datetime) -> Pressure:
    return Pressure(
        process_id=process_id,
        at=at,
        limit_now=32,
        in_flight=3,
        queued=0,
        goodput_per_s=12.5,
        saturated_since=None,
        level=0,
        level_since=at,
        reason="normal",
        answered=10,
        shed={"P5": 1},
    )
