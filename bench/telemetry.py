"""
What it costs to tell: JSON logs, one trace in a hundred sent by OTLP, and metrics that are asked for.

Two servers of one process each on the same database, one of them bare (`bench.bare`). Volleys alternate between them
in one run, in an order that is drawn. Figure: processor time of the web process for each request; limit: that of the
bare one; the median of the pairs' ratios, for orders of 35 lines and for category pages.
"""

import argparse
import asyncio
import random
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import msgspec
import psutil

from bench import browse, fire, measure, order_carts
from bench.ground import Ground, free_port, ready, seeded
from bench.measure import Figure
from bench.order_carts import Goods

WANTED = 1.05
CONNECTIONS = 8
SHARE = "0.01"


class Side(msgspec.Struct, frozen=True):
    """A server: its port, and the processes that answer."""

    port: int
    workers: list[psutil.Process]

    def cpu_seconds(self) -> float:
        """Of all threads since the beginning, those that send spans included."""
        times = [worker.cpu_times() for worker in self.workers]
        return float(sum(one.user + one.system for one in times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="pairs of volleys")
    parser.add_argument("--orders", type=int, default=120, help="orders of one volley")
    parser.add_argument("--pages", type=int, default=120, help="pages of one volley")
    given = parser.parse_args()
    with seeded() as ground, _collector() as (collector, sent):
        telling = {
            "CABAS_LOG": "json",
            "CABAS_LOG_SHARE": SHARE,
            "CABAS_OTLP_URL": collector,
            "CABAS_TRACE_SHARE": SHARE,
        }
        with _server(ground, ["cabas", "web"], telling) as on, _server(ground, ["bench.bare"], {}) as off:
            orders, pages = _measure(ground, on, off, given)
        ground.cabas("check")
    measure.keep(
        "telemetry",
        {
            "cost_ratio": round(statistics.median(orders), 4),
            "pages_cost_ratio": round(statistics.median(pages), 4),
            "quartiles": [round(one, 4) for one in statistics.quantiles(orders, n=4)],
            "pages_quartiles": [round(one, 4) for one in statistics.quantiles(pages, n=4)],
            "rounds": given.rounds,
            "orders": given.orders,
            "pages": given.pages,
            "trace_share": float(SHARE),
            "batches_of_spans": len(sent),
        },
    )
    measure.show(
        "Telemetry on, against off",
        [_figure("an order", orders), _figure("a category page", pages)],
        notes=["Processor time of the web process for one request, against a server without telemetry."],
    )


def _figure(name: str, ratios: Sequence[float]) -> Figure:
    value = statistics.median(ratios)
    return Figure(name=name, value=value, unit="×", limit=1.0, ratio=value, wanted=f"≤ {WANTED}")


def _measure(
    ground: Ground, on: Side, off: Side, given: argparse.Namespace
) -> tuple[list[float], list[float]]:
    paths = asyncio.run(browse.addresses(ground.url, stores=browse.STORES))
    goods = asyncio.run(_survey(ground))
    with measure.step("filling baskets"):
        baskets = asyncio.run(_orders(ground, goods, 2 * given.orders * (given.rounds + 1)))

    def order(side: Side) -> float:
        requests, baskets[: given.orders] = baskets[: given.orders], []
        return _cost(side, requests, 201)

    def look(side: Side) -> float:
        requests = [browse.get(paths[number % len(paths)]) for number in range(given.pages)]
        return _cost(side, requests, 200)

    with measure.step("warming up"):
        for side in (on, off):
            order(side), look(side)
    orders, pages = [], []
    with measure.step(f"{given.rounds} rounds"):
        for _ in range(given.rounds):
            orders.append(_pair(order, on, off))
            pages.append(_pair(look, on, off))
            with urlopen(f"http://127.0.0.1:{on.port}/metrics") as answer:
                answer.read()
    return orders, pages


def _pair(work: Callable[[Side], float], on: Side, off: Side) -> float:
    """What telling costs more, once; whichever comes first is drawn."""
    if random.random() < 0.5:
        told = work(on)
        return told / work(off)
    bare = work(off)
    return work(on) / bare


def _cost(side: Side, requests: list[bytes], wanted: int) -> float:
    """Seconds of processor time a request. :raises SystemExit: one was refused."""
    before = side.cpu_seconds()
    volley = fire.fire(requests, port=side.port, connections=CONNECTIONS)
    if set(volley.statuses) != {wanted}:
        raise SystemExit(f"refused: {volley.statuses}\n{volley.sample.decode(errors='replace')}")
    return (side.cpu_seconds() - before) / len(requests)


async def _survey(ground: Ground) -> Goods:
    connection = await order_carts.connect(ground.url)
    try:
        return await order_carts.survey(connection)
    finally:
        await connection.close()


async def _orders(ground: Ground, goods: Goods, count: int) -> list[bytes]:
    connection = await order_carts.connect(ground.url)
    try:
        return await order_carts.for_api(connection, goods, count=count, seed=1)
    finally:
        await connection.close()


@contextmanager
def _server(ground: Ground, module: list[str], telling: dict[str, str]) -> Iterator[Side]:
    port = free_port()
    environ = ground.environ(CABAS_PORT=str(port), CABAS_WEB_PROCESSES="1", **telling)
    with (ground.folder / f"{module[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module], env=environ, stdout=log, stderr=log, start_new_session=True
        )
    try:
        ready(process, f"http://127.0.0.1:{port}/readyz")
        yield Side(port, psutil.Process(process.pid).children(recursive=True))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextmanager
def _collector() -> Iterator[tuple[str, list[int]]]:
    """Where spans are sent: (its address, the size of each batch)."""
    sent: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(len(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
