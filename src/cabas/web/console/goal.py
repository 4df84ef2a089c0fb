"""Head office's page of the yearly goal: sales so far, what is expected, by region, and how new that is."""

import asyncio
import csv
import io
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from babel.numbers import format_currency, format_percent
from litestar import Response, get
from litestar.exceptions import NotFoundException

from cabas.connectors.warehouse_duckdb.marts import Marts, MartsAbsent
from cabas.domain.staff.model import NETWORK, Permission, require
from cabas.kit.messages import Catalogue
from cabas.web.console.access import network_desk, page
from cabas.web.dates import day_in_words, full
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest

PATH = "/console/objectif"
_GOALS = """
    select * from mart_goal where scope <> 'store' order by scope = 'network' desc, expected_cents / goal_cents desc"""
_ALL = "select * from mart_goal order by scope, scope_name, scope_key"
_FORMULA = tuple("=+-@\t\r")
_BUILT = "select epoch_ms(max(built_at)) as at_ms from mart_freshness"
_DAYS = """
    select min(day) as first, coalesce(sum(simulated_sales_cents) filter (where year(day) = ?), 0)::bigint as made_up
      from mart_day"""
MILLIONS_FROM = 1_000_000_000
"""Cents: larger amounts are told in millions of euros, one decimal."""


class Answers(NamedTuple):
    """
    ``goals``: rows of `mart_goal`, the network's first; ``made_up``: cents of the year that nobody paid;
    ``year_before``: whether the year before is known from its beginning.
    """

    goals: list[dict[str, Any]]
    built_at: datetime | None
    made_up: int
    year_before: bool


@get("/objectif", include_in_schema=False)
async def shown(request: ShopRequest) -> Response[str]:
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        require(desk.actor, Permission.SEE_NETWORK, NETWORK)
    t, language = request.site.catalogues[request.language], request.language
    try:
        answers = await asyncio.to_thread(_ask, _marts(request))
    except MartsAbsent:
        answers = Answers([], None, 0, year_before=False)
    network = answers.goals[0] if answers.goals else None
    return page(
        request,
        desk,
        "console/goal.html",
        Frame(title=t("goal.title"), nav="goal"),
        network=network and _network(network, answers, language, t),
        columns=[{"label": t("goal.scope"), "number": False}]
        + [
            {"label": t(f"goal.{key}"), "number": True}
            for key in ("to_date", "goal", "attained", "expected", "range", "growth")
        ],
        rows=[_row(one, answers, language, t) for one in answers.goals],
    )


@get("/objectif.csv", include_in_schema=False)
async def download(request: ShopRequest) -> Response[bytes]:
    """`mart_goal` as it is, stores too: amounts in cents, semicolons, for spreadsheets. 404 without marts."""
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        require(desk.actor, Permission.SEE_NETWORK, NETWORK)
    try:
        rows = await asyncio.to_thread(_marts(request).rows, _ALL)
    except MartsAbsent as problem:
        raise NotFoundException from problem
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(rows[0] if rows else ())
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": 'attachment; filename="objectif.csv"',
            "cache-control": "private, no-store",
        },
    )


def _cell(value: object) -> object:
    """A name that begins like a formula stays a name in a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value[:1] in _FORMULA else value


def _marts(request: ShopRequest) -> Marts:
    return Marts(request.site.settings.data_folder / "warehouse" / "marts.duckdb")


def _ask(marts: Marts) -> Answers:
    goals = marts.rows(_GOALS)
    at_ms = marts.rows(_BUILT)[0]["at_ms"]
    built_at = datetime.fromtimestamp(at_ms / 1000, UTC) if at_ms else None
    if not goals:
        return Answers(goals, built_at, 0, year_before=False)
    year = goals[0]["year"]
    known = marts.rows(_DAYS, (year,))[0]
    return Answers(goals, built_at, known["made_up"], year_before=known["first"] <= date(year - 1, 1, 2))


def _network(one: dict[str, Any], answers: Answers, language: str, t: Catalogue) -> dict[str, Any]:
    as_of: date = one["as_of"]
    enough = one["expected_cents"] >= one["goal_cents"]
    return {
        "percent": min(100, round(100 * one["to_date_cents"] / one["goal_cents"], 1)),
        "bar": t(
            "goal.bar",
            done=_euros(one["to_date_cents"], language),
            goal=_euros(one["goal_cents"], language),
            percent=_share(one["to_date_cents"], one["goal_cents"], language),
        ),
        "method": t(f"goal.method_{one['method']}"),
        "as_of": t("goal.as_of", day=day_in_words(as_of, language)),
        "built": t("goal.built", when=full(answers.built_at, language)) if answers.built_at else "",
        "made_up": t("goal.made_up", amount=_euros(answers.made_up, language)) if answers.made_up else "",
        "stats": [
            _stat("to_date", _euros(one["to_date_cents"], language), t, note=str(one["year"])),
            _stat("goal", _euros(one["goal_cents"], language), t),
            _stat(
                "expected",
                _euros(one["expected_cents"], language),
                t,
                note=_range(one, language, t),
                kind="" if enough else "warn",
            ),
            _stat("growth", _growth(one, answers, language, t), t),
        ],
    }


def _stat(key: str, value: str, t: Catalogue, *, note: str = "", kind: str = "") -> dict[str, str]:
    return {"label": t(f"goal.{key}"), "value": value, "note": note, "kind": kind}


def _row(one: dict[str, Any], answers: Answers, language: str, t: Catalogue) -> list[dict[str, str]]:
    name = t("goal.network") if one["scope"] == "network" else one["scope_name"]
    cells = (
        name,
        _euros(one["to_date_cents"], language),
        _euros(one["goal_cents"], language),
        _share(one["to_date_cents"], one["goal_cents"], language),
        _euros(one["expected_cents"], language),
        _range(one, language, t),
        _growth(one, answers, language, t),
    )
    return [{"text": text} for text in cells]


def _range(one: dict[str, Any], language: str, t: Catalogue) -> str:
    return t("goal.between", low=_euros(one["low_cents"], language), high=_euros(one["high_cents"], language))


def _growth(one: dict[str, Any], answers: Answers, language: str, t: Catalogue) -> str:
    before = one["last_year_to_date_cents"]
    if not before or not answers.year_before:
        return t("goal.no_year_before")
    return format_percent(
        one["to_date_cents"] / before - 1, format="+0.0\u00a0%;−0.0\u00a0%", locale=language
    )


def _share(part: int, whole: int, language: str) -> str:
    return format_percent(part / whole if whole else 0, format="0.0\u00a0%", locale=language)


def _euros(cents: int, language: str) -> str:
    """Whole euros, or millions: the cents of a year say nothing."""
    if cents >= MILLIONS_FROM:
        amount, form = cents / 100_000_000, "#,##0.0\u00a0M¤"
    else:
        amount, form = round(cents / 100), "#,##0\u00a0¤"
    return format_currency(amount, "EUR", format=form, locale=language, currency_digits=False)
