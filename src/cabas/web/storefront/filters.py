"""Filters and sorts of a list, in words, with or without their counts."""

from functools import lru_cache
from typing import Any

from cabas.domain.catalog.model import Facets
from cabas.kit.messages import Catalogue
from cabas.web.storefront.listing_query import LABELS, NUTRI_SCORES, SORTS, ListingQuery

QUICK_LABELS = ("bio", "france", "marque-magasin")
_Option = dict[str, Any]


def filter_groups(query: ListingQuery, counts: Facets | None, t: Catalogue) -> list[dict[str, Any]]:
    """For `ui/_search.html` filter_form. With counts, what would leave nothing isn't offered."""
    groups = (
        ("offers", "promo", [_option("1", t("catalogue.filter_promo"), query.promotion, _promo(counts))]),
        ("labels", "label", [_label(label, query, counts, t) for label in LABELS]),
        ("nutri", "nutri", [_letter(letter, query, counts, t) for letter in NUTRI_SCORES]),
    )
    shown = []
    for key, name, options in groups:
        kept = [option for option in options if counts is None or option["count"] or option["checked"]]
        if kept:
            shown.append({"label": t(f"catalogue.filters_{key}"), "name": name, "options": kept})
    return shown


def sort_options(t: Catalogue) -> list[dict[str, str]]:
    return [{"value": sort, "label": t(f"catalogue.sort_{SORTS[sort]}")} for sort in SORTS]


@lru_cache(maxsize=1024)
def quick_links(query: ListingQuery, t: Catalogue) -> list[dict[str, Any]]:
    """The filters most asked for, each a link that turns it on or off."""
    first = {
        "label": t("catalogue.filter_promo"),
        "href": query.address(promotion=not query.promotion, page=1) or "?",
        "current": query.promotion,
    }
    links = [first, *(_quick_label(label, query, t) for label in QUICK_LABELS)]
    good = query.nutri == "B"
    links.append(
        {
            "label": t("catalogue.filter_nutri", letter="B"),
            "href": query.address(nutri="" if good else "B", page=1) or "?",
            "current": good,
        }
    )
    return links


def _quick_label(label: str, query: ListingQuery, t: Catalogue) -> dict[str, Any]:
    on = label in query.labels
    kept = tuple(one for one in LABELS if (one in query.labels) != (one == label))
    return {
        "label": t(f"catalogue.label_{LABELS[label]}"),
        "href": query.address(labels=kept, page=1) or "?",
        "current": on,
    }


def _option(value: str, label: str, checked: bool, count: int | None) -> _Option:  # noqa: FBT001 # a row's cell
    return {"value": value, "label": label, "checked": checked, "count": str(count) if count else ""}


def _promo(counts: Facets | None) -> int | None:
    return counts.promotion if counts else None


def _label(label: str, query: ListingQuery, counts: Facets | None, t: Catalogue) -> _Option:
    count = counts.labels.get(LABELS[label], 0) if counts else None
    return _option(label, t(f"catalogue.label_{LABELS[label]}"), label in query.labels, count)


def _letter(letter: str, query: ListingQuery, counts: Facets | None, t: Catalogue) -> _Option:
    """That letter or better: the counts add up."""
    count = sum(n for one, n in counts.nutri_scores.items() if one <= letter) if counts else None
    text = t("catalogue.filter_nutri", letter=letter)
    return _option(letter, text, query.nutri == letter, count)
