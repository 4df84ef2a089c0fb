"""Numbered pages of a list whose length isn't counted: those before, this one, and whether there is a next."""

from functools import lru_cache
from typing import Any

from cabas.domain.catalog.listing import PAGE_MAX
from cabas.web.storefront.listing_query import ListingQuery

NEIGHBOURS = 2


@lru_cache(maxsize=1024)
def page_links(query: ListingQuery, *, has_next: bool) -> dict[str, Any]:
    """For the macro `pagination`."""
    current = query.page
    last = current + 1 if has_next and current < PAGE_MAX else current
    numbers = [1, *range(max(2, current - NEIGHBOURS), last + 1)]
    links: list[dict[str, Any]] = []
    for position, number in enumerate(numbers):
        if position and number > numbers[position - 1] + 1:
            links.append({"label": "…", "href": "", "current": False})
        links.append({"label": str(number), "href": _href(query, number), "current": number == current})
    return {
        "current": current,
        "total": last,
        "previous": _href(query, current - 1) if current > 1 else "",
        "next": _href(query, current + 1) if last > current else "",
        "links": links,
    }


def _href(query: ListingQuery, number: int) -> str:
    return query.address(page=number) or "?"
