"""A program that shops by the public API."""

from uuid import uuid4

import httpx
import msgspec

from cabas.domain.customers import operations as customers
from cabas.domain.orders import dispatch
from cabas.domain.staff import operations as staff
from cabas.domain.staff.model import SYSTEM, Role
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from factories.customers import make_customer
from factories.network import FIRST_GTIN, slot_at
from factories.staff import make_staff

CONTACT = {"name": "Camille Roux", "email": "camille@exemple.fr", "phone": "0612345678"}


class Basket(msgspec.Struct, frozen=True):
    id: str
    token: str


class Api:
    """Calls /api/v1 of one application; ``token`` of each call is the bearer."""

    def __init__(self, client: httpx.AsyncClient, database: Database, clock: FixedClock) -> None:
        self.client = client
        self.database = database
        self.clock = clock

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        given = dict(headers or {})
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=given)

    async def basket(
        self, *gtins: int, store: str = "1", quantity: int = 2, token: str | None = None
    ) -> Basket:
        """A basket with some of each of these products (one, when none is named)."""
        opened = (await self.call("POST", "/carts", {"store": store}, token=token)).json()
        basket = Basket(opened["id"], opened["token"])
        for gtin in gtins or (FIRST_GTIN,):
            answer = await self.set_line(basket, gtin, quantity)
            assert answer.status_code == 200, answer.text
        return basket

    async def set_line(self, basket: Basket, gtin: int, quantity: int) -> httpx.Response:
        path = f"/carts/{basket.id}/lines/{gtin}"
        return await self.call("PUT", path, {"quantity": quantity}, token=basket.token)

    async def hold(self, basket: Basket, slot: str) -> httpx.Response:
        return await self.call("PUT", f"/carts/{basket.id}/slot-hold", {"slot": slot}, token=basket.token)

    async def order(
        self, basket: Basket, slot: str | None = None, *, key: str | None = None, **members: object
    ) -> httpx.Response:
        body = {
            "cart": basket.id,
            "slot": slot or slot_at(self.clock.at),
            "payment": {"method": "at_store"},
            "contact": CONTACT,
            **members,
        }
        return await self.call(
            "POST", "/orders", body, token=basket.token, headers={"idempotency-key": key or str(uuid4())}
        )

    async def dispatch(self) -> None:
        """What the worker does: send what is pending to its stores."""
        async with self.database.transaction() as tx:
            await dispatch.dispatch_batch(tx, now=self.clock.at)

    async def customer(self, email: str = "camille@exemple.fr") -> str:
        """A customer's API token."""
        async with self.database.transaction() as tx:
            customer_id = await make_customer(tx, now=self.clock.at, email=email)
            opened = await customers.issue_token(tx, customer_id=customer_id, label="test", now=self.clock.at)
        return opened.secret

    async def staff(self, *, role: Role = Role.PICKER, store_id: int = 1) -> str:
        """An API token of a member of staff."""
        async with self.database.transaction() as tx:
            staff_id = await make_staff(tx, now=self.clock.at, role=role, store_id=store_id)
            opened = await staff.issue_token(
                tx, staff_id=staff_id, store_id=store_id, label="test", actor=SYSTEM, now=self.clock.at
            )
        return opened.secret
