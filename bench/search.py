"""
How well and how fast search finds, on real product names and queries.

Figure: recall at 20 and mean reciprocal rank of our index. Limit: PostgreSQL's own French full text
(unaccent, stems, ts_rank) over the very same texts, all words wanted; its more lenient form, any word,
is printed beside it. The texts and queries are read from CABAS_SHARED_DATA (``catalogue_fr``,
``search_fr``); without them only the speed is measured, on the demo network's own products.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bench import measure
from bench.ground import Ground, seeded
from bench.measure import Figure
from cabas.domain.search.engine import SearchEngine
from cabas.domain.search.index import Document, ProductIndex
from cabas.kit.db import Connection, Database

TOP = 20
TIMED = 400
SUGGESTED_MS_MAX = 100.0
_ALL_WORDS = "plainto_tsquery('french', unaccent($1))"
_ANY_WORD = "to_tsquery('french', replace(plainto_tsquery('french', unaccent($1))::text, '&', '|'))"


class Query(msgspec.Struct, frozen=True):
    query: str
    relevant: list[int]


class Quality(msgspec.Struct, frozen=True):
    recall: float
    rank: float


def main() -> None:
    with seeded() as ground:
        run(ground)


def run(ground: Ground) -> None:
    data = Path(os.environ.get("CABAS_SHARED_DATA", "../shared/data"))
    figures, shown = asyncio.run(_speed(ground))
    notes = []
    if (data / "catalogue_fr").is_dir() and (data / "search_fr").is_dir():
        more, rows = asyncio.run(_relevance(ground, data))
        figures |= more
        shown = [*rows, *shown]
    else:
        notes.append(f"relevance not measured: no catalogue_fr and search_fr in {data} (CABAS_SHARED_DATA)")
    measure.keep("search", figures)
    measure.show("Search", shown, notes=notes)


async def _relevance(ground: Ground, data: Path) -> tuple[dict[str, float], list[Figure]]:
    goods = _read(data / "catalogue_fr" / "products_fr.jsonl", dict[str, Any])
    queries = [
        Query(one["query"], [int(gtin) for gtin in one["relevant"]])
        for one in _read(data / "search_fr" / "queries_fr.jsonl", dict[str, Any])
    ]
    index = ProductIndex([_document(told) for told in goods])
    ours = _quality(queries, lambda text: [gtin for gtin, _ in index.search(text, TOP)])
    with measure.step("PostgreSQL full text over the same texts"):
        strict, lenient = await _baselines(ground, goods, queries)
    best = Quality(max(strict.recall, lenient.recall), max(strict.rank, lenient.rank))
    return {
        "recall_at_20": round(ours.recall, 4),
        "recall_at_20_baseline": round(strict.recall, 4),
        "recall_at_20_any_word": round(lenient.recall, 4),
        "recall_ratio": round(ours.recall / best.recall, 3),
        "mrr": round(ours.rank, 4),
        "mrr_baseline": round(strict.rank, 4),
        "mrr_any_word": round(lenient.rank, 4),
        "mrr_ratio": round(ours.rank / best.rank, 3),
        "queries": len(queries),
        "products": len(goods),
    }, [
        _beside("recall at 20, beside all words", ours.recall, strict.recall),
        _beside("recall at 20, beside any word", ours.recall, lenient.recall),
        _beside("reciprocal rank, beside all words", ours.rank, strict.rank),
        _beside("reciprocal rank, beside any word", ours.rank, lenient.rank),
    ]


def _beside(name: str, value: float, limit: float) -> Figure:
    return Figure(name=name, value=value, unit="", limit=limit, ratio=value / limit, wanted="≥ 1")


def _read(path: Path, type_: type[dict[str, Any]]) -> list[dict[str, Any]]:
    decoder = msgspec.json.Decoder(type_)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


def _document(told: Mapping[str, Any]) -> Document:
    return Document(
        gtin=int(told["gtin"]),
        name=told["name"],
        brand=told["brand"] or "",
        leaf="",
        above=told["aisle"].replace("-", " "),
        words=told["category_fr"] or "",
        net_quantity=1,
        net_unit="piece",
    )


async def _baselines(
    ground: Ground, goods: Sequence[Mapping[str, Any]], queries: Sequence[Query]
) -> tuple[Quality, Quality]:
    connection = await asyncpg.connect(ground.url)
    try:
        await connection.execute("create extension if not exists unaccent")
        await connection.execute("create temp table told (gtin bigint, text text, words tsvector)")
        documents = [_document(one) for one in goods]
        await connection.copy_records_to_table(
            "told",
            columns=["gtin", "text"],
            records=[(one.gtin, f"{one.name} {one.brand} {one.words} {one.above}") for one in documents],
        )
        await connection.execute("update told set words = to_tsvector('french', unaccent(text))")
        return (
            await _full_text(connection, queries, _ALL_WORDS),
            await _full_text(connection, queries, _ANY_WORD),
        )
    finally:
        await connection.close()


async def _full_text(connection: Any, queries: Sequence[Query], wanted: str) -> Quality:
    answers = {}
    for one in queries:
        rows = await connection.fetch(
            f"""
            select gtin
              from told, {wanted} wanted
             where words @@ wanted
             order by ts_rank(words, wanted) desc, gtin
             limit {TOP}""",
            one.query,
        )
        answers[one.query] = [row["gtin"] for row in rows]
    return _quality(queries, lambda text: answers[text])


def _quality(queries: Sequence[Query], search: Callable[[str], list[int]]) -> Quality:
    """Recall is of what could be among the first twenty: a query with fifty answers can be perfect."""
    recalls, ranks = [], []
    for one in queries:
        found, relevant = search(one.query)[:TOP], set(one.relevant)
        recalls.append(len(relevant.intersection(found)) / min(TOP, len(relevant)))
        ranks.append(next((1 / place for place, gtin in enumerate(found, start=1) if gtin in relevant), 0.0))
    return Quality(statistics.fmean(recalls), statistics.fmean(ranks))


async def _speed(ground: Ground) -> tuple[dict[str, Any], list[Figure]]:
    """Searches and suggestions of one store through the engine, one after the other, database included."""
    database = await Database.connect(ground.url)
    engine, now = SearchEngine(database), datetime.now(UTC)
    try:
        started = time.perf_counter()
        await engine.refresh()
        seconds = time.perf_counter() - started
        async with database.read() as reader:
            store_id = await reader.fetchval("select min(store_id) from offer where store_id > 0")
            texts = await _texts(reader)
            searched = [
                await _timed(engine.find(reader, store_id=store_id, text=text, now=now)) for text in texts
            ]
            suggested = [
                await _timed(engine.suggest(reader, store_id=store_id, text=text[:-2], now=now))
                for text in texts
            ]
    finally:
        await database.close()
    search_ms, suggest_ms = _p95(searched), _p95(suggested)
    figures = {
        "index_s": round(seconds, 2),
        "search_p95_ms": round(search_ms, 2),
        "suggest_p95_ms": round(suggest_ms, 2),
        "suggest_p95_ms_limit": SUGGESTED_MS_MAX,
    }
    return figures, [
        Figure(name="index made", value=seconds, unit="s"),
        Figure(name="search, p95", value=search_ms, unit="ms"),
        Figure(
            name="suggestions, p95", value=suggest_ms, unit="ms", limit=SUGGESTED_MS_MAX,
            ratio=suggest_ms / SUGGESTED_MS_MAX, wanted="≤ 1",
        ),
    ]  # fmt: skip


async def _texts(reader: Connection) -> list[str]:
    rows = await reader.fetch(
        "select name from product where sellable order by md5(gtin::text) limit $1", TIMED
    )
    return [" ".join(row["name"].split()[:2]) for row in rows]


async def _timed(work: Any) -> float:
    started = time.perf_counter()
    await work
    return (time.perf_counter() - started) * 1000


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
