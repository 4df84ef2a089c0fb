"""A store's phone with a picker signed in by PIN, over a small network with one order to prepare."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest_asyncio
from litestar.testing import AsyncTestClient

from cabas import settings as settings_module
from cabas.domain.orders.model import Order
from cabas.domain.staff import operations as staff
from cabas.domain.staff.model import SYSTEM, Role
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from factories.network import FIRST_GTIN, WEIGHED_GTIN, make_network
from factories.phone import Phone
from factories.preparation import STORE, Wanted, make_order
from factories.site import site
from factories.staff import PIN, make_staff

WANTED = (
    Wanted(quantity=2, substitution="never"),
    Wanted(gtin=WEIGHED_GTIN, quantity=1000),
    Wanted(gtin=FIRST_GTIN + 10, quantity=2, zone="chilled", substitution="picker_choice"),
)


@pytest_asyncio.fixture
async def clock(now: datetime) -> FixedClock:
    return FixedClock(now)


@pytest_asyncio.fixture
async def order(database: Database, now: datetime) -> Order:
    async with database.transaction() as tx:
        await make_network(tx, now=now)
        return await make_order(tx, now=now, wanted=WANTED)


@pytest_asyncio.fixture
async def browser(
    order: Order, database_url: str, clock: FixedClock, tmp_path: Path
) -> AsyncIterator[AsyncTestClient[Any]]:
    settings = settings_module.load(
        {
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
        }
    )
    async with AsyncTestClient(site(settings, clock=clock)) as client:
        yield client


@pytest_asyncio.fixture
async def phone(browser: AsyncTestClient[Any], database: Database, order: Order, now: datetime) -> Phone:
    """Enrolled in store 1, and Sacha has typed their PIN."""
    async with database.transaction() as tx:
        staff_id = await make_staff(tx, now=now, pin=PIN)
        await make_staff(tx, now=now, role=Role.MANAGER, name="Sophie", pin=PIN)
        device = await staff.enrol_device(tx, store_id=STORE, label="Téléphone 1", actor=SYSTEM, now=now)
    browser.cookies.set("cabas_device", device.secret)
    phone = Phone(browser, database, order.order_id)
    answer = await phone.post(
        "/preparation/connexion",
        {"staff": str(staff_id), "pin": PIN},
        page=f"/preparation/connexion?qui={staff_id}",
    )
    assert answer.status_code == 303, answer.text
    return phone
