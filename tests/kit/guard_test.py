import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from cabas.kit.clock import FixedClock
from cabas.kit.guard import Guard, GuardPolicy, Reason, Standing, Unavailable

POLICY = GuardPolicy(deadline_seconds=30, concurrency=2, jitter_share=0.2)


class No(Exception):
    """What the service says when it is well."""


class Service:
    """Asked through its guard; ``down`` and ``no`` are switched by the tests."""

    def __init__(self, clock: FixedClock, policy: GuardPolicy = POLICY) -> None:
        self.clock = clock
        self.guard = Guard("loyalty", policy, clock, refusals=(No,), chance=lambda: 0.5)
        self.down = False
        self.no = False
        self.asked = 0

    async def ask(self) -> str:
        self.asked += 1
        if self.down:
            raise ConnectionResetError
        if self.no:
            raise No
        return "yes"

    async def call(self) -> str:
        return await self.guard.call(self.ask)

    async def fail(self, times: int) -> None:
        self.down = True
        for _ in range(times):
            with pytest.raises(Unavailable):
                await self.call()

    async def admitted(self, times: int) -> int:
        before = self.asked
        for _ in range(times):
            with suppress(Unavailable):
                await self.call()
        return self.asked - before

    def pass_seconds(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    @property
    def standing(self) -> Standing:
        return self.guard.state().standing


@pytest.fixture
def service(now) -> Service:
    return Service(FixedClock(now))


async def test_an_answer_passes(service):
    assert await service.call() == "yes"


async def test_a_failure_is_told_with_its_cause(service):
    service.down = True

    with pytest.raises(Unavailable) as told:
        await service.call()

    assert (told.value.name, told.value.reason) == ("loyalty", Reason.FAILED)
    assert isinstance(told.value.__cause__, ConnectionResetError)
    assert service.guard.state().problem == "ConnectionResetError"


async def test_the_deadline_ends_a_call_that_hangs(now):
    guard = Guard("loyalty", GuardPolicy(deadline_seconds=0, concurrency=1), FixedClock(now))

    with pytest.raises(Unavailable) as told:
        await guard.call(asyncio.Event().wait)

    assert told.value.reason is Reason.LATE


async def test_one_more_than_the_bulkhead_holds_is_refused_at_once(service):
    gate = asyncio.Event()
    inside = [asyncio.create_task(service.guard.call(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable) as told:
        await service.call()

    assert (told.value.reason, service.asked) == (Reason.FULL, 0)
    gate.set()
    await asyncio.gather(*inside)
    assert await service.call() == "yes"


async def test_five_failures_in_a_row_open_it_and_then_nobody_is_asked(service):
    await service.fail(5)

    with pytest.raises(Unavailable) as told:
        await service.call()

    assert (told.value.reason, told.value.retry_after, service.asked) == (Reason.OPEN, 5.0, 5)


async def test_a_success_between_begins_the_row_anew(service):
    await service.fail(4)
    service.down = False
    await service.call()
    await service.fail(4)

    assert service.standing is Standing.CLOSED


async def test_half_of_twenty_in_the_window_open_it(service):
    for _ in range(9):
        await service.fail(1)
        service.down = False
        await service.call()
    await service.fail(1)
    assert service.standing is Standing.CLOSED  # 10 of 19

    await service.fail(1)

    assert service.standing is Standing.OPEN


async def test_what_is_older_than_the_window_no_longer_counts(service):
    for _ in range(9):
        await service.fail(1)
        service.down = False
        await service.call()
    service.pass_seconds(11)

    await service.fail(2)

    assert service.standing is Standing.CLOSED


async def test_a_plain_no_is_an_answer(service):
    service.no = True
    for _ in range(30):
        with pytest.raises(No):
            await service.call()

    assert service.standing is Standing.CLOSED


async def test_one_probe_each_cool_down_while_it_fails(service):
    await service.fail(5)
    for probes in (1, 2):
        service.pass_seconds(5)
        await service.fail(3)
        assert service.asked == 5 + probes


async def test_only_one_probes_at_a_time(service):
    await service.fail(5)
    service.pass_seconds(5)
    gate = asyncio.Event()
    probe = asyncio.create_task(service.guard.call(gate.wait))
    await asyncio.sleep(0)

    with pytest.raises(Unavailable) as told:
        await service.call()

    assert told.value.reason is Reason.OPEN
    gate.set()
    await probe
    assert service.standing is Standing.RECOVERING


async def test_processes_probe_at_different_moments(now):
    moments = []
    for chance in (0.0, 0.5, 1.0):
        guard = Guard("loyalty", POLICY, FixedClock(now), chance=lambda chance=chance: chance)
        for _ in range(6):
            with pytest.raises(Unavailable) as told:
                await guard.call(_broken)
        moments.append(told.value.retry_after)

    assert moments == [4.0, 5.0, 6.0]


async def test_once_back_a_tenth_more_is_let_in_each_ten_seconds(service):
    await service.fail(5)
    service.down = False
    service.pass_seconds(5)
    await service.call()

    shares = []
    for _ in range(9):
        shares.append(await service.admitted(100))
        service.pass_seconds(10)

    assert shares == pytest.approx([10, 20, 30, 40, 50, 60, 70, 80, 90], abs=1)
    assert service.standing is Standing.CLOSED
    assert await service.admitted(100) == 100


async def test_failing_again_on_the_ramp_opens_it_again(service):
    await service.fail(5)
    service.down = False
    service.pass_seconds(5)
    await service.call()
    service.pass_seconds(80)

    await service.fail(6)  # one of them isn't let in

    assert service.standing is Standing.OPEN


async def test_an_answer_from_before_it_opened_tells_nothing(service):
    gate = asyncio.Event()
    early = asyncio.create_task(service.guard.call(gate.wait))
    await asyncio.sleep(0)
    await service.fail(5)

    gate.set()
    await early

    assert service.standing is Standing.OPEN


async def test_a_caller_who_goes_away_says_nothing_about_the_service(service):
    for _ in range(10):
        task = asyncio.create_task(service.guard.call(asyncio.Event().wait))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert service.standing is Standing.CLOSED
    assert await service.call() == "yes"


async def test_its_state_says_since_when_and_how_much_passes(service, now):
    assert service.guard.state().share == 1
    service.pass_seconds(60)
    await service.fail(5)

    state = service.guard.state()
    assert (state.standing, state.since, state.share) == (Standing.OPEN, now + timedelta(seconds=60), 0)

    service.down = False
    service.pass_seconds(5)
    await service.call()
    service.pass_seconds(25)
    assert service.guard.state().share == pytest.approx(0.3)


async def _broken() -> None:
    raise OSError
