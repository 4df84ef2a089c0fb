"""
What a list's address asks for: sort, filters, page. Every value is one of a known few, so a
hostile address is read as the plain list.
"""

from urllib.parse import urlencode

import msgspec
from litestar.datastructures import MultiDict

from cabas.domain.catalog.listing import PAGE_MAX
from cabas.domain.catalog.model import Filters, Sort

SORTS = {
    "pertinence": Sort.RELEVANCE,
    "prix": Sort.PRICE,
    "prix-kg": Sort.UNIT_PRICE,
    "nutri-score": Sort.NUTRI_SCORE,
    "promotions": Sort.PROMOTION,
}
LABELS = {
    "bio": "organic",
    "france": "france",
    "marque-magasin": "own_brand",
    "aop": "pdo",
    "sans-gluten": "gluten_free",
    "sans-lactose": "lactose_free",
    "sans-sucres-ajoutes": "no_added_sugar",
    "vegan": "vegan",
    "halal": "halal",
}
NUTRI_SCORES = ("A", "B", "C", "D")
"""E or better is everything."""
PAGE_DIGITS_MAX = 3


class ListingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The address's own words, known to be good."""

    sort: str = "pertinence"
    promotion: bool = False
    labels: tuple[str, ...] = ()
    nutri: str = ""
    """That letter or better."""
    page: int = 1
    counted: bool = False
    """Whether the filters' counts were asked for."""

    @property
    def filters(self) -> Filters | None:
        if not (self.promotion or self.labels or self.nutri):
            return None
        return Filters(
            promotion=self.promotion,
            labels=tuple(LABELS[label] for label in self.labels),
            nutri_max=self.nutri,
        )

    @property
    def chosen(self) -> int:
        """How many filters are on."""
        return self.promotion + len(self.labels) + bool(self.nutri)

    @property
    def unfiltered(self) -> str:
        """The address of the same list without its filters."""
        return self.address(promotion=False, labels=(), nutri="", page=1) or "?" if self.chosen else "?"

    @property
    def plain(self) -> bool:
        return self == _PLAIN

    def address(self, **changed: object) -> str:
        """The query string of this list with some values changed; "" for the plain list."""
        wanted = msgspec.structs.replace(self, **changed)
        pairs: list[tuple[str, str]] = []
        if wanted.sort != "pertinence":
            pairs.append(("tri", wanted.sort))
        if wanted.promotion:
            pairs.append(("promo", "1"))
        pairs += [("label", label) for label in wanted.labels]
        if wanted.nutri:
            pairs.append(("nutri", wanted.nutri))
        if wanted.counted:
            pairs.append(("filtres", "1"))
        if wanted.page > 1:
            pairs.append(("page", str(wanted.page)))
        return f"?{urlencode(pairs)}" if pairs else ""


_PLAIN = ListingQuery()


def read_listing(query: MultiDict[str]) -> ListingQuery:
    """From the address's query."""
    if not query:
        return _PLAIN
    page = query.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) <= PAGE_DIGITS_MAX else 1
    wanted = set(query.getall("label", []))
    letters, sort = set(query.getall("nutri", [])), query.get("tri", "")
    return ListingQuery(
        sort=sort if sort in SORTS else "pertinence",
        promotion=query.get("promo") == "1",
        labels=tuple(label for label in LABELS if label in wanted),
        nutri=max((letter for letter in NUTRI_SCORES if letter in letters), default=""),
        page=min(max(number, 1), PAGE_MAX),
        counted=query.get("filtres") == "1",
    )
