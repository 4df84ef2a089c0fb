"""What the index is made from, and the answer of PostgreSQL while there is none."""

from datetime import datetime

from cabas.domain.search.index import Document, words_of
from cabas.kit.db import Connection
from cabas.kit.quantity import format_quantity

LABEL_WORDS = {
    "organic": "bio biologique",
    "gluten_free": "sans gluten",
    "lactose_free": "sans lactose",
    "halal": "halal",
    "vegan": "vegan végétalien",
    "own_brand": "marque distributeur",
    "france": "france français",
}
_FALLBACK_MAX = 300


async def version(reader: Connection) -> tuple[int, datetime | None]:
    """Changes when products do."""
    row = await reader.fetchrow("select count(*) as n, max(changed_at) as at from product")
    return (row["n"], row["at"]) if row else (0, None)


async def documents(reader: Connection) -> list[Document]:
    """Every sellable product."""
    rows = await reader.fetch(
        """
        select p.gtin, p.name, p.brand, p.labels, p.net_quantity, p.net_unit,
               leaf.name as leaf, concat_ws(' ', shelf.name, aisle.name) as category,
               coalesce(d.search_words, '') as search_words
          from product p
          join category leaf on leaf.category_id = p.category_id
          left join category shelf on shelf.category_id = leaf.parent_id
          left join category aisle on aisle.category_id = shelf.parent_id
          left join product_particulars d on d.gtin = p.gtin
         where p.sellable"""
    )
    return [
        Document(
            gtin=row["gtin"],
            name=row["name"],
            brand=row["brand"],
            leaf=row["leaf"],
            category=row["category"],
            words=" ".join(
                [
                    row["search_words"],
                    format_quantity(row["net_quantity"], row["net_unit"], "fr"),
                    *(LABEL_WORDS.get(label, "") for label in row["labels"]),
                ]
            ),
        )
        for row in rows
    ]


async def plain_search(reader: Connection, *, text: str) -> list[int]:
    """GTINs whose folded name holds every word, by name: until the index is made."""
    words = words_of(text)
    if not words:
        return []
    rows = await reader.fetch(
        """
        select gtin
          from product
         where sellable
           and (select bool_and(strpos(sort_name, word) > 0) from unnest($1::text[]) as word)
         order by length(sort_name), sort_name
         limit $2""",
        words,
        _FALLBACK_MAX,
    )
    return [row["gtin"] for row in rows]
