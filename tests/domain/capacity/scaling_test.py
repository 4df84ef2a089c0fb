"""Who wants how many web processes, and what each machine reads of it."""

from datetime import timedelta

import pytest

from cabas.domain.capacity import scaling
from cabas.domain.capacity.model import CapacityPolicy
from cabas.domain.capacity.scaling import BadNumber
from cabas.domain.staff.model import SYSTEM, NotAllowed, Role
from factories.staff import at_work, make_staff

POLICY = CapacityPolicy()
HERE = "shop-1:8000"


async def test_a_machine_reads_what_is_wanted_of_it_and_of_no_other(tx, now):
    assert await tell(tx, now) == 2

    assert await scaling.want(tx, name=HERE, processes=4, actor="system", now=now)
    assert not await scaling.want(tx, name="elsewhere:8000", processes=9, actor="system", now=now)

    assert (await tell(tx, now), await scaling.wanted(tx, name=HERE)) == (4, 4)
    await scaling.want(tx, name=HERE, processes=None, actor="system", now=now)
    assert (await tell(tx, now), await scaling.wanted(tx, name=HERE)) == (2, None)


async def test_a_machine_that_says_nothing_any_more_is_not_listed(tx, now):
    await tell(tx, now)
    assert await scaling.forget(tx, now=now + timedelta(days=29)) == 0

    assert [one.name for one in await scaling.units(tx, policy=POLICY, now=now)] == [HERE]
    assert await scaling.units(tx, policy=POLICY, now=now + timedelta(minutes=1)) == []
    assert await scaling.forget(tx, now=now + timedelta(days=31)) == 1


@pytest.mark.parametrize(("processes", "reason"), [(0, "x"), (17, "x"), (2, " ")])
async def test_a_number_out_of_bounds_or_without_reason_is_refused(tx, now, processes, reason):
    with pytest.raises(BadNumber):
        await note(tx, now, processes=processes, reason=reason)


async def test_it_is_head_offices_and_audited(tx, now):
    paul = await at_work(tx, await make_staff(tx, now=now, role=Role.MANAGER), now=now)

    with pytest.raises(NotAllowed):
        await note(tx, now, actor=paul)
    await note(tx, now)

    line = await tx.fetchrow("select actor, action, detail from audit_line where subject = 'web_processes'")
    assert (line["actor"], line["action"], line["detail"]["processes"]) == (
        "system",
        "web_processes.wanted",
        2,
    )


async def note(tx, now, *, processes=2, reason="Minuit", actor=SYSTEM):
    await tell(tx, now)
    [unit] = await scaling.units(tx, policy=POLICY, now=now)
    await scaling.note(tx, unit=unit, processes=processes, reason=reason, actor=actor, now=now)


async def tell(tx, now):
    return await scaling.tell(tx, name=HERE, started_with=2, running=2, draining=0, now=now)
