"""A draw that is held again comes out the same; whatever is altered afterwards is found."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from click.testing import CliRunner

from cabas.check import audit, check
from cabas.domain.advance.audit import Audited, DrawUnknown, hold_again
from cabas.kit.db import Database, Transaction
from factories.advance import ask, coming_slots, draw, write
from factories.shop import make_shop

OPENS_AT = datetime(2026, 11, 24, 23, tzinfo=UTC)
AT = OPENS_AT + timedelta(seconds=1)


async def test_a_draw_comes_out_the_same_again(tx: Transaction, drawn: None) -> None:
    again = await hold_again(tx, opens_at=OPENS_AT)

    assert again == Audited(
        opens_at=OPENS_AT, revealed=True, stores=2, pending=0, participants=13, winners=11, differences=()
    )


@pytest.mark.parametrize(
    ("statement", "about"),
    [
        ("update advance_order set rank = rank + 1 where cart_id = {winner}", "rank"),
        ("update advance_order set slot_id = {other} where cart_id = {winner}", "place"),
        ("update advance_order set slot_id = {six} where cart_id = {loser}", "place"),
        ("update advance_order set reason = 'cart_changed' where cart_id = {loser}", "outcome"),
        (
            "update advance_order set wishes = array[{other}] where cart_id = {loser}",
            "digest of participants",
        ),
        (
            "update advance_order set priority_group = 'health' where cart_id = {loser}",
            "digest of participants",
        ),
        ("update advance_order set shopper_id = gen_random_uuid() where cart_id = {loser}", "rank"),
        ("delete from advance_order where cart_id = {loser}", "digest of participants"),
        ("update advance_order set rank = null where cart_id = {loser}", "counts"),
        ("update draw_store set snapshot = snapshot || '{{\"{six}\": 6}}' where store_id = 1", "place"),
        ("update draw_store set winners = winners + 1 where store_id = 1", "counts"),
        ("update draw_event set secret = sha256('other'), commitment = sha256(sha256('other'))", "rank"),
    ],
)
async def test_whatever_is_altered_is_found(
    tx: Transaction, drawn: None, now: datetime, statement: str, about: str
) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    winner, loser = [
        await tx.fetchval(
            f"select cart_id from advance_order where store_id = 1 and slot_id is {what} limit 1"
        )
        for what in ("not null", "null")
    ]

    await tx.execute(
        statement.format(winner=f"'{winner}'", loser=f"'{loser}'", six=six, other=seven).replace("  ", " ")
    )

    found = (await hold_again(tx, opens_at=OPENS_AT)).differences
    assert any(difference.about.startswith(about) for difference in found), found


async def test_a_draw_that_was_never_published_is_unknown(tx: Transaction) -> None:
    with pytest.raises(DrawUnknown):
        await hold_again(tx, opens_at=OPENS_AT)


async def test_the_command_answers_for_a_day_and_for_an_opening(
    database: Database, database_url: str, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CABAS_DATABASE_URL", database_url)
    monkeypatch.setenv("CABAS_DATA", str(tmp_path))
    async with database.transaction() as tx:
        await make_shop(tx, now=now)
        await _hold(tx, now)

    day = await _cabas("draw", "2026-11-25", "--json")
    opening = await _cabas("draw", "2026-11-25T00:00:00+01:00")
    plain = await _cabas("--json")

    assert (day[0], json.loads(day[1])["ok"]) == (0, True)
    assert (opening[0], "11 of 13 requests in 2 stores" in opening[1]) == (0, True)
    assert (plain[0], json.loads(plain[1])["ok"]) == (0, True)
    assert (await _cabas("draw", "2026-11-26"))[0] == 1
    assert (await _cabas("draw", "tomorrow"))[0] == 2
    async with database.transaction() as tx:
        await tx.execute("update advance_order set rank = rank / 2 where rank is not null")
    spoilt = await _cabas("draw", "2026-11-25", "--json")
    assert (spoilt[0], json.loads(spoilt[1])["ok"]) == (1, False)


@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("delete from orders", "placed_in_advance_has_its_order"),
        ("update advance_order set state = 'waiting', order_id = null", "no_request_outlives_its_draw"),
        ("update draw_store set snapshot = '{}'", "a_draw_gives_what_was_left"),
        ("update draw_store set drawn_at = null, placed_at = null", "draws_keep_their_word"),
    ],
)
async def test_the_audit_of_a_live_database_watches_over_draws(
    database: Database, database_url: str, now: datetime, statement: str, invariant: str
) -> None:
    async with database.transaction() as tx:
        await make_shop(tx, now=now)
        await _hold(tx, now)
    assert await audit(database_url) == []

    async with database.transaction() as tx:
        await tx.execute(statement)

    assert invariant in {breach.invariant for breach in await audit(database_url)}


async def _cabas(*arguments: str) -> tuple[int, str]:
    """`cabas check …`, in a thread: it runs a loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, check, list(arguments))
    return result.exit_code, result.stdout


async def _hold(tx: Transaction, now: datetime) -> None:
    """Seven want one slot of five in store 1, one of them by priority; six want anything in store 2."""
    six, *_ = await coming_slots(tx, now=now)
    nurse = uuid4()
    await tx.execute(
        """
        insert into customer_priority (customer_id, group_name, granted_by, granted_at, until)
             values ($1, 'health', 'staff:Karim', $2, $3)""",
        nurse,
        now,
        now + timedelta(days=30),
    )
    for _ in range(6):
        await ask(tx, six, now=now)
        await ask(tx, any_slot=True, store_id=2, now=now)
    await ask(tx, six, now=now, shopper_id=nurse, customer_id=nurse)
    await draw(tx, now=AT)
    await write(tx, now=AT)


@pytest_asyncio.fixture
async def drawn(tx: Transaction, now: datetime) -> None:
    await make_shop(tx, now=now)
    await _hold(tx, now)
