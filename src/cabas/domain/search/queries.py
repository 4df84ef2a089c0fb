"""What the index is made from, and the answer of PostgreSQL while there is none."""

from datetime import datetime

from cabas.domain.search.index import Document
from cabas.domain.search.words import read
from cabas.kit.db import Connection

LABEL_WORDS = {
    "organic": "bio, biologique",
    "gluten_free": "sans gluten",
    "lactose_free": "sans lactose",
    "no_added_sugar": "sans sucres ajoutés",
    "halal": "halal",
    "vegan": "vegan, végétalien",
    "own_brand": "marque distributeur",
    "france": "français",
}
PAGE = 4_000
"""Products read at a time: the event loop has others to serve."""
PLAIN_MAX = 240

Version = tuple[int, datetime | None, int]


async def version(reader: Connection) -> Version:
    """Changes when products or categories do."""
    row = await reader.fetchrow(
        """
        select count(*) as n, max(changed_at) as at,
               (select count(*) from category)::int as categories
          from product"""
    )
    return (row["n"], row["at"], row["categories"]) if row else (0, None, 0)


async def documents(reader: Connection) -> list[Document]:
    """Every sellable product, with how well it is known: its place in the national catalogue."""
    found: list[Document] = []
    after = 0
    while True:
        page = await _documents_after(reader, gtin=after)
        found += page
        if len(page) < PAGE:
            return found
        after = page[-1].gtin


async def _documents_after(reader: Connection, *, gtin: int) -> list[Document]:
    rows = await reader.fetch(
        """
        select p.gtin, p.name, p.brand, p.labels, p.net_quantity, p.net_unit, leaf.name as leaf,
               concat_ws(',', shelf.name, aisle.name) as above, coalesce(d.search_words, '') as search_words,
               1 - o.rank / (1.0 + (select max(rank) from offer where store_id = 0)) as popularity
          from product p
          join category leaf on leaf.category_id = p.category_id
          left join category shelf on shelf.category_id = leaf.parent_id
          left join category aisle on aisle.category_id = shelf.parent_id
          left join product_particulars d on d.gtin = p.gtin
          left join offer o on o.store_id = 0 and o.gtin = p.gtin
         where p.sellable and p.gtin > $1
         order by p.gtin
         limit $2""",
        gtin,
        PAGE,
    )
    return [
        Document(
            gtin=row["gtin"],
            name=row["name"],
            brand=row["brand"],
            leaf=row["leaf"],
            above=row["above"],
            words=", ".join([row["search_words"], *(LABEL_WORDS.get(label, "") for label in row["labels"])]),
            net_quantity=row["net_quantity"],
            net_unit=row["net_unit"],
            popularity=min(1.0, max(0.0, float(row["popularity"] or 0))),
        )
        for row in rows
    ]


async def plain_search(reader: Connection, *, text: str) -> list[int]:
    """GTINs whose folded name holds every word, the shortest names first: until the index is made."""
    words = read(text).words
    if not words:
        return []
    rows = await reader.fetch(
        """
        select gtin
          from product
         where sellable
           and (select bool_and(strpos(sort_name, word) > 0) from unnest($1::text[]) as word)
         order by length(sort_name), sort_name, gtin
         limit $2""",
        words,
        PLAIN_MAX,
    )
    return [row["gtin"] for row in rows]
