"""
A bad deletion, and the database as it was just before it.

Orders go on while a base backup is taken from a standby, and after it. Somebody empties the table of orders. A new
server is made of the backup and the archived WAL, up to the moment before; every order that was acknowledged until
then must be there, `cabas check` must find nothing, and the shop must take orders on it.
"""

import asyncio
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from string import Template

import asyncpg
import click
import msgspec
from deploy.postgres.local import HERE, HOST, LOOK_EVERY_SECONDS, Cluster
from deploy.postgres.processes import Processes, free_port

from bench import journal, measure
from bench.failover.load import Load, Order
from bench.failover.stage import goods_of, seeded, shop, temporary
from bench.ground import Ground
from bench.measure import Figure
from bench.rush.verdict import check

ARCHIVE = HERE / "archive"
ORDERS_BEFORE, ORDERS_AFTER = 30, 60
"""Acknowledged before the backup begins, and since it ended."""

LIMIT_SECONDS = 180
BAD = "truncate orders cascade"
PATIENCE_SECONDS = 120


class Restored(msgspec.Struct, kw_only=True):
    """``bench/results/restore.json``. ``restore_s``: from the decision to a server that takes orders."""

    backup_s: float = 0.0
    backup_mb: float = 0.0
    restore_s: float = 0.0
    orders_until_target: int = 0
    orders_lost: int = 0
    orders_after_target: int = 0
    """Acknowledged after the moment restored to: they are in the journal of whoever sent them, not in it."""

    check_ok: bool = False
    order_taken: bool = False

    @property
    def good(self) -> bool:
        return not self.orders_lost and self.check_ok and self.order_taken and self.restore_s <= LIMIT_SECONDS


@click.command()
@click.option("--keep", is_flag=True, help="Leave the folder, with the logs of all.")
def main(keep: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """Restore to just before a bad deletion; exits 1 when an order from before it is missing."""
    with temporary(keep=keep) as folder:
        told = _rehearse(folder)
    measure.keep("restore", msgspec.structs.asdict(told))
    _show(told)
    if not told.good:
        raise SystemExit(1)


def _rehearse(folder: Path) -> Restored:
    told = Restored()
    folder.chmod(0o755)
    owner = Processes(folder)
    archive = owner.folder(folder / "archive")
    cluster = Cluster(folder, nodes=2, archive_command=f"{ARCHIVE} %p {archive}/%f")
    path = folder / "orders.journal"
    with seeded(cluster) as ground:
        goods = asyncio.run(goods_of(ground.url))
        with shop(ground, cluster.pooled_url) as port:
            load = Load(port=port, pages=[], goods=goods, journal=path, seed=1)
            load.start()
            try:
                cluster.wait(lambda: len(load.orders) >= ORDERS_BEFORE, "orders before the backup")
                with measure.step("a backup, from a standby"):
                    told.backup_s = _back_up(owner, cluster, folder / "backup")
                told.backup_mb = round(_bytes(folder / "backup") / 1e6, 1)
                wanted = len(load.orders) + ORDERS_AFTER
                cluster.wait(lambda: len(load.orders) >= wanted, "orders after the backup")
                target, before = asyncio.run(_delete_badly(cluster.url))
            finally:
                load.stop()
        orders = [one for one in journal.read(path, Order) if one.acked < before]
        told.orders_until_target = len(orders)
        told.orders_after_target = len(journal.read(path, Order)) - len(orders)
        started = time.monotonic()
        with measure.step("the restore"):
            asyncio.run(_close_segment(cluster, archive))
            url = _restore(owner, cluster, folder, archive, target)
        told.restore_s = round(time.monotonic() - started, 1)
        told.orders_lost = asyncio.run(journal.lost(url, orders))
        restored = msgspec.structs.replace(ground, url=url)
        told.check_ok = not check(restored)
        told.order_taken = _takes_an_order(restored)
        owner.kill_all()
    return told


def _back_up(owner: Processes, cluster: Cluster, backup: Path) -> float:
    """Returns how many seconds it took; it is verified against its own list of checksums."""
    started = time.monotonic()
    owner.folder(backup)
    owner.finish(
        cluster.binaries / "pg_basebackup",
        "-d",
        cluster.backup_url,
        "-D",
        backup,
        "-X",
        "stream",
        "-c",
        "fast",
    )
    seconds = time.monotonic() - started
    owner.finish(cluster.binaries / "pg_verifybackup", "-q", backup)
    return round(seconds, 1)


async def _delete_badly(url: str) -> tuple[datetime, float]:
    """Returns the moment to go back to, by the database's clock and by ours."""
    connection = await asyncpg.connect(url, server_settings={"lock_timeout": "60s", "statement_timeout": "0"})
    try:
        before = time.monotonic()
        target: datetime = await connection.fetchval("select clock_timestamp()")
        await connection.execute(BAD)
    finally:
        await connection.close()
    return target, before


async def _close_segment(cluster: Cluster, archive: Path) -> None:
    """The last of the WAL goes to the archive, too, where the primary still lives."""
    connection = await asyncpg.connect(cluster.admin_url)
    try:
        segment = await connection.fetchval("select pg_walfile_name(pg_switch_wal())")
    finally:
        await connection.close()
    cluster.wait((archive / segment).exists, f"{segment} in the archive")


def _restore(owner: Processes, cluster: Cluster, folder: Path, archive: Path, target: datetime) -> str:
    """A server of the backup and the archive as of ``target``; returns its address when it takes writes."""
    data, port = owner.folder(folder / "restored"), free_port()
    owner.finish("cp", "-a", f"{folder / 'backup'}/.", data)
    owner.finish("rm", "-f", data / "standby.signal", data / "postgresql.conf")
    # A configuration of its own: the nodes' names a standby, an archive and a target that aren't its.
    text = Template((HERE / "restore.conf").read_text()).substitute(
        host=HOST, port=port, archive=archive, target=target.isoformat()
    )
    owner.secret(data / "postgresql.conf", text)
    owner.finish("touch", data / "recovery.signal")
    owner.run("restored", cluster.binaries / "postgres", "-D", data)
    url = cluster.url_at(port)
    asyncio.run(_written_to(url))
    return url


async def _written_to(url: str) -> None:
    """:raises SystemExit: it is still recovering, or not there, after `LIMIT_SECONDS`."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(url)
            try:
                if not await connection.fetchval("select pg_is_in_recovery()"):
                    return
            finally:
                await connection.close()
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    raise SystemExit("the restored server takes no writes: see its log")


def _takes_an_order(ground: Ground) -> bool:
    goods, journal = asyncio.run(goods_of(ground.url)), ground.folder / "after.journal"
    with shop(ground, ground.url) as port:
        load = Load(port=port, pages=[], goods=goods, journal=journal, seed=2)
        load.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not load.orders and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_SECONDS)
        load.stop()
    return bool(load.orders)


def _bytes(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def _show(told: Restored) -> None:
    measure.show(
        "Back to just before a bad deletion",
        [
            Figure(name="a backup under orders, from a standby", value=told.backup_s, unit="s"),
            Figure(name="its size", value=told.backup_mb, unit="MB"),
            Figure(
                name="from the decision to a server that takes writes",
                value=told.restore_s,
                unit="s",
                limit=LIMIT_SECONDS,
                ratio=told.restore_s / LIMIT_SECONDS,
            ),
            Figure(name="orders acknowledged until then", value=told.orders_until_target, unit=""),
            Figure(name="of them lost", value=told.orders_lost, unit="", limit=0, wanted="0"),
            Figure(name="orders acknowledged after", value=told.orders_after_target, unit=""),
        ],
        notes=[
            f"cabas check: {'ok' if told.check_ok else 'BREACHES'}",
            f"an order on the restored database: {'taken' if told.order_taken else 'NOT taken'}",
            f"the bad deletion: {BAD}",
        ],
    )


if __name__ == "__main__":
    main()
