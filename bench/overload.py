"""
Goodput at 1, 2 and 5 times what a process can carry, with the limiter and without: an open loop of page views with a
few orders' worth of heavier work, served by the real limiter around work of a known size.

    .venv/bin/python -m bench.overload [--seconds 6]

It needs no database: it shows what the limiter does, and what it costs, on this machine's event loop.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from time import monotonic, perf_counter
from types import SimpleNamespace
from typing import Any

import uvloop

from cabas.kit.overload import Limiter
from cabas.web.classes import CLASSES
from cabas.web.overload import Overload

WORK_SECONDS = 0.002
"""Of the processor, for each answer; and as much of waiting, as for a database."""

USEFUL_SECONDS = 1.0
"""An answer that comes later is no answer: the visitor has reloaded."""

LOADS = (1, 2, 5)
MOSTLY_VIEWS = 10
"""One request in so many is of checkout."""


async def _work(scope: Any, receive: Any, send: Any) -> None:
    end = perf_counter() + WORK_SECONDS
    while perf_counter() < end:
        pass
    await asyncio.sleep(WORK_SECONDS)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _site() -> Any:
    ladder = SimpleNamespace(
        limiter=Limiter(CLASSES, now=monotonic()), standing=SimpleNamespace(level=0), setting=None
    )
    addresses = SimpleNamespace(wait_seconds=lambda scope: 0.0)
    page = SimpleNamespace(body=lambda headers, *, again, seconds: (b"busy", []))
    return SimpleNamespace(ladder=ladder, addresses=addresses, busy_page=page)


async def _receive() -> Any:
    await asyncio.sleep(3600)


async def _fire(
    app: Callable[..., Awaitable[None]], site: Any, *, rate: float, seconds: float
) -> dict[str, Any]:
    """Requests at their intended times, whatever becomes of those before."""
    state = SimpleNamespace(state=SimpleNamespace(site=site))
    took: list[tuple[str, float]] = []
    running: set[asyncio.Task[None]] = set()
    start = perf_counter()

    async def one(intended: float, path: str) -> None:
        statuses: list[int] = []

        async def send(message: Any) -> None:
            statuses.append(message.get("status", 0))

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "headers": [(b"accept", b"application/json")],
            "client": None,
            "litestar_app": state,
        }
        await app(scope, _receive, send)
        outcome = "answered" if statuses and statuses[0] == 200 else "shed"
        took.append((outcome, perf_counter() - intended))

    for number in range(int(rate * seconds)):
        intended = start + number / rate
        # All that are due come at once, as from the network: only then does the loop turn.
        if (delay := intended - perf_counter()) > 0:
            await asyncio.sleep(delay)
        path = "/commande" if number % MOSTLY_VIEWS == 0 else "/rayons/pates"
        task = asyncio.create_task(one(intended, path))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    elapsed = perf_counter() - start
    good = sorted(late for outcome, late in took if outcome == "answered" and late <= USEFUL_SECONDS)
    return {
        "offered_per_s": round(rate),
        "goodput_per_s": round(len(good) / elapsed, 1),
        "shed": sum(outcome == "shed" for outcome, _ in took),
        "too_late": sum(outcome == "answered" and late > USEFUL_SECONDS for outcome, late in took),
        "p99_ms": round(good[int(len(good) * 0.99)] * 1000, 1) if good else None,
    }


async def _cost() -> float:
    """Microseconds that the middleware adds to a request on the normal path."""
    site, rounds = _site(), 4_000

    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None: ...

    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": "/rayons/pates",
        "headers": [(f"x-header-{number}".encode(), b"value") for number in range(14)]
        + [(b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")],
        "client": None,
        "litestar_app": SimpleNamespace(state=SimpleNamespace(site=site)),
    }
    app = Overload(nothing)
    seconds: dict[str, float] = {}
    for name, called in (("bare", nothing), ("limited", app)) * 5:
        start = perf_counter()
        for _ in range(rounds):
            await called(scope, _receive, send)
        seconds[name] = min(perf_counter() - start, seconds.get(name, 3600.0))
    return (seconds["limited"] - seconds["bare"]) / rounds * 1e6


async def _main(seconds: float) -> dict[str, Any]:
    capacity = 1 / WORK_SECONDS
    report: dict[str, Any] = {"cost_us": round(await _cost(), 1), "capacity_per_s": capacity, "loads": {}}
    for times in LOADS:
        rows = {}
        for name in ("without", "with"):
            app = _work if name == "without" else Overload(_work)
            rows[name] = await _fire(app, _site(), rate=0.9 * capacity * times, seconds=seconds)
        report["loads"][f"{times}x"] = rows
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=6.0)
    print(json.dumps(uvloop.run(_main(parser.parse_args().seconds)), indent=2))


if __name__ == "__main__":
    main()
