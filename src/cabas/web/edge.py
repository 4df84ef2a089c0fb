"""
What the edge serves from disk while the application and the database are dead: the waiting room, and a page
with every store's telephone and hours, by department. Written by each worker for its own machine's edge.
"""

from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import msgspec
from babel.dates import format_date

from cabas.domain.stores import queries as stores
from cabas.domain.stores.model import Store
from cabas.domain.waiting_room.jobs import replace_file
from cabas.kit.clock import Clock, paris_day
from cabas.kit.db import Database
from cabas.kit.html import Renderer
from cabas.kit.messages import Catalogue, load_catalogues
from cabas.kit.text import search_key
from cabas.web.assets import BUILT, Assets
from cabas.web.room_page import room_page

UI = Path(__file__).parent / "ui"
RETRY_SECONDS = 20
BATCH = 200
_A_MONDAY = date(2026, 11, 23)
_PROBLEM = {
    "type": "urn:cabas:problem:busy",
    "title": "busy",
    "status": 503,
    "code": "busy",
    "detail": "the service does not answer: try again after Retry-After seconds",
}


async def publish_pages(database: Database, clock: Clock, *, folder: Path) -> int:
    """All of it, each file whole; the database is only read."""
    write_fixed_pages(folder)
    today = paris_day(clock.now())
    async with database.read() as reader:
        known = [store for store in await stores.directory(reader) if store.store_id]
        full: dict[int, Store] = {}
        for start in range(0, len(known), BATCH):
            ids = [store.store_id for store in known[start : start + BATCH]]
            full |= await stores.stores_in_full(reader, store_ids=ids, today=today)
    for t in load_catalogues(UI / "messages").values():
        write_store_pages(folder, t, list(full.values()))
    return 0


def write_fixed_pages(folder: Path) -> None:
    """What needs no database: an image may carry it."""
    renderer = _renderer()
    for t in load_catalogues(UI / "messages").values():
        replace_file(folder / f"room.{t.language}.html", room_page(renderer, t).encode())
        if not (folder / f"away.{t.language}.html").exists():
            write_store_pages(folder, t, [])
    replace_file(folder / "problem.json", msgspec.json.encode(_PROBLEM))


def write_store_pages(folder: Path, t: Catalogue, listed: list[Store]) -> None:
    """``away.LANGUAGE.html`` and, a department, ``secours/SLUG.LANGUAGE.html``."""
    renderer = _renderer()
    by_department = groupby(
        sorted(listed, key=lambda store: (store.summary.department, store.summary.name)),
        key=lambda store: store.summary.department,
    )
    departments = []
    for department, members in by_department:
        slug = search_key(department).replace(" ", "-")
        departments.append({"slug": slug, "name": department})
        html = renderer.render(
            "ui/away_stores.html",
            t=t,
            lang=t.language,
            department=department,
            stores=[_row(store, t) for store in members],
        )
        replace_file(folder / "secours" / f"{slug}.{t.language}.html", html.encode())
    html = renderer.render(
        "ui/away.html", t=t, lang=t.language, departments=departments, retry_seconds=RETRY_SECONDS
    )
    replace_file(folder / f"away.{t.language}.html", html.encode())


def hours_in_short(store: Store, t: Catalogue) -> str:
    """``lun.–sam. 8:30–20:00, dim. 9:00–12:30``; "" when nothing is known."""
    days = [(day, _spans(store, day)) for day in range(1, 8)]
    told = []
    for spans, run in groupby(days, key=lambda one: one[1]):
        numbers = [day for day, _ in run]
        if spans:
            first, last = _weekday(numbers[0], t), _weekday(numbers[-1], t)
            told.append(f"{first if first == last else f'{first}–{last}'} {spans}")
    return ", ".join(told)


def _spans(store: Store, day: int) -> str:
    spans = store.opening_hours.get(str(day), ())
    return " & ".join(f"{start.removeprefix('0')}–{end.removeprefix('0')}" for start, end in spans)


def _weekday(number: int, t: Catalogue) -> str:
    return str(format_date(_A_MONDAY + timedelta(days=number - 1), "EEE", locale=t.language))


def _row(store: Store, t: Catalogue) -> dict[str, str]:
    summary = store.summary
    return {
        "name": summary.name,
        "place": f"{summary.street}, {summary.postcode} {summary.city}",
        "phone": store.phone,
        "call": "".join(store.phone.split()),
        "hours": hours_in_short(store, t) or t("away.hours_unknown"),
    }


def _renderer() -> Renderer:
    assets = Assets(BUILT)
    return Renderer({"ui": UI / "templates"}, functions={"asset": assets.asset, "picture": assets.picture})
