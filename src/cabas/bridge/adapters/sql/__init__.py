"""
A database's tables, by SQLAlchemy: any that it knows. Options: ``url`` (or ``url_file``, since it holds a password);
``names`` and ``schema``, see `cabas.bridge.adapters.sql.tables`.

Each operation is one transaction that looks for the key's reference first, so that a second time does nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from cabas.bridge import shapes
from cabas.bridge.adapters.sql.loyalty import Loyalty
from cabas.bridge.adapters.sql.registry import Registry
from cabas.bridge.adapters.sql.tables import Tables
from cabas.bridge.port import Adapter as Port
from cabas.bridge.port import BadOptions, Faulty, FeedPage
from cabas.bridge.rest import MISREAD
from cabas.bridge.shapes import OPERATIONS, FeedKind, FeedMode

CONNECTIONS_MAX = 8
T = TypeVar("T")


class Adapter(Port):
    """See `cabas.bridge.port.Adapter`. A driver blocks, so each call has a thread."""

    served = frozenset(OPERATIONS)
    feeds = frozenset(FeedKind)

    def __init__(self, options: Mapping[str, Any], *, seconds: float) -> None:
        super().__init__(options, seconds=seconds)
        self._tables = Tables(options.get("names", {}), options.get("schema"))
        loyalty, registry = Loyalty(self._tables), Registry(self._tables)
        self._does: dict[str, Callable[[Connection, Any], Any]] = {
            path: getattr(loyalty if path.startswith("loyalty/") else registry, path.split("/")[1])
            for path in OPERATIONS
            if path != "orders/status"
        }
        self._does["orders/status"] = self._status
        try:
            self._engine = _engine(str(options.get("url", "")), seconds)
        except (ArgumentError, ImportError) as problem:
            raise BadOptions(f"url: {type(problem).__name__}") from problem  # the text may hold the password
        self._threads = ThreadPoolExecutor(CONNECTIONS_MAX, thread_name_prefix="sql")

    async def answer(self, operation: str, request: Any) -> Any:
        """See `Adapter.answer`. Who lost a race for the same reference finds what the other did."""
        does = self._does[operation]
        try:
            told = await self._run(lambda db: does(db, request))
        except IntegrityError:
            told = await self._run(lambda db: does(db, request))
        try:
            return msgspec.convert(told, OPERATIONS[operation].answer)
        except msgspec.ValidationError as problem:
            raise Faulty(f"the rows are not as expected: {problem}") from problem

    async def page(self, kind: FeedKind, *, mode: FeedMode, cursor: str, limit: int) -> FeedPage | None:
        """By the column ``change_no``, which grows with each change."""
        table = self._tables.price_list if kind is FeedKind.PRICES else self._tables.stock
        statement = (
            select(table).where(table.c.change_no > int(cursor or 0)).order_by(table.c.change_no).limit(limit)
        )
        found = await self._run(lambda db: db.execute(statement).all())
        rows = [
            shapes.FeedRow(
                row=row.change_no,
                store=str(row.store),
                gtin=str(row.ean),
                price=str(row.price) if kind is FeedKind.PRICES else "",
                stock=str(row.qty) if kind is FeedKind.STOCKS else "",
                back_on=str(row.back_on or "") if kind is FeedKind.STOCKS else "",
            )
            for row in found
        ]
        if not rows:
            return None
        return FeedPage(rows=rows, cursor=str(rows[-1].row), last=len(rows) < limit, mode=mode)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    def _status(self, db: Connection, asked: shapes.OrderStatus) -> Any:
        table = self._tables.order_status
        known = db.execute(
            select(func.count()).select_from(table).where(table.c.seq == asked.seq)
        ).scalar_one()
        if not known:
            values = {
                "order_ref": str(asked.order),
                "store": asked.store,
                "code": asked.code,
                "state": asked.state,
            }
            db.execute(table.insert().values(seq=asked.seq, at=asked.at.isoformat(), times=1, **values))
        return {"seq": asked.seq, "order": asked.order}

    async def _run(self, work: Callable[[Connection], T]) -> T:
        """One transaction. :raises Faulty: the database's trouble. :raises IntegrityError: the reference is taken."""

        def transaction() -> T:
            with self._engine.begin() as db:
                return work(db)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, transaction)
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError, *MISREAD) as problem:
            raise Faulty(type(problem).__name__) from problem


def _engine(url: str, seconds: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        pool_timeout=seconds,
        pool_pre_ping=True,
        pool_recycle=1800,
    )
    if engine.dialect.name == "sqlite":
        # Its transactions begin with the first write only; two that read first would both believe a balance.
        event.listen(engine, "connect", _leave_transactions_alone)
        event.listen(engine, "begin", lambda db: db.exec_driver_sql("begin immediate"))
    return engine


def _leave_transactions_alone(connection: Any, _: Any) -> None:
    connection.isolation_level = None
